import type { PerPhase } from "../units/index.ts";

// What a device shows is either a value, or nothing, or a number that cannot be. The last kind is kept apart with the
// reason and the bound it broke: nobody bills, balances or draws it, and everybody may see it.

export type QuarantineCode =
  /** No such quantity exists: 300 V to neutral, negative energy. `bound` is the limit it is beyond. */
  | "out-of-range"
  /** More than this device, or the wires to it, can carry. */
  | "above-rating"
  /** A register below its own last value. */
  | "steps-back"
  /** A register that rose faster than the largest power allows. */
  | "too-fast"
  /** A register that shows 0 where it has shown more, or where nothing of it is known yet. */
  | "zero"
  /** NaN or the document's "no value" where a number belongs. */
  | "no-number"
  /** A number without a unit that we know. */
  | "unknown-unit";

/** One value kept apart; `value` and `bound` in our own unit of `what` (mA, mV, W, Wh). */
export type Quarantined = {
  readonly what: string;
  readonly code: QuarantineCode;
  /** `null`: it was no number at all. */
  readonly value: number | null;
  /** `null`: it broke no bound. */
  readonly bound: number | null;
  readonly at_ms: number;
};

/** A reading carries no more of them than this; the first are the most telling. */
export const QUARANTINED_MAX = 16;

export type Range = { readonly min: number; readonly max: number };

/** The reason why `value` is outside `range`, or `null`: it is inside. */
export function outOfRange(value: number, range: Range): Pick<Quarantined, "code" | "value" | "bound"> | null {
  if (!Number.isFinite(value)) return { code: "no-number", value: null, bound: null };
  if (value < range.min) return { code: "out-of-range", value, bound: range.min };
  return value > range.max ? { code: "out-of-range", value, bound: range.max } : null;
}

/** Meters, boxes and cars are a little off their plates. */
const RATING_MARGIN = 1.2;
/** No wire carries this many times what it is made for long enough to be read (balancing.md R9). */
const CURRENT_RATINGS_MAX = 3;

export type Rating = { readonly power_W_max: number; readonly current_mA_max: number };
export type Electrical<A extends number, P extends number> = {
  readonly current_mA: PerPhase<A | null>;
  readonly power_W: P | null;
};

/**
 * Takes out what is above the rating: power beyond 1.2 times, a current beyond 3 times. A real overload stays visible,
 * a number that would have melted the wires does not.
 */
export function withinRating<A extends number, P extends number, T extends Electrical<A, P>>(
  measured: T,
  { power_W_max, current_mA_max }: Rating,
  at_ms: number,
): { readonly measured: T; readonly quarantined: readonly Quarantined[] } {
  const quarantined: Quarantined[] = [];
  const checked = <V extends number>(what: string, value: V | null, bound: number): V | null => {
    if (value === null || Math.abs(value) <= bound) return value;
    quarantined.push({ what, code: "above-rating", value, bound, at_ms });
    return null;
  };
  const phase_mA = Math.round(CURRENT_RATINGS_MAX * current_mA_max);
  const [l1, l2, l3] = measured.current_mA;
  const current_mA: PerPhase<A | null> = [
    checked("current_l1", l1, phase_mA),
    checked("current_l2", l2, phase_mA),
    checked("current_l3", l3, phase_mA),
  ];
  const power_W = checked("power", measured.power_W, Math.round(RATING_MARGIN * power_W_max));
  return { measured: quarantined.length === 0 ? measured : { ...measured, current_mA, power_W }, quarantined };
}
