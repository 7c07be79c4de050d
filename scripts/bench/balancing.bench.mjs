// @ts-check
// The balancing benchmark on real sessions: the product's allocator against the classic policies under the same
// information, and against the offline optimum. B1 shows that the simulator itself is right. Data lie beside the checkout.
// CHARGEHAND_BENCH_QUICK=1 runs fewer limits.
import { fittedBattery, readVisits } from "./parts/balancing-data.mjs";
import { ACN_SIM, CONTINUOUS, LIMITS_A, WITH_MINIMUM } from "./parts/balancing-references.mjs";
import { acnEnergy, measured, optimum } from "./parts/balancing-runs.mjs";
import { yearOfReplay } from "./parts/balancing-year.mjs";

/** @typedef {import("../bench.mjs").Row} Row */
/** @typedef {import("./parts/balancing-references.mjs").Line} Line */
/** @typedef {import("./parts/balancing-runs.mjs").Site} Site */

const QUICK = process.env["CHARGEHAND_BENCH_QUICK"] === "1";
const CHOSEN_A = QUICK ? [80, 100, 160] : LIMITS_A;
const PARITY_max = 0.1;
/** A load between two lines alone: then the transformer's other side is full at this part of the limit. */
const PRIMARY_SAFE = Math.sqrt(3) / 2;
const JPL = "acn_jpl_2019-09-01_2019-12-31.csv.gz";
const CALTECH = "acn_caltech_2019-05-01_2019-08-31.csv.gz";
const MINIMUM = { min_A: 6, step_A: 1 };

/** @type {import("../bench.mjs").Bench} */
export const bench = {
  name: "balancing",
  run: async () => {
    const october = readVisits(JPL);
    const july = readVisits(CALTECH);
    /** @type {Row[]} */
    const rows = [...parity()];
    if (october === null) skip("B2, B3, B3a, B4", JPL);
    else rows.push(...(await european(october)));
    if (july === null) skip("B5", CALTECH);
    else rows.push(...(await caltech(july)));
    skip("B6, B7", "residential and public sessions that may not be handed on");
    rows.push(yearOfReplay());
    return rows;
  },
};

/** @param {string} text */
const say = (text) => process.stdout.write(`${text}\n`);
/** @param {string} what @param {string} missing */
const skip = (what, missing) => say(`  skipped: ${what}: there is no ../shared/data with ${missing}`);

/** @returns {Row[]} */
function parity() {
  /** @type {Row[]} */
  const rows = [];
  for (const capacity_kW of QUICK ? /** @type {const} */ ([10]) : /** @type {const} */ ([10, 20, 30, 40, 50])) {
    for (const name of /** @type {const} */ (["fcfs", "llf", "edf", "rr"])) {
      const result = acnEnergy(capacity_kW, name);
      if (result === null) {
        skip("B1", "acnsim_caltech_2019-03_events.json.gz");
        return [];
      }
      if (rows.length === 0) say(`  B1: data ${result.hash}, no chance in it`);
      const reference = ACN_SIM[name][capacity_kW];
      rows.push({
        figure: `B1 ${String(capacity_kW)} kW, ${name}, truth: ${result.percent.toFixed(2)} % of the energy, ${
          capacity_kW === 10 ? "published" : "reference"
        } ${String(reference)}; difference`,
        value: Math.abs(result.percent - reference),
        unit: "points",
        limit: capacity_kW === 10 ? PARITY_max : null,
      });
    }
  }
  // The allocator knows circuits, not the transformer's other side: it plays with so little that the other side holds too.
  for (const name of /** @type {const} */ (["max-min", "chargehand"])) {
    const result = acnEnergy(10, name, PRIMARY_SAFE);
    if (result === null) continue;
    if (result.overloaded_s > 0) throw new Error(`B1 ${name} overloads the transformer`);
    const figure = `B1 10 kW, ${name}, truth, with 0.87 of the star side: energy (optimum 52.09 with all of it)`;
    rows.push({ figure, value: result.percent, unit: "%", limit: null });
  }
  return rows;
}

/** @param {import("./parts/balancing-data.mjs").VisitFile} file @returns {Promise<Row[]>} */
async function european(file) {
  const month = { file, from: "2019-10-01T00:00-07:00", to: "2019-11-01T00:00-07:00" };
  say(`  B2 to B4: data ${file.hash}, no chance in it`);
  const b2 = { ...month, name: "B2" };
  const b3a = { ...month, ...MINIMUM, name: "B3a (6 A)" };
  const b4 = { ...month, name: "B4 (all on L1)", rotated: false };
  return [
    ...(await optima(b2, CHOSEN_A)),
    ...(await lines(b2, CONTINUOUS)),
    ...(await againstClassics(b2)),
    ...(await lines(b3a, WITH_MINIMUM)),
    ...(await fairness(b3a)),
    ...(await practical({ ...month, ...MINIMUM, name: "B3 (6 A, tapering)", battery: fittedBattery })),
    ...(await optima(
      b4,
      [40, 80, 120, 160].filter((main_A) => !QUICK || CHOSEN_A.includes(main_A)),
    )),
    ...(await unrotated(b4)),
  ];
}

/** @type {Readonly<Record<string, Readonly<Record<number, number>>>>} */
const OPTIMA = {
  B2: { 40: 41.21, 60: 57.33, 80: 72.29, 100: 85.8, 120: 95.18, 140: 99.08, 160: 100 },
  "B4 (all on L1)": { 40: 40.15, 80: 62.04, 120: 72.76, 160: 82.45 },
  B5: { 20: 70.31, 30: 88.76, 40: 96.45, 60: 99.52 },
};

/** @param {Site} site @param {readonly number[]} limits_A @returns {Promise<Row[]>} */
async function optima(site, limits_A) {
  /** @type {Row[]} */
  const rows = [];
  for (const main_A of limits_A) {
    const reference = OPTIMA[site.name]?.[main_A] ?? Number.NaN;
    const value = await optimum(site, main_A);
    rows.push({
      figure: `${site.name} ${String(main_A)} A, offline optimum: ${value.toFixed(2)} % of the energy, reference ${String(reference)}; difference`,
      value: Math.abs(value - reference),
      unit: "points",
      limit: PARITY_max,
    });
  }
  return rows;
}

/** @param {Site} site @param {readonly Line[]} table @returns {Promise<Row[]>} */
async function lines(site, table) {
  /** @type {Row[]} */
  const rows = [];
  for (const { name, information, from_A, values, shares = [] } of table) {
    const limits = LIMITS_A.filter((main_A) => main_A >= from_A);
    for (const [at, main_A] of limits.entries()) {
      if (!CHOSEN_A.includes(main_A)) continue;
      const [energy, jain] = values[at] ?? [Number.NaN, null];
      const share = shares[at - (limits.length - shares.length)];
      const reference = { energy, ...(jain === null ? {} : { jain }), ...(share === undefined ? {} : { share }) };
      rows.push(...(await measured(site, main_A, name, information, reference)).rows);
    }
  }
  return rows;
}

/** Energy ahead of the classic policies with the same information. @param {Site} site @returns {Promise<Row[]>} */
async function againstClassics(site) {
  const lead = {
    equalOrBehind: Number.POSITIVE_INFINITY,
    declared: Number.POSITIVE_INFINITY,
    high: Number.POSITIVE_INFINITY,
  };
  for (const main_A of CHOSEN_A) {
    /** @param {Parameters<typeof measured>[2]} name @param {Parameters<typeof measured>[3]} information */
    const energy = async (name, information) =>
      (await measured(site, main_A, name, information)).simulation.energy_percent;
    const ours = await energy("chargehand", "truth");
    for (const name of /** @type {const} */ (["fcfs", "rr", "edf"]))
      lead.equalOrBehind = Math.min(lead.equalOrBehind, ours - (await energy(name, "truth")));
    lead.declared = Math.min(
      lead.declared,
      (await energy("chargehand", "declared")) - (await energy("llf", "declared")),
    );
    if (main_A >= 140) lead.high = Math.min(lead.high, ours - (await energy("llf", "truth")));
  }
  return [
    row("B2: least lead over FCFS, RR and EDF, truth", lead.equalOrBehind, "points", 0),
    row("B2: least lead over LLF, declared", lead.declared, "points", 0),
    row("B2: least lead over LLF from 140 A, truth", lead.high, "points", -0.4),
  ];
}

/** @param {string} figure @param {number} value @param {string} unit @param {number | null} limit @returns {Row} */
const row = (figure, value, unit, limit) => ({ figure, value, unit, limit, atLeast: true });

/** @param {Site} site @returns {Promise<Row[]>} */
async function fairness(site) {
  const { simulation } = await measured(site, 100, "chargehand", "declared");
  return [
    row(`${site.name} 100 A, declared: Jain (reference .930)`, simulation.jain, "", 0.93),
    row(
      `${site.name} 100 A, declared: 5 % quantile of delivered/needed (reference .36)`,
      fifth(site, simulation),
      "",
      0.35,
    ),
    row(`${site.name} 100 A, declared: mean of the worst 5 %`, simulation.worst5, "", null),
  ];
}

/**
 * The value below which 5 % of the sessions lie: what the reference calls worst 5 %.
 * @param {Site} site @param {import("./parts/balancing-runs.mjs").Simulation} simulation
 */
function fifth({ file, from, to }, { sessions }) {
  const inside = file.visits.filter(({ arrival_ms }) => arrival_ms >= Date.parse(from) && arrival_ms < Date.parse(to));
  const parts = sessions
    .map(({ index, delivered_Wh }) => delivered_Wh / (inside[index]?.needed_Wh ?? Number.NaN))
    .filter((part) => !Number.isNaN(part))
    .sort((a, b) => a - b);
  return parts[Math.floor(parts.length * 0.05)] ?? Number.NaN;
}

/** @param {Site} site @returns {Promise<Row[]>} */
async function practical(site) {
  const history = await measured(site, 100, "chargehand", "history", { energy: 72.5, jain: 0.928 });
  const truth = await measured(site, 100, "chargehand", "truth", { energy: 79.8, jain: 0.946 });
  const none = await measured(site, 100, "chargehand", "none", { energy: 71, jain: 0.913 });
  const declared = await measured(site, 100, "chargehand", "declared", { energy: 73.8, jain: 0.892 });
  const at = `${site.name} 100 A`;
  return [
    ...[none, history, declared, truth].flatMap(({ rows }) => rows),
    row(`${at}, history: energy`, history.simulation.energy_percent, "%", 72.4),
    row(`${at}, history: Jain`, history.simulation.jain, "", 0.925),
    { ...row(`${at}, history: starts per session`, history.simulation.starts_per_session, "", 3.5), atLeast: false },
    row(`${at}, truth: energy`, truth.simulation.energy_percent, "%", 79.8),
    row(`${at}, truth: Jain`, truth.simulation.jain, "", 0.945),
  ];
}

/** @param {Site} site @returns {Promise<Row[]>} */
async function unrotated(site) {
  const minimum = { ...site, ...MINIMUM, name: `${site.name} (6 A)` };
  const ideal = [
    await measured(site, 80, "max-min", "none", { energy: 49.3 }),
    await measured(site, 80, "chargehand", "none"),
    await measured(site, 80, "chargehand", "truth", { energy: 44.3 }),
  ];
  const none = await measured(minimum, 80, "chargehand", "none", { energy: 49.3 });
  const truth = await measured(minimum, 80, "chargehand", "truth", { energy: 51.6 });
  return [
    ...[...ideal, none, truth].flatMap(({ rows }) => rows),
    row(`${minimum.name} 80 A, none: energy`, none.simulation.energy_percent, "%", 49),
    row(`${minimum.name} 80 A, truth: energy`, truth.simulation.energy_percent, "%", 51.5),
  ];
}

/** @param {import("./parts/balancing-data.mjs").VisitFile} file @returns {Promise<Row[]>} */
async function caltech(file) {
  const site = { file, from: "2019-07-01T00:00-07:00", to: "2019-08-01T00:00-07:00", name: "B5" };
  say(`  B5: data ${file.hash}, no chance in it`);
  const limits = QUICK ? [20, 40] : [20, 30, 40, 60];
  const rows = await optima(site, limits);
  /** @type {Readonly<Record<number, number>>} */
  const EQUAL = { 20: 64.46, 30: 80.92, 40: 90.38 };
  for (const main_A of limits) {
    const equal = EQUAL[main_A];
    const reference = equal === undefined ? {} : { energy: equal };
    rows.push(...(await measured(site, main_A, "max-min", "truth", reference)).rows);
    rows.push(...(await measured(site, main_A, "edf", "truth")).rows);
    rows.push(...(await measured(site, main_A, "chargehand", "truth")).rows);
    rows.push(...(await measured(site, main_A, "chargehand", "declared")).rows);
  }
  return rows;
}
