import { milliamp, onPhase, perPhase } from "../units/index.ts";
import type { EpochMs, Milliamp, PerPhase } from "../units/index.ts";
import { FOLLOW_MS, MEASURE_SLACK_MA, SETTLE_MS, worstCase_mA } from "./ledger.ts";
import type { BoxView, LedgerEntry } from "./ledger.ts";

// What a circuit carries besides its EVSEs: the meter less what the cars draw. Box readings are older than the meter's, so
// the difference swings whenever a car follows a new limit. We keep an interval that surely holds the truth instead.

/**
 * The estimate falls only to what was highest in this time. Boxes report every ten to fifteen seconds: until the next report
 * a car that stopped looks like a load of the building that went away, and that must hand nothing out.
 */
export const OTHER_LOAD_MEMORY_MS = 20_000;
/** More samples than this in the memory are thinned: one a second is enough. */
const SAMPLES_MAX = 64;

/** What the EVSEs below the circuit draw on one phase: somewhere between the two. */
export type DrawRange = { readonly least_mA: number; readonly most_mA: number };

export type OtherLoadState = {
  /** Last value per phase that was inside its interval. */
  readonly estimate_mA: PerPhase<number>;
  readonly samples: readonly { readonly at_ms: EpochMs; readonly value_mA: PerPhase<number> }[];
};

export const noOtherLoad: OtherLoadState = { estimate_mA: [0, 0, 0], samples: [] };

/**
 * What the car at a box may be drawing when the meter is explained: exact after settling; soon after the box confirmed, no
 * more than it was told, so that a load of the building is not taken for cars that have not followed yet (the account of
 * worst cases waits longer); before that anything up to its worst case.
 */
export function rangeOfBox(entry: LedgerEntry, box: BoxView, now_ms: EpochMs): DrawRange {
  const { setpoint_mA, upper_mA, acknowledged_at_ms } = entry;
  const { drawn_mA, drawn_at_ms } = box;
  if (box.online && box.unplugged) return { least_mA: 0, most_mA: 0 };
  if (box.online && acknowledged_at_ms !== null && setpoint_mA !== null) {
    const isSettled = drawn_at_ms !== null && drawn_at_ms - acknowledged_at_ms >= SETTLE_MS && upper_mA === setpoint_mA;
    if (isSettled && drawn_mA !== null) return { least_mA: drawn_mA, most_mA: drawn_mA };
    if (now_ms - acknowledged_at_ms >= FOLLOW_MS) return { least_mA: 0, most_mA: setpoint_mA };
  }
  const measured = drawn_mA === null ? 0 : drawn_mA + MEASURE_SLACK_MA;
  return { least_mA: 0, most_mA: Math.max(worstCase_mA(entry, box, now_ms), measured) };
}

/**
 * Takes one meter sample. Afterwards estimate + most the cars may draw is never below what the meter showed, and the
 * estimate moved no further than the new interval forces it to.
 */
export function observeOtherLoad(
  state: OtherLoadState,
  sample: { readonly at_ms: EpochMs; readonly meter_mA: PerPhase<number>; readonly cars: PerPhase<DrawRange> },
): OtherLoadState {
  const first = state.samples.length === 0;
  const value_mA = perPhase((phase) => {
    const meter = onPhase(sample.meter_mA, phase);
    const { least_mA, most_mA } = onPhase(sample.cars, phase);
    const [low, high] = [meter - most_mA, meter - least_mA];
    const before = first ? high : onPhase(state.estimate_mA, phase);
    return Math.round(Math.min(Math.max(before, low), high));
  });
  const kept = state.samples.filter(
    (old) => sample.at_ms - old.at_ms <= OTHER_LOAD_MEMORY_MS && old.at_ms <= sample.at_ms,
  );
  return { estimate_mA: value_mA, samples: [...kept.slice(-SAMPLES_MAX + 1), { at_ms: sample.at_ms, value_mA }] };
}

/** What to count for the circuit now: the highest estimate of the last seconds, never below zero. */
export const countedOtherLoad_mA = (state: OtherLoadState): PerPhase<Milliamp> =>
  perPhase((phase) => milliamp(Math.max(0, ...state.samples.map((sample) => onPhase(sample.value_mA, phase)))));

/** More than this times the fuse is no current that a meter survives (balancing.md R9). */
const IMPLAUSIBLE_FUSES = 3;
/** A sample that is the one before with the other sign, and not small, is a slip of the meter. */
const FLIP_MA_MIN = 5_000;
const FLIP_SHARE = 0.1;

/**
 * True when the sample can be what flows. `previous_mA` is the sample before it, believed or not, so that a change of sign
 * that lasts is believed the second time.
 */
export function isPlausible(
  sample_mA: PerPhase<number>,
  previous_mA: PerPhase<number> | null,
  fuse_mA: PerPhase<Milliamp>,
): boolean {
  return perPhase((phase) => {
    const now = onPhase(sample_mA, phase);
    const fuse = onPhase(fuse_mA, phase);
    if (!Number.isFinite(now) || (fuse > 0 && Math.abs(now) > IMPLAUSIBLE_FUSES * fuse)) return false;
    const before = previous_mA === null ? 0 : onPhase(previous_mA, phase);
    return Math.abs(before) < FLIP_MA_MIN || Math.abs(now + before) > Math.abs(before) * FLIP_SHARE;
  }).every(Boolean);
}
