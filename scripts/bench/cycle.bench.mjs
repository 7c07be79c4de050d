// @ts-check
// How fast the engine decides and how late it may be, with 100 charging points on three kinds of wire.
import { awaitValue, median, minutesToRun, monotonic_ms, quantile, sleep } from "./parts/figures.mjs";
import { startHundred } from "./parts/hundred-points.mjs";

const POINTS = 100;
const MINUTES = 4;
const CYCLE_ms = 1_000;
const TOOK_ms_max = 20;
const LATE_ms_max = 100;
const DECREASED_ms_max = 1_000;
const RELIEVED_ms_max = 6_000;
const FIRST_LIMIT_ms_max = 1_000;
/** Registering, configuring and the first limits of all boxes. */
const BROUGHT_UP_ms = 20_000;
const ROUNDS = 3;
const BETWEEN_PLUGS_ms = 300;
const ROUND_ms = 6_000;
const FILLED_ms = 45_000;
/** Above the main fuse from one reading to the next: a lift, a compressor, a kitchen. */
const EXTRA_mA = 150_000;
/** Long enough to see how late a late relief is. */
const EXTRA_FOR_ms = 30_000;
/** Until everybody has back what the load took: raises wait for cars and meter. */
const REST_ms = 35_000;
/** Around the load so much is told of a box that heard late. */
const LATE_STORY_ms = 6_000;

/** @typedef {Awaited<ReturnType<typeof startHundred>>} Site */
/** @typedef {{ decreases: number, seen_ms: number | null, sent_ms: number | null, relieved_ms: number | null }} Step */

export const bench = {
  name: "cycle",
  run: async () => {
    const minutes = minutesToRun(MINUTES);
    const site = await startHundred(POINTS);
    try {
      await sleep(BROUGHT_UP_ms);
      const firstLimits_ms = await plugInWithRoom(site);
      for (const { id } of site.stations) site.plugIn(id);
      await sleep(FILLED_ms);
      const from_ms = monotonic_ms();
      const steps = [];
      while (monotonic_ms() - from_ms < minutes * 60_000) steps.push(await loadStep(site));
      return rows(
        site.cycles.filter((cycle) => cycle.at_ms >= from_ms),
        steps,
        firstLimits_ms,
        minutes,
      );
    } finally {
      await site.close();
    }
  },
};

/**
 * A car in each garage, while there is room for all: how long after a box has told of the start its limit is there.
 * @param {Site} site
 */
async function plugInWithRoom(site) {
  const garages = new Map(
    site.stations.filter(({ id }) => site.ocpp.has(id)).map((station) => [station.circuitId, station.id]),
  );
  const waits_ms = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const from = { starts: site.starts.length, arrivals: site.arrivals.length };
    for (const stationId of garages.values()) {
      site.plugIn(stationId);
      await sleep(BETWEEN_PLUGS_ms);
    }
    await sleep(ROUND_ms);
    const arrivals = site.arrivals.slice(from.arrivals);
    for (const start of site.starts.slice(from.starts)) {
      const limit = arrivals.find((one) => one.stationId === start.stationId && one.at_ms >= start.at_ms);
      // A limit that never came must not make the figure better.
      waits_ms.push(limit === undefined ? Infinity : limit.at_ms - start.at_ms);
    }
    for (const stationId of garages.values()) site.world.unplug(stationId);
    await sleep(ROUND_ms);
  }
  return waits_ms;
}

/** Switches the load on and off again, and looks when boxes have heard and when the fuse is relieved. @param {Site} site @returns {Promise<Step>} */
async function loadStep(site) {
  const from = site.arrivals.length;
  site.setExtra(EXTRA_mA);
  const told_ms = await awaitValue(() => site.toldAt_ms(), "the meter tells of the load", EXTRA_FOR_ms, 1);
  let relieved_ms = null;
  while (monotonic_ms() - told_ms < EXTRA_FOR_ms) {
    const main = site.world.truth().circuits[0];
    const over = main?.current_mA.some((current, phase) => current + EXTRA_mA > (main.fuse_mA[phase] ?? 0)) ?? true;
    if (!over) relieved_ms ??= monotonic_ms() - told_ms;
    await sleep(20);
  }
  site.setExtra(0);
  const arrivals = site.arrivals.slice(from);
  // Between the meter's answer and the decision an ordinary cycle may lower a single box, and a second after it the next one
  // looks again at what is left: the first that lowers many is the decision.
  const next = site.cycles.filter((one) => one.at_ms >= told_ms && one.at_ms <= told_ms + 2 * CYCLE_ms);
  const most = Math.max(0, ...next.map((one) => decreasesOf(one).length));
  const cycle = next.find((one) => 2 * decreasesOf(one).length >= most);
  const lowered = cycle === undefined ? [] : decreasesOf(cycle);
  const reached_ms = lowered.map(
    ({ evse }) => arrivals.find((one) => one.stationId === evse && one.at_ms >= told_ms)?.at_ms ?? Infinity,
  );
  tellLate(site, lowered, arrivals, told_ms);
  await sleep(REST_ms);
  return {
    decreases: lowered.length,
    seen_ms: cycle === undefined || lowered.length === 0 ? null : cycle.at_ms - told_ms,
    sent_ms: lowered.length === 0 ? null : Math.max(...reached_ms) - told_ms,
    relieved_ms,
  };
}

/**
 * Names the boxes that heard late, and what was said to them before: a figure that is missed now and then needs a witness.
 * @param {Site} site
 * @param {ReturnType<typeof decreasesOf>} lowered
 * @param {Site["arrivals"]} arrivals
 * @param {number} told_ms
 */
function tellLate(site, lowered, arrivals, told_ms) {
  for (const { evse } of lowered) {
    const own = arrivals.filter(({ stationId }) => stationId === evse).map(({ at_ms }) => Math.round(at_ms - told_ms));
    const first_ms = own.find((at_ms) => at_ms >= 0) ?? Infinity;
    if (first_ms <= DECREASED_ms_max) continue;
    const commands = site.cycles
      .flatMap((cycle) => cycle.commands.map(({ evse: id, kind }) => ({ id, kind, at_ms: cycle.at_ms - told_ms })))
      .filter(({ id, at_ms }) => id === evse && Math.abs(at_ms) < LATE_STORY_ms)
      .map(({ kind, at_ms }) => `${kind} ${String(Math.round(at_ms))}`);
    const connection = JSON.stringify(site.stations.find(({ id }) => id === evse)?.connection ?? null);
    process.stderr.write(
      `late: ${evse} ${connection}: commands ${commands.join(", ")}; arrived ${own.join(", ")} ms\n`,
    );
  }
}

/** @param {readonly number[]} values */
const total = (values) => values.reduce((sum, one) => sum + one, 0);

/** @param {import("./parts/hundred-points.mjs").Cycle} cycle */
const decreasesOf = (cycle) => cycle.commands.filter((command) => command.kind === "decrease");

/**
 * @param {readonly import("./parts/hundred-points.mjs").Cycle[]} cycles @param {readonly Step[]} steps
 * @param {readonly number[]} firstLimits_ms @param {number} minutes @returns {import("../bench.mjs").Row[]}
 */
function rows(cycles, steps, firstLimits_ms, minutes) {
  const took_ms = cycles.map((cycle) => cycle.took_us / 1000);
  const gaps_ms = cycles.slice(1).map((cycle, index) => cycle.at_ms - (cycles[index]?.at_ms ?? cycle.at_ms));
  // A hurried cycle comes before its second; only the others can be late.
  const late_ms = gaps_ms.filter((gap_ms) => gap_ms >= CYCLE_ms - 1).map((gap_ms) => gap_ms - CYCLE_ms);
  const never = (/** @type {number | null} */ value) => value ?? Infinity;
  const sent_ms = steps.map((step) => never(step.sent_ms));
  const during = `${String(POINTS)} points, ${String(minutes)} min`;
  return [
    { figure: `cycle time p50, ${during}`, value: median(took_ms), unit: "ms", limit: null },
    { figure: "cycle time p99", value: quantile(took_ms, 0.99), unit: "ms", limit: TOOK_ms_max },
    { figure: "cycle time, longest", value: Math.max(...took_ms), unit: "ms", limit: null },
    { figure: "cycle behind its second p50", value: median(late_ms), unit: "ms", limit: null },
    { figure: "cycle behind its second p99", value: quantile(late_ms, 0.99), unit: "ms", limit: LATE_ms_max },
    { figure: "cycles", value: cycles.length, unit: "", limit: null },
    {
      figure: "commands a second",
      value: cycles.reduce((sum, one) => sum + one.commands.length, 0) / (total(gaps_ms) / 1000),
      unit: "",
      limit: null,
    },
    {
      figure: `start told to first limit at the box, p50 of ${String(firstLimits_ms.length)}`,
      value: median(firstLimits_ms),
      unit: "ms",
      limit: null,
    },
    {
      figure: "start told to first limit at the box, p99",
      value: quantile(firstLimits_ms, 0.99),
      unit: "ms",
      limit: FIRST_LIMIT_ms_max,
    },
    {
      figure: `over-limit told to decision, p50 of ${String(steps.length)}`,
      value: median(steps.map((step) => never(step.seen_ms))),
      unit: "ms",
      limit: null,
    },
    { figure: "over-limit told to all decreases at the boxes, p50", value: median(sent_ms), unit: "ms", limit: null },
    {
      figure: "over-limit told to all decreases, slowest",
      value: Math.max(...sent_ms),
      unit: "ms",
      limit: DECREASED_ms_max,
    },
    { figure: "boxes lowered, fewest", value: Math.min(...steps.map((step) => step.decreases)), unit: "", limit: null },
    {
      figure: "over-limit told to fuse relieved, slowest",
      value: Math.max(...steps.map((step) => never(step.relieved_ms))),
      unit: "ms",
      limit: RELIEVED_ms_max,
    },
  ];
}
