// @ts-check
// The slow planner: how long a plan takes, and what it is worth in money against the best possible (balancing.md B8, B9).
// Published figures in brackets: ACN-Sim, Lee et al. 2021 (T2: Caltech, September 2018; T4: JPL-like days).
import { FINISH_EARLY_ms, planProgram, planSlots, readPlan } from "../../src/core/planning/index.ts";
import { epochMs, milliamp, millisecond, watt, wattHour } from "../../src/core/units/index.ts";
import { createLpSolver } from "../../src/main/planning/index.ts";
import { median, quantile } from "./parts/figures.mjs";
import { runMonth } from "./parts/planning-loop.mjs";
import { bestOfMonth } from "./parts/planning-optimum.mjs";
import { readJpl, sessionsOf, withBatteries } from "./parts/planning-sessions.mjs";
import {
  drawnDays,
  hourly,
  monthStart_ms,
  oneTransformer,
  randomFrom,
  touEv4,
  twoPanels,
} from "./parts/planning-sites.mjs";

const PLANS = 200;
const WARM_UP = 5;
const CARS = 52;
const HOUR_ms = 3_600_000;
const PLAN_ms_max = 500;
/** 150 kW, as in T2. */
const MAIN_mA = 217_000;
const REVENUE_micro_per_kWh = 300_000;
const IDEAL = /** @type {const} */ ({ min_mA: 0, step_mA: 1, hold_ms: 0, share: "need", margin_ms: 0 });
const PRACTICAL = /** @type {const} */ ({
  min_mA: 6_000,
  step_mA: 1_000,
  hold_ms: HOUR_ms,
  share: "need",
  margin_ms: FINISH_EARLY_ms,
});

/**
 * @typedef {import("../bench.mjs").Row} Row
 * @typedef {import("../../src/main/planning/index.ts").LpSolver} LpSolver
 * @typedef {import("./parts/planning-loop.mjs").Tariff} Tariff
 * @typedef {import("./parts/planning-loop.mjs").Rules} Rules
 * @typedef {import("./parts/planning-loop.mjs").Site} Site
 * @typedef {import("./parts/planning-sessions.mjs").Session} Session
 */

export const bench = {
  name: "planning",
  partOf: "balancing",
  run: async () => {
    const solver = createLpSolver();
    try {
      const times = await planTimes(solver);
      const csv = readJpl();
      if (csv !== null) return [...times, ...(await tariffs(solver, csv)), ...(await design(solver, csv))];
      process.stdout.write("B8 and B9 skipped: ../shared/data/acn_jpl_2019-09-01_2019-12-31.csv.gz is not there\n");
      return times;
    } finally {
      await solver.close();
    }
  },
};

/** @param {LpSolver} solver @returns {Promise<Row[]>} */
async function planTimes(solver) {
  const random = randomFrom(7);
  /** @type {number[]} */
  const took_ms = [];
  /** @type {number[]} */
  const cpu_ms = [];
  for (let round = 0; round < PLANS; round += 1) {
    const input = randomInput(random, monthStart_ms(10) + round * 17 * 60_000);
    const from_ms = performance.now();
    const before = process.cpuUsage();
    const built = planProgram(input);
    const answer = await solver.solve(built.program, { deadline_ms: 10_000 });
    if (answer.kind !== "optimal") throw new Error(`no plan: ${JSON.stringify(answer)}`);
    readPlan(input, built, answer.values);
    if (round < WARM_UP) continue;
    const { user, system } = process.cpuUsage(before);
    took_ms.push(performance.now() - from_ms);
    cpu_ms.push((user + system) / 1000);
  }
  const figure = `plan of ${String(CARS)} cars, 36 h`;
  return [
    { figure: `${figure}, p50`, value: median(took_ms), unit: "ms", limit: null },
    { figure: `${figure}, p99`, value: quantile(took_ms, 0.99), unit: "ms", limit: PLAN_ms_max },
    // All threads of this process: what a plan costs, also on a machine that is busy with other things.
    { figure: `${figure}, processor time p99`, value: quantile(cpu_ms, 0.99), unit: "ms", limit: null },
  ];
}

/**
 * Cars that leave within 36 hours, prices that change by the hour, a priced peak, other load.
 * @param {() => number} random @param {number} now @returns {import("../../src/core/planning/index.ts").PlanInput}
 */
function randomInput(random, now) {
  const now_ms = epochMs(now);
  const slots = planSlots(now_ms);
  const site = twoPanels(125_000);
  /** @type {("L1" | "L2" | "L3")[]} */
  const lines = ["L1", "L2", "L3"];
  const otherLoad_mA = slots.map(() => {
    const load = milliamp(Math.floor(10_000 + 30_000 * random()));
    return /** @type {const} */ ([load, load, load]);
  });
  return {
    now_ms,
    voltage_V: 230,
    slots,
    circuits: site.circuits.map(({ id, parent, limit_mA }) => ({
      id,
      parent,
      limit_mA,
      limit_W: null,
      otherLoad_mA: parent === null ? otherLoad_mA : null,
    })),
    cars: Array.from({ length: CARS }, (_, index) => ({
      evse: String(index),
      circuit: site.circuitOf(index),
      phases: index % 2 === 0 ? lines : lines.slice(index % 3, (index % 3) + 1),
      min_mA: milliamp(6_000),
      max_mA: milliamp(index % 2 === 0 ? 16_000 : 32_000),
      plugged_at_ms: now_ms,
      remaining_Wh: wattHour(Math.floor(5_000 + 45_000 * random())),
      departure_ms: epochMs(Math.floor(now + (2 + 34 * random()) * HOUR_ms)),
    })),
    otherNet_W: slots.map((_, slot) => watt(Math.floor(10_000 + 5_000 * Math.sin(slot / 10)))),
    import_micro_per_kWh: slots.map(({ start_ms }) => hourly(start_ms)),
    export_micro_per_kWh: 0,
    peak: {
      price_micro_per_kW: 4_200_000,
      monthPeak_W: watt(30_000),
      lastMonthPeak_W: null,
      floor_W: watt(2_500),
      days_left: 12,
    },
    quarter: null,
    usedInQuarter_Wh: wattHour(0),
    limits: [],
    finishEarly_ms: millisecond(FINISH_EARLY_ms),
  };
}

const TARIFFS = [
  { name: "TOU-EV-4", price: touEv4, peak_micro_per_kW: 15_510_000, floor_W: 0, ideal_min: 97, practical_min: 89 },
  {
    name: "BE capacity, hourly prices",
    price: hourly,
    peak_micro_per_kW: 4_200_000,
    floor_W: 2_500,
    ideal_min: null,
    practical_min: null,
  },
];

/**
 * B8. October with September's peak as the hint, prices of the summer season. Profit: 0.30 per kWh delivered, less energy
 * and demand charge, as part of the best that knows everything, without minimum current and steps.
 * @param {LpSolver} solver @param {string} csv @returns {Promise<Row[]>}
 */
async function tariffs(solver, csv) {
  const site = twoPanels(MAIN_mA);
  const september = sessionsOf(csv, monthStart_ms(9), monthStart_ms(10));
  const october = sessionsOf(csv, monthStart_ms(10), monthStart_ms(11));
  const tapered = withBatteries(october);
  /** @type {Row[]} */
  const rows = [];
  for (const { name, ideal_min, practical_min, ...prices } of TARIFFS) {
    const first = { ...prices, lastPeak_W: null, month_end_ms: monthStart_ms(10) };
    const { peak_W } = await runMonth({ site, sessions: september, rules: IDEAL, tariff: first, solver });
    const tariff = { ...prices, lastPeak_W: peak_W, month_end_ms: monthStart_ms(11) };
    const revenue_micro_per_kWh = REVENUE_micro_per_kWh;
    const best = await bestOfMonth({ site, sessions: october, tariff, revenue_micro_per_kWh, solver });
    const ideal = { site, tariff, best: best.profit, sessions: october, rules: IDEAL };
    const published = (/** @type {string} */ figure) => (ideal_min === null ? "" : ` [T2 ${figure}]`);
    const practical = { ...ideal, sessions: tapered, rules: PRACTICAL };
    rows.push(
      { figure: `${name}: optimum's profit`, value: best.profit, unit: "", limit: null },
      { figure: "  its peak", value: best.peak_W / 1000, unit: "kW", limit: null },
      ...(await profits(`${name}: fair share, ideal${published("58.1")}`, { ...ideal, solver: null }, null)),
      ...(await profits(`${name}: plan, ideal${published("96.5-98.1")}`, { ...ideal, solver }, ideal_min)),
      ...(await profits(`${name}: fair share, practical${published("60.9")}`, { ...practical, solver: null }, null)),
      ...(await profits(`${name}: plan, practical${published("88.7-89.8")}`, { ...practical, solver }, practical_min)),
    );
  }
  return rows;
}

/**
 * @param {string} figure @param {{ site: Site, sessions: readonly Session[], rules: Rules, tariff: Tariff, best: number,
 *   solver: LpSolver | null }} setup @param {number | null} limit @returns {Promise<Row[]>}
 */
async function profits(figure, { best, ...setup }, limit) {
  const { tariff, sessions, solver } = setup;
  const month = await runMonth(setup);
  const revenue = (month.delivered_Wh / 1000) * (REVENUE_micro_per_kWh / 1e6);
  const demand = (Math.max(tariff.floor_W, month.peak_W) / 1000) * (tariff.peak_micro_per_kW / 1e6);
  /** @type {Row[]} */
  const rows = [
    { figure, value: (100 * (revenue - month.cost - demand)) / best, unit: "%", limit, atLeast: true },
    { figure: "  energy", value: (100 * month.delivered_Wh) / month.demanded_Wh, unit: "%", limit: null },
    { figure: "  peak", value: month.peak_W / 1000, unit: "kW", limit: null },
    { figure: "  starts per session", value: month.starts / sessions.length, unit: "", limit: null },
  ];
  return solver === null
    ? rows
    : [...rows, { figure: "  plans not made", value: month.notPlanned, unit: "", limit: 0 }];
}

const DESIGN_DAYS = 3;
const DESIGNS = [
  { perDay: 100, sockets: 102, published: "LLF 99.7, MPC 99.6" },
  { perDay: 200, sockets: 102, published: "LLF 88.1, MPC 87.2" },
  { perDay: 200, sockets: 201, published: "MPC 98.8" },
];

/** B9: how many cars a transformer of 200 kW serves; rows of T4. @param {LpSolver} solver @param {string} csv @returns {Promise<Row[]>} */
async function design(solver, csv) {
  const all = sessionsOf(csv, monthStart_ms(9), monthStart_ms(12));
  const site = oneTransformer(200_000);
  const rules = { ...IDEAL, min_mA: 6_000, step_mA: 1_000 };
  /** @type {Row[]} */
  const rows = [];
  for (const { perDay, sockets, published } of DESIGNS) {
    const { sessions, lost_Wh } = drawnDays(all, { perDay, sockets, days: DESIGN_DAYS, seed: 1 });
    const label = `200 kW, ${String(sockets)} sockets, ${String(perDay)} cars a day`;
    const ways = [
      { name: `${label}, need-then-fair`, solver: null },
      { name: `${label}, plan [T4 ${published}]`, solver },
    ];
    for (const way of ways) {
      const month = await runMonth({ site, sessions, rules, tariff: null, solver: way.solver });
      const value = (100 * month.delivered_Wh) / (month.demanded_Wh + lost_Wh);
      rows.push({ figure: way.name, value, unit: "%", limit: null });
    }
    const asked_Wh = sessions.reduce((sum, { needed_Wh }) => sum + needed_Wh, lost_Wh);
    rows.push({
      figure: "  asked by cars that found no socket",
      value: (100 * lost_Wh) / asked_Wh,
      unit: "%",
      limit: null,
    });
  }
  return rows;
}
