// @ts-check
// Real sessions (ACN-Data, CC BY 4.0) on a European site as balancing.md B2 and B3 describe it; read in place.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, gunzipSync } from "node:zlib";
import { ROOT } from "../../lib/runtime.mjs";

const DATA = join(ROOT, "..", "shared", "data");
const FILE = "acn_jpl_2019-09-01_2019-12-31.csv.gz";
export const TICK_ms = 300_000;
export const VOLTAGE_V = 230;
const STAY_ms_max = 144 * TICK_ms;
/** Batteries of balancing.md B3: the smallest that can take the energy. Its tail begins at 80 %. */
const CAPACITIES_Wh = [8_000, 24_000, 40_000, 60_000, 85_000, 100_000];
const TAIL_FROM = 0.8;

/**
 * @typedef {{ id: string, station: number, arrival_ms: number, departure_ms: number, needed_Wh: number,
 *   phases: readonly ("L1" | "L2" | "L3")[], max_mA: number,
 *   battery: { capacity_Wh: number, initial_Wh: number } | null }} Session
 */

/** Null when the data are not beside this checkout. */
export function readJpl() {
  const file = join(DATA, FILE);
  return existsSync(file) ? gunzipSync(readFileSync(file)).toString("utf8") : null;
}

/** @param {string} text "2019-09-01 10:32:07-07:00" */
const instant_ms = (text) => Date.parse(text.replace(" ", "T"));

/**
 * Sessions that arrive in the range, by arrival. Amounts larger than the EVSE can deliver in the stay are cut to that.
 * @param {string} csv @param {number} from_ms @param {number} to_ms @returns {Session[]}
 */
export function sessionsOf(csv, from_ms, to_ms) {
  const rows = csv
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(","));
  const rank = new Map([...new Set(rows.map((row) => row[4] ?? ""))].sort().map((id, index) => [id, index]));
  /** @type {Session[]} */
  const sessions = [];
  for (const [arrival = "", departure = "", , delivered = "", station = "", id = ""] of rows) {
    const [from, to] = [instant_ms(arrival), instant_ms(departure)];
    if (!(from >= from_ms && from < to_ms)) continue;
    const arrival_ms = Math.floor(from / TICK_ms) * TICK_ms;
    const departure_ms = Math.min(Math.floor(to / TICK_ms) * TICK_ms, arrival_ms + STAY_ms_max);
    if (departure_ms <= arrival_ms) continue;
    const index = rank.get(station) ?? 0;
    const car = carOf(id, index);
    const most_Wh = ((departure_ms - arrival_ms) / 3_600_000) * powerOf(car.phases.length, car.max_mA);
    const needed_Wh = Math.min(Number(delivered) * 1000, most_Wh);
    sessions.push({ id, station: index, arrival_ms, departure_ms, needed_Wh, ...car, battery: null });
  }
  return sessions.sort((a, b) => a.arrival_ms - b.arrival_ms || a.station - b.station);
}

/** @param {number} phases @param {number} current_mA */
export const powerOf = (phases, current_mA) => (phases * VOLTAGE_V * current_mA) / 1000;

/** Half of all cars 3 × 16 A, a third 1 × 32 A, the rest 1 × 16 A, always the same for a session. @param {string} id @param {number} station */
function carOf(id, station) {
  const kind = crc32(id) % 100;
  /** @type {("L1" | "L2" | "L3")[]} */
  const lines = ["L1", "L2", "L3"];
  if (kind < 50) return { phases: lines, max_mA: 16_000 };
  return { phases: lines.slice(station % 3, (station % 3) + 1), max_mA: kind < 85 ? 32_000 : 16_000 };
}

/** The same sessions with batteries whose power falls from 80 % on (B3). @param {readonly Session[]} sessions */
export const withBatteries = (sessions) => sessions.map((session) => ({ ...session, battery: batteryOf(session) }));

/** The fullest of the smallest batteries that could take the energy without any control. @param {Session} session */
function batteryOf(session) {
  const { needed_Wh, phases, max_mA, arrival_ms, departure_ms } = session;
  const max_W = powerOf(phases.length, max_mA);
  const ticks = (departure_ms - arrival_ms) / TICK_ms;
  const fits = (/** @type {number} */ capacity_Wh, /** @type {number} */ initial_Wh) => {
    let level_Wh = initial_Wh;
    for (let tick = 0; tick < ticks && level_Wh - initial_Wh < needed_Wh; tick += 1)
      level_Wh += taken_Wh({ capacity_Wh, level_Wh }, max_W, max_W, TICK_ms);
    return level_Wh - initial_Wh >= needed_Wh - 1;
  };
  for (const capacity_Wh of CAPACITIES_Wh) {
    if (capacity_Wh < needed_Wh || !fits(capacity_Wh, 0)) continue;
    let [low, high] = [0, capacity_Wh - needed_Wh];
    if (fits(capacity_Wh, high)) return { capacity_Wh, initial_Wh: high };
    for (let round = 0; round < 30; round += 1) {
      const middle = (low + high) / 2;
      if (fits(capacity_Wh, middle)) low = middle;
      else high = middle;
    }
    return { capacity_Wh, initial_Wh: low };
  }
  return null;
}

/**
 * Energy a battery takes of `offered_W` in a time: what is offered, but no more than the tail allows.
 * @param {{ capacity_Wh: number, level_Wh: number }} battery @param {number} offered_W @param {number} max_W @param {number} time_ms
 */
export function taken_Wh({ capacity_Wh, level_Wh }, offered_W, max_W, time_ms) {
  if (offered_W <= 0) return 0;
  let hours = time_ms / 3_600_000;
  let taken = 0;
  // Until the level at which the tail equals what is offered, the car takes all of it.
  const meets_Wh = capacity_Wh * (1 - (1 - TAIL_FROM) * Math.min(1, offered_W / max_W));
  if (level_Wh < meets_Wh) {
    const constant = Math.min(hours, (meets_Wh - level_Wh) / offered_W);
    taken += constant * offered_W;
    hours -= constant;
  }
  if (hours <= 0) return taken;
  const rest = capacity_Wh - level_Wh - taken;
  return taken + rest * (1 - Math.exp((-hours * max_W) / ((1 - TAIL_FROM) * capacity_Wh)));
}
