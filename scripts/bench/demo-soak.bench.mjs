// @ts-check
// The demo site at ×60: fuses, sessions and sums over many simulated hours, against what really flowed.
import { join } from "node:path";
import { median, minutesToRun, quantile, sleep } from "./parts/figures.mjs";
import { temporaryFolder } from "./parts/processes.mjs";
import { comparedWithStays, completeShare_percent } from "./parts/sessions-against-truth.mjs";
import { ROOT } from "../lib/runtime.mjs";
import { epochMs } from "../../src/core/units/index.ts";
import { createLog } from "../../src/main/log.ts";
import { createClock } from "../../src/main/site/clock.ts";
import { startEngine } from "../../src/main/site/engine.ts";
import { fillDemoHistory, startDemoWorld } from "../../src/main/simulator/index.ts";
import { openDataFolder } from "../../src/main/storage/index.ts";

const SPEED = 60;
const MINUTES = 10;
const SEED = 1;
/** A Wednesday, 08:00 in Berlin: the office fills up first. */
const START_MS = epochMs(Date.UTC(2026, 5, 10, 6, 0, 0));
/** A step of the building is not ours; then boxes and cars have 5 s each to follow, and the loop a second. */
const OVER_FUSE_ms_max = 15_000;
const SUM_percent_max = 2;
/** What Live shows is a value the meter sent, to the milliamp it was rounded to. */
const SAME_SAMPLE_percent_max = 0.01;
const ENERGY_percent_max = 1;
/** Live must show one of the meter's last samples; a stall of this process lets some pile up. */
const REPORTS_MAX = 20;
const MAIN_METER = "grid";

/** @typedef {readonly number[]} Report per phase, in mA */
/** @typedef {{ truth: number[], phase: number[], sample: number[], notMeasured: number, age_ms: number[] }} Sums */

export const bench = {
  name: "demo-soak",
  run: async () => {
    const minutes = minutesToRun(MINUTES);
    const site = await startDemo();
    try {
      await sleep(minutes * 60_000);
      return rows(site, minutes);
    } finally {
      await site.close();
    }
  },
};

async function startDemo() {
  const temporary = temporaryFolder();
  const folder = openDataFolder(temporary.path, { now_ms: () => Date.now() });
  if (!folder.ok) throw new Error(folder.message);
  const { stores, transaction } = folder;
  const clock = createClock({ speed: SPEED, start_ms: START_MS });
  const world = await startDemoWorld({ clock, seed: SEED });
  stores.site.save(world.site, START_MS, "demo");
  fillDemoHistory({ stores, transaction, site: world.site, now_ms: START_MS, seed: SEED });
  const { sums, reports, flowing } = listen(world.simulated.world);
  /** @type {{ look: () => void }} */
  const each = { look: () => undefined };
  const engine = await startEngine({
    folder,
    stored: world.site,
    clock,
    speed: SPEED,
    resources: join(ROOT, "resources"),
    ownProfiles: join(temporary.path, "devices"),
    ocpp: { host: "127.0.0.1", port: 0 },
    log: createLog({
      write: (/** @type {string} */ line) => !/"level":[56]0/u.test(line) || process.stderr.write(line),
    }),
    onCycle: () => each.look(),
  });
  each.look = () => compare(engine.live(), flowing, reports, sums);
  if (engine.ocppUrl !== null) world.connect(engine.ocppUrl);
  return {
    stores,
    world,
    clock,
    sums,
    close: async () => {
      await engine.close();
      await world.close();
      clock.close();
      folder.close();
      temporary.remove();
    },
  };
}

/**
 * Notes every sample that the main meter answers with (one answer is made of many values read at the same instant), and
 * tells what flows through it without noting that.
 * @param {import("../../src/main/simulator/index.ts").SimulatedSite["world"]} world
 */
function listen(world) {
  /** @type {Report[]} */
  const reports = [];
  const answer = world.meter.bind(world);
  world.meter = (meterId) => {
    const truth = answer(meterId);
    if (
      truth === null ||
      meterId !== MAIN_METER ||
      reports.at(-1)?.every((one, phase) => one === truth.current_mA[phase]) === true
    )
      return truth;
    reports.push(truth.current_mA);
    if (reports.length > REPORTS_MAX) reports.shift();
    return truth;
  };
  /** @type {Sums} */
  const sums = { truth: [], phase: [], sample: [], notMeasured: 0, age_ms: [] };
  return { sums, reports, flowing: (/** @type {string} */ meterId) => answer(meterId)?.current_mA ?? null };
}

/**
 * Compares what Live shows for the main circuit with what flows at the same instant, and with what its meter sent.
 * @param {import("../../src/contract/index.ts").LiveUpdate} live
 * @param {(meterId: string) => readonly number[] | null} flowing @param {readonly Report[]} reports @param {Sums} sums
 */
function compare(live, flowing, reports, sums) {
  const main = live.circuits.find((circuit) => circuit.parentId === null);
  const now_mA = flowing(main?.meterId ?? "");
  if (main === undefined || now_mA === null) throw new Error("the demo's main circuit has a meter");
  if (main.mode !== "measured" || main.meterAge_ms === null) {
    sums.notMeasured += 1;
    return;
  }
  sums.age_ms.push(main.meterAge_ms);
  sums.truth.push(difference_percent(total(main.total_mA), total(now_mA)));
  sums.phase.push(...main.total_mA.map((shown, index) => difference_percent(shown, now_mA[index] ?? Number.NaN)));
  const differences = reports.map((report) =>
    Math.max(...main.total_mA.map((shown, index) => difference_percent(shown, report[index] ?? Number.NaN))),
  );
  sums.sample.push(Math.min(...differences));
}

/** @param {readonly number[]} phases */
const total = (phases) => phases.reduce((sum, one) => sum + one, 0);

/** @param {number} shown @param {number} real */
const difference_percent = (shown, real) => (shown === real ? 0 : (100 * Math.abs(shown - real)) / Math.abs(real));

/** @param {Awaited<ReturnType<typeof startDemo>>} site @param {number} minutes @returns {import("../bench.mjs").Row[]} */
function rows({ stores, world, clock, sums }, minutes) {
  const simulated_h = (clock.now_ms() - START_MS) / 3_600_000;
  const truth = world.truth();
  const over_ms = Math.max(...truth.circuits.flatMap((circuit) => circuit.longestOver_ms));
  const over_As = Math.max(...truth.circuits.flatMap((circuit) => circuit.over_As));
  const closed = [
    ...stores.sessions.iterate({
      from_ms: START_MS,
      to_ms: null,
      stationIds: [],
      customerId: null,
      state: "closed",
      text: "",
    }),
  ];
  const energy = comparedWithStays(closed, truth);
  const over = `×${String(SPEED)} for ${String(minutes)} min`;
  return [
    { figure: `longest time over a fuse, ${over}`, value: over_ms, unit: "sim. ms", limit: OVER_FUSE_ms_max },
    { figure: "most above a fuse in sum", value: over_As, unit: "A s", limit: null },
    {
      figure: "closed sessions complete and priced",
      value: completeShare_percent(closed),
      unit: "%",
      limit: 100,
      atLeast: true,
    },
    { figure: "closed sessions", value: closed.length, unit: "", limit: 1, atLeast: true },
    {
      figure: "Live against the main meter's sample, highest",
      value: Math.max(...sums.sample),
      unit: "%",
      limit: SAME_SAMPLE_percent_max,
    },
    { figure: "Live against the true sum, median", value: median(sums.truth), unit: "%", limit: SUM_percent_max },
    { figure: "Live against the true sum, p95", value: quantile(sums.truth, 0.95), unit: "%", limit: SUM_percent_max },
    { figure: "Live against the true sum per phase, p95", value: quantile(sums.phase, 0.95), unit: "%", limit: null },
    { figure: "age of the meter's value, p95", value: quantile(sums.age_ms, 0.95), unit: "sim. ms", limit: null },
    { figure: "seconds compared", value: sums.truth.length, unit: "", limit: 1, atLeast: true },
    { figure: "seconds without a measured sum", value: sums.notMeasured, unit: "", limit: null },
    {
      figure: "energy of sessions against what cars took",
      value: energy.difference_percent,
      unit: "%",
      limit: ENERGY_percent_max,
    },
    { figure: "stays that charged and have no session", value: energy.lost, unit: "", limit: 0 },
    { figure: "stays compared", value: energy.compared, unit: "", limit: null },
    { figure: "simulated time", value: simulated_h, unit: "h", limit: null },
  ];
}
