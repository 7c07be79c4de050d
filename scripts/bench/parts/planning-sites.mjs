// @ts-check
// Sites, tariffs and days of the planning bench.
import { pricesOfWindows } from "../../../src/core/planning/index.ts";
import { epochMs, milliamp, watt } from "../../../src/core/units/index.ts";
import { TICK_ms } from "./planning-sessions.mjs";

const HOUR_ms = 3_600_000;
const DAY_ms = 24 * HOUR_ms;
const ZONE = "America/Los_Angeles";
const STATIONS_A = 26;
const SUB_PANEL = 0.6;

/**
 * @typedef {import("./planning-sessions.mjs").Session} Session
 * @typedef {import("./planning-loop.mjs").Site} Site
 */

/** Wye site of balancing.md B2: two sub-panels of 0.6 × main. @param {number} main_mA @returns {Site} */
export function twoPanels(main_mA) {
  const circuit = (/** @type {string} */ id, /** @type {string | null} */ parent, /** @type {number} */ limit) => {
    const [limit_mA, none] = [milliamp(Math.floor(limit)), milliamp(0)];
    return {
      id,
      parent,
      limit_mA: /** @type {const} */ ([limit_mA, limit_mA, limit_mA]),
      otherLoad_mA: /** @type {const} */ ([none, none, none]),
    };
  };
  return {
    circuits: [
      circuit("main", null, main_mA),
      circuit("A", "main", main_mA * SUB_PANEL),
      circuit("B", "main", main_mA * SUB_PANEL),
    ],
    circuitOf: (station) => (station < STATIONS_A ? "A" : "B"),
  };
}

/** One transformer. @param {number} limit_W @returns {Site} */
export function oneTransformer(limit_W) {
  const [wide, none] = [milliamp(2_000_000), milliamp(0)];
  const main = { id: "main", parent: null, limit_W: watt(limit_W) };
  return {
    circuits: [{ ...main, limit_mA: [wide, wide, wide], otherLoad_mA: [none, none, none] }],
    circuitOf: () => "main",
  };
}

/** @param {(at_ms: number) => number} price of an hour @returns {(at_ms: number) => number} */
function remembered(price) {
  /** @type {Map<number, number>} */
  const known = new Map();
  return (at_ms) => {
    const hour = Math.floor(at_ms / HOUR_ms);
    const value = known.get(hour) ?? price(hour * HOUR_ms);
    known.set(hour, value);
    return value;
  };
}

const WORKDAYS = [1, 2, 3, 4, 5];
/** Energy of the summer season of SCE's TOU-EV-4, US $ per kWh × 10⁶. */
const TOU_EV_4 = [
  { weekdays: WORKDAYS, from_minute: 720, until_minute: 1080, price_micro_per_kWh: 266_680 },
  { weekdays: WORKDAYS, from_minute: 480, until_minute: 1380, price_micro_per_kWh: 92_500 },
];
export const touEv4 = remembered(
  (at_ms) =>
    pricesOfWindows(TOU_EV_4, [{ start_ms: epochMs(at_ms), end_ms: epochMs(at_ms + HOUR_ms) }], {
      otherwise_micro_per_kWh: 56_230,
      timezone: ZONE,
    })[0] ?? 0,
);

/**
 * Hourly prices in the shape of a day-ahead market, made up and the same every time: two humps, a dip at noon, days that
 * differ, 0.15 per kWh of fees and tax.
 */
export const hourly = remembered((at_ms) => {
  const local = Temporal.Instant.fromEpochMilliseconds(at_ms).toZonedDateTimeISO(ZONE);
  const hump = (/** @type {number} */ centre, /** @type {number} */ width) =>
    Math.exp(-(((local.hour - centre) / width) ** 2));
  const day = 1 + 0.35 * Math.sin(local.dayOfYear * 2.4);
  const market = 85_000 * day * (0.7 + 0.6 * hump(8, 2) + 0.9 * hump(19, 2.5) - 0.65 * hump(13, 2.5));
  return Math.round(market) + 150_000;
});

/** First instant of a month of 2019 in Los Angeles. @param {number} month */
export const monthStart_ms = (month) =>
  Temporal.ZonedDateTime.from(`2019-${String(month).padStart(2, "0")}-01T00:00[${ZONE}]`).epochMilliseconds;

/** Always the same numbers in [0, 1). @param {number} seed */
export function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** All cars of B9 take 6.6 kW on one phase, as in ACN-Sim. */
const CAR_mA = 28_700;
const CAR_W = 6_601;

/**
 * Days of `perDay` cars, each a weekday session of the data drawn by chance, at the first free socket; a car that finds
 * none leaves again.
 * @param {readonly Session[]} all @param {{ perDay: number, sockets: number, days: number, seed: number }} design
 */
export function drawnDays(all, { perDay, sockets, days, seed }) {
  const random = randomFrom(seed);
  const local = (/** @type {number} */ at_ms) => Temporal.Instant.fromEpochMilliseconds(at_ms).toZonedDateTimeISO(ZONE);
  const weekdays = all.filter(({ arrival_ms }) => local(arrival_ms).dayOfWeek <= 5);
  /** @type {("L1" | "L2" | "L3")[]} */
  const lines = ["L1", "L2", "L3"];
  /** @type {Session[]} */
  const sessions = [];
  let lost_Wh = 0;
  for (let day = 0; day < days; day += 1) {
    const drawn = Array.from({ length: perDay }, () => weekdays[Math.floor(random() * weekdays.length)])
      .filter((session) => session !== undefined)
      .map((session) => {
        const { hour, minute } = local(session.arrival_ms);
        const from_ms = Math.floor(((hour * 60 + minute) * 60_000) / TICK_ms) * TICK_ms;
        const arrival_ms = monthStart_ms(10) + day * DAY_ms + from_ms;
        const stay_ms = session.departure_ms - session.arrival_ms;
        const needed_Wh = Math.min(session.needed_Wh, (stay_ms / HOUR_ms) * CAR_W);
        return { ...session, arrival_ms, departure_ms: arrival_ms + stay_ms, needed_Wh, max_mA: CAR_mA };
      })
      .sort((a, b) => a.arrival_ms - b.arrival_ms);
    for (const session of drawn) {
      const taken = new Set(sessions.filter((one) => one.departure_ms > session.arrival_ms).map((one) => one.station));
      const station = Array.from({ length: sockets }, (_, index) => index).find((index) => !taken.has(index));
      if (station === undefined) lost_Wh += session.needed_Wh;
      else sessions.push({ ...session, station, phases: lines.slice(station % 3, (station % 3) + 1) });
    }
  }
  return { sessions: sessions.sort((a, b) => a.arrival_ms - b.arrival_ms), lost_Wh };
}
