/** A register may run this much faster than the device's largest power before it is doubted. */
const POWER_MARGIN = 1.2;
/** Readings that must agree before a register that fell back or jumped is believed. */
const AGREEING_READS = 3;
/** Registers of 0.1 kWh steps move at once by this much. */
const STEP_Wh = 100;

export type EnergyFilter = {
  readonly accepted_Wh: number | null;
  readonly accepted_at_ms: number;
  /** What is doubted, and how often it has been seen in a row. */
  readonly doubted_Wh: number | null;
  readonly doubted_at_ms: number;
  readonly seen: number;
};

export const NO_ENERGY: EnergyFilter = {
  accepted_Wh: null,
  accepted_at_ms: 0,
  doubted_Wh: null,
  doubted_at_ms: 0,
  seen: 0,
};

/**
 * Lets a register value through when it is no smaller than the last and no larger than `power_W_max` allows since then.
 * Anything else (zero after a restart, a step back, a jump) is held until three reads in a row agree.
 */
export function nextEnergy(
  filter: EnergyFilter,
  reading: { readonly value_Wh: number | null; readonly at_ms: number; readonly power_W_max: number },
): EnergyFilter {
  const { value_Wh, at_ms, power_W_max } = reading;
  if (value_Wh === null) return filter;
  const follows = (from_Wh: number, from_ms: number): boolean =>
    value_Wh >= from_Wh &&
    value_Wh <= from_Wh + STEP_Wh + (power_W_max * POWER_MARGIN * Math.max(0, at_ms - from_ms)) / 3_600_000;
  const accepted: EnergyFilter = { ...NO_ENERGY, accepted_Wh: value_Wh, accepted_at_ms: at_ms };
  if (filter.accepted_Wh === null || follows(filter.accepted_Wh, filter.accepted_at_ms)) return accepted;
  const agrees = filter.doubted_Wh !== null && follows(filter.doubted_Wh, filter.doubted_at_ms);
  const seen = agrees ? filter.seen + 1 : 1;
  return seen >= AGREEING_READS ? accepted : { ...filter, doubted_Wh: value_Wh, doubted_at_ms: at_ms, seen };
}
