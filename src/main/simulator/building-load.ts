import { hash32 } from "./random.ts";

/** Amperes of an office building per phase at each hour of a weekday; L1 carries the ventilation. */
const WEEKDAY_A: readonly (readonly [number, number, number])[] = [
  [3, 2, 2],
  [3, 2, 2],
  [3, 2, 2],
  [3, 2, 2],
  [3, 2, 2],
  [4, 3, 3],
  [7, 5, 4],
  [10, 8, 7],
  [13, 10, 8],
  [15, 11, 10],
  [16, 12, 10],
  [16, 13, 11],
  [16, 13, 11],
  [15, 12, 10],
  [14, 11, 10],
  [14, 11, 9],
  [13, 10, 8],
  [11, 8, 7],
  [8, 7, 5],
  [6, 5, 5],
  [5, 4, 4],
  [4, 4, 3],
  [4, 3, 3],
  [3, 2, 2],
];
const WEEKEND_PERMILLE = 380;
const NOISE_mA = 400;
/** An appliance holds for one bucket of seven minutes, a lift for twenty seconds. */
const APPLIANCE = { bucket_ms: 420_000, current_mA: 6000, chance: 0.2 } as const;
const LIFT = { bucket_ms: 20_000, current_mA: 5000, chance: 0.04 } as const;

/** Never more than this on a phase, whatever comes together. */
export const BUILDING_mA_max = 28_000;

export type LocalTime = { readonly weekday: number; readonly hour: number; readonly minute: number };

const chance = (seed: number, what: string, bucket: number): number => hash32(seed, what, bucket) / 0x1_0000_0000;

/**
 * Load of the building on [L1, L2, L3] in mA at an instant: daily shape, noise each second, and the steps of appliances
 * and of the lift. A pure function of seed and time, so it does not depend on how often somebody looks.
 */
export function buildingLoad_mA(seed: number, at_ms: number, local: LocalTime): [number, number, number] {
  const from = WEEKDAY_A[local.hour] ?? [5, 4, 4];
  const to = WEEKDAY_A[(local.hour + 1) % 24] ?? from;
  const share = local.minute / 60;
  const scale = local.weekday >= 6 ? WEEKEND_PERMILLE : 1000;
  const lift_mA = chance(seed, "lift", Math.floor(at_ms / LIFT.bucket_ms)) < LIFT.chance ? LIFT.current_mA : 0;
  const phase = (index: 0 | 1 | 2): number => {
    const shape_mA = (from[index] + (to[index] - from[index]) * share) * scale;
    const noise_mA = (2 * chance(seed, `noise${String(index)}`, Math.floor(at_ms / 1000)) - 1) * NOISE_mA;
    const on = chance(seed, `appliance${String(index)}`, Math.floor(at_ms / APPLIANCE.bucket_ms)) < APPLIANCE.chance;
    return Math.max(0, Math.round(shape_mA + noise_mA + (on ? APPLIANCE.current_mA : 0) + lift_mA));
  };
  return [phase(0), phase(1), phase(2)];
}

/** Answers local weekday and time of a zone; asks the zone once an hour only. */
export function createLocalTime(timezone: string): (at_ms: number) => LocalTime {
  let hour_ms = Infinity;
  let known: LocalTime = { weekday: 1, hour: 0, minute: 0 };
  return (at_ms) => {
    // Zones with offsets of half hours turn their hour in the middle of ours; quarter hours catch all of them.
    const quarter_ms = Math.floor(at_ms / 900_000) * 900_000;
    if (quarter_ms !== hour_ms) {
      const local = Temporal.Instant.fromEpochMilliseconds(quarter_ms).toZonedDateTimeISO(timezone);
      known = { weekday: local.dayOfWeek, hour: local.hour, minute: local.minute };
      hour_ms = quarter_ms;
    }
    return { ...known, minute: known.minute + Math.floor((at_ms - quarter_ms) / 60_000) };
  };
}
