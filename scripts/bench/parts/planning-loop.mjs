// @ts-check
// A month in ticks of five minutes: plan, allocate under the plan, charge. The product's own planner and allocator.
import { allocate } from "../../../src/core/balancing/index.ts";
import { applyPlan, planProgram, planSlots, readPlan } from "../../../src/core/planning/index.ts";
import { epochMs, milliamp, millisecond, watt, wattHour } from "../../../src/core/units/index.ts";
import { powerOf, taken_Wh, TICK_ms, VOLTAGE_V } from "./planning-sessions.mjs";

const SLOT_ms = 900_000;
const SLOTS_max = 144;
const HOUR_ms = 3_600_000;
const DEADLINE_ms = 2_000;

/**
 * @typedef {import("./planning-sessions.mjs").Session} Session
 * @typedef {import("../../../src/core/planning/index.ts").Plan} Plan
 * @typedef {{ price: (at_ms: number) => number, peak_micro_per_kW: number, floor_W: number,
 *   lastPeak_W: number | null, month_end_ms: number }} Tariff
 * @typedef {{ circuits: readonly import("../../../src/core/balancing/index.ts").AllocationCircuit[],
 *   circuitOf: (station: number) => string }} Site
 * @typedef {{ min_mA: number, step_mA: number, hold_ms: number, share: "need" | "equal", margin_ms: number }} Rules
 * @typedef {{ session: Session, drawn_Wh: number, level_Wh: number, since_ms: number | null, bound_mA: number }} Car
 * @typedef {{ demanded_Wh: number, delivered_Wh: number, cost: number, peak_W: number, notPlanned: number,
 *   starts: number }} Month
 * @typedef {{ site: Site, rules: Rules, tariff: Tariff | null,
 *   solver: import("../../../src/main/planning/lp-solver.ts").LpSolver | null }} Setup
 */

/**
 * What was delivered, for how much and with which highest quarter hour. Departures and energies are the true ones.
 * @param {Setup & { sessions: readonly Session[] }} setup @returns {Promise<Month>}
 */
export async function runMonth({ sessions, ...setup }) {
  const parking = createParking(sessions);
  /** @type {Map<number, number>} */
  const quarters = new Map();
  const month = { demanded_Wh: 0, delivered_Wh: 0, cost: 0, peak_W: 0, notPlanned: 0, starts: 0 };
  let now = sessions[0]?.arrival_ms ?? Infinity;
  while (Number.isFinite(now)) {
    for (const car of parking.turnTo(now)) {
      month.demanded_Wh += car.session.needed_Wh;
      month.delivered_Wh += car.drawn_Wh;
    }
    const wanting = parking.wanting();
    if (wanting.length === 0) {
      now = parking.nextEvent_ms();
      continue;
    }
    const quarter_ms = Math.floor(now / SLOT_ms) * SLOT_ms;
    const used_Wh = quarters.get(quarter_ms) ?? 0;
    const plan = await planOf(setup, wanting, now, { peak_W: month.peak_W, used_Wh });
    if (setup.solver !== null && plan === null) month.notPlanned += 1;
    const request = applyPlan(requestOf(setup.site, setup.rules, wanting, now), plan, epochMs(now));
    const grants = new Map(allocate(request).grants.map((grant) => [grant.evse, grant.current_mA]));
    let tick_Wh = 0;
    for (const car of wanting) {
      const granted_mA = grants.get(String(car.session.station)) ?? 0;
      if (car.since_ms === null && granted_mA > 0) month.starts += 1;
      tick_Wh += charge(car, granted_mA, now);
    }
    quarters.set(quarter_ms, used_Wh + tick_Wh);
    month.peak_W = Math.max(month.peak_W, (used_Wh + tick_Wh) * 4);
    month.cost += (tick_Wh / 1000) * ((setup.tariff?.price(now) ?? 0) / 1e6);
    now += TICK_ms;
  }
  return month;
}

/** Who is there. A car whose place is taken by the next one has left. @param {readonly Session[]} sessions by arrival */
function createParking(sessions) {
  /** @type {Map<number, Car>} */
  const present = new Map();
  let next = 0;
  return {
    /** Cars that have left by then; those that have come are there afterwards. */
    turnTo: (/** @type {number} */ now) => {
      const left = [...present.values()].filter((car) => car.session.departure_ms <= now);
      for (const car of left) present.delete(car.session.station);
      for (let one = sessions[next]; one !== undefined && one.arrival_ms <= now; one = sessions[(next += 1)]) {
        const before = present.get(one.station);
        if (before !== undefined) left.push(before);
        const level_Wh = one.battery?.initial_Wh ?? 0;
        present.set(one.station, { session: one, drawn_Wh: 0, level_Wh, since_ms: null, bound_mA: one.max_mA });
      }
      return left;
    },
    wanting: () => [...present.values()].filter((car) => car.session.needed_Wh - car.drawn_Wh > 1),
    nextEvent_ms: () =>
      Math.min(...[...present.values()].map((car) => car.session.departure_ms), sessions[next]?.arrival_ms ?? Infinity),
  };
}

/**
 * @param {Setup} setup @param {readonly Car[]} wanting @param {number} now
 * @param {{ peak_W: number, used_Wh: number }} month @returns {Promise<Plan | null>}
 */
async function planOf({ solver, ...setup }, wanting, now, month) {
  if (solver === null) return null;
  const input = planInput(setup, wanting, now, month);
  const built = planProgram(input);
  const answer = await solver.solve(built.program, { deadline_ms: DEADLINE_ms });
  return answer.kind === "optimal" ? readPlan(input, built, answer.values) : null;
}

/** @param {Site} site @param {Rules} rules @param {readonly Car[]} cars @param {number} now */
function requestOf(site, rules, cars, now) {
  return {
    now_ms: epochMs(now),
    policy: { share: rules.share, per: /** @type {const} */ ("current"), hold_ms: millisecond(rules.hold_ms) },
    voltage_V: VOLTAGE_V,
    circuits: site.circuits,
    evses: cars.map((car) => ({
      id: String(car.session.station),
      circuit: site.circuitOf(car.session.station),
      phases: car.session.phases,
      min_mA: milliamp(rules.min_mA),
      max_mA: milliamp(car.session.max_mA),
      step_mA: milliamp(rules.step_mA),
      weight: 1,
      plugged_at_ms: epochMs(car.session.arrival_ms),
      charging_since_ms: car.since_ms === null ? null : epochMs(car.since_ms),
      attained_Wh: wattHour(Math.round(car.drawn_Wh)),
      needed_Wh: wattHour(Math.round(car.session.needed_Wh)),
      departure_ms: epochMs(car.session.departure_ms),
      bounds: [
        {
          max_mA: milliamp(Math.max(rules.min_mA, boundOf(car))),
          kind: /** @type {const} */ ("vehicle"),
          ref: car.session.id,
        },
      ],
    })),
  };
}

/** What the car can take this tick: what it was seen to take, and no more than finishes it. @param {Car} car */
function boundOf({ session, drawn_Wh, bound_mA }) {
  const finishes_mA = ((session.needed_Wh - drawn_Wh) * HOUR_ms * 1000) / TICK_ms / (session.phases.length * VOLTAGE_V);
  return Math.ceil(Math.min(session.max_mA, bound_mA, finishes_mA));
}

/** @param {Car} car @param {number} granted_mA @param {number} now */
function charge(car, granted_mA, now) {
  const { session } = car;
  const offered_W = powerOf(session.phases.length, granted_mA);
  const max_W = powerOf(session.phases.length, session.max_mA);
  const hours = TICK_ms / HOUR_ms;
  const can_Wh =
    session.battery === null
      ? offered_W * hours
      : taken_Wh({ capacity_Wh: session.battery.capacity_Wh, level_Wh: car.level_Wh }, offered_W, max_W, TICK_ms);
  const took_Wh = Math.min(can_Wh, session.needed_Wh - car.drawn_Wh);
  car.drawn_Wh += took_Wh;
  car.level_Wh += took_Wh;
  car.since_ms = granted_mA > 0 ? (car.since_ms ?? now) : null;
  const drawn_mA = (took_Wh / hours / (session.phases.length * VOLTAGE_V)) * 1000;
  // A car that leaves more than an ampere unused is offered an ampere more than it took (balancing.md 2.5b).
  if (session.battery !== null && granted_mA > 0) {
    car.bound_mA = granted_mA - drawn_mA > 1_000 ? drawn_mA + 1_000 : Math.min(session.max_mA, car.bound_mA + 1_000);
  }
  return took_Wh;
}

/**
 * @param {{ site: Site, rules: Rules, tariff: Tariff | null }} setup @param {readonly Car[]} cars @param {number} now
 * @param {{ peak_W: number, used_Wh: number }} month @returns {import("../../../src/core/planning/index.ts").PlanInput}
 */
function planInput({ site, rules, tariff }, cars, now, { peak_W, used_Wh }) {
  const last_ms = Math.max(...cars.map(({ session }) => session.departure_ms));
  const slots = planSlots(epochMs(now), Math.min(SLOTS_max, Math.ceil((last_ms - now) / SLOT_ms) + 1));
  return {
    now_ms: epochMs(now),
    voltage_V: VOLTAGE_V,
    slots,
    circuits: site.circuits.map(({ id, parent, limit_mA, limit_W = null }) => ({
      id,
      parent,
      limit_mA,
      limit_W,
      otherLoad_mA: null,
    })),
    cars: cars.map(({ session, drawn_Wh, bound_mA }) => ({
      evse: String(session.station),
      circuit: site.circuitOf(session.station),
      phases: session.phases,
      min_mA: milliamp(rules.min_mA),
      max_mA: milliamp(Math.round(Math.max(rules.min_mA, Math.min(bound_mA, session.max_mA)))),
      plugged_at_ms: epochMs(session.arrival_ms),
      remaining_Wh: wattHour(Math.max(0, Math.round(session.needed_Wh - drawn_Wh))),
      departure_ms: epochMs(session.departure_ms),
    })),
    otherNet_W: slots.map(() => watt(0)),
    import_micro_per_kWh: tariff === null ? null : slots.map(({ start_ms }) => tariff.price(start_ms)),
    export_micro_per_kWh: 0,
    peak: tariff === null ? null : peakOf(tariff, now, peak_W),
    quarter: null,
    usedInQuarter_Wh: wattHour(Math.round(used_Wh)),
    limits: [],
    finishEarly_ms: millisecond(rules.margin_ms),
  };
}

/** @param {Tariff} tariff @param {number} now @param {number} peak_W */
const peakOf = (tariff, now, peak_W) => ({
  price_micro_per_kW: tariff.peak_micro_per_kW,
  monthPeak_W: watt(Math.round(peak_W)),
  lastMonthPeak_W: tariff.lastPeak_W === null ? null : watt(Math.round(tariff.lastPeak_W)),
  floor_W: watt(tariff.floor_W),
  days_left: Math.max(1, Math.ceil((tariff.month_end_ms - now) / (24 * HOUR_ms))),
});
