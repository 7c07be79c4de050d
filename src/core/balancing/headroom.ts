import { milliamp, onPhase, perPhase } from "../units/index.ts";
import type { EpochMs, Milliamp, PerPhase } from "../units/index.ts";

// How much the building may add before cars have made room again. Learned per circuit and phase from how far the other load
// rose above what was counted for it (which is its highest value of the last seconds, so what flutters is counted already).

/** A sample's age, our command, 5 s for the pilot and 5 s for the car: by then the cars have followed. */
export const REACTION_MS = 12_000;
/**
 * 99th percentile. With the 99.9th a building that steps by up to 21 A every few minutes is overloaded ten times less, but
 * costs its cars a quarter of their energy; so it costs a fifteenth, and overloads stay below 100 A·s an hour.
 */
const QUANTILE = 0.99;
/** Before anything is learned: 8 % of the limit, at least 3 A. */
const START_SHARE = 0.08;
const START_MA_MIN = 3_000;
const HEADROOM_MA_MIN = 1_000;
const HEADROOM_SHARE_MAX = 0.3;
/** So many samples (an hour of seconds) until what was learned may be less than the start. */
export const LEARNED_AFTER = 3_600;
/** Two days of seconds; then everything counts half, so that a new habit of the building is believed in days. */
const SAMPLES_MAX = 172_800;
const BINS = 120;
/** Samples that are not yet old enough to know how far the load rose after them. */
const OPEN_MAX = 32;

type Open = { readonly at_ms: EpochMs; readonly counted_mA: PerPhase<number>; readonly rise_mA: PerPhase<number> };

export type HeadroomState = {
  /** What the circuit may carry; the bins are shares of it. */
  readonly limit_mA: PerPhase<Milliamp>;
  readonly open: readonly Open[];
  /** How often the load rose by so many steps of 1/400 of the limit; the last bin takes all above. */
  readonly bins: PerPhase<Float64Array>;
  readonly samples: number;
  /** Other load and headroom together, as it is counted; `null` before the first sample. */
  readonly reserved_mA: PerPhase<Milliamp> | null;
};

export const noHeadroom = (limit_mA: PerPhase<Milliamp>): HeadroomState => ({
  limit_mA,
  open: [],
  bins: perPhase(() => new Float64Array(BINS + 1)),
  samples: 0,
  reserved_mA: null,
});

export type LoadSample = {
  readonly at_ms: EpochMs;
  /** Newest estimate of the other load. */
  readonly value_mA: PerPhase<number>;
  /** What is counted for it now: its highest value of the last seconds. */
  readonly counted_mA: PerPhase<number>;
  /** Room that is kept free on this circuit anyway; it is part of the headroom, not besides it. */
  readonly margin_mA: Milliamp;
};

/**
 * Takes one sample. Afterwards what is reserved lies between the counted load with half and with the whole headroom, and
 * moved no further than that: a building that flutters within the headroom changes nobody's share.
 */
export function observeHeadroom(state: HeadroomState, sample: LoadSample): HeadroomState {
  const { at_ms, value_mA, counted_mA, margin_mA } = sample;
  const open: Open[] = [];
  let learned = state;
  for (const one of state.open) {
    const age_ms = at_ms - one.at_ms;
    // A gap, or a clock that was set: nobody knows how far the load rose meanwhile.
    if (age_ms <= 0 || age_ms > 2 * REACTION_MS) continue;
    if (age_ms > REACTION_MS) learned = recorded(learned, one.rise_mA);
    else
      open.push({
        ...one,
        rise_mA: perPhase((phase) =>
          Math.max(onPhase(one.rise_mA, phase), onPhase(value_mA, phase) - onPhase(one.counted_mA, phase)),
        ),
      });
  }
  const fresh = { at_ms, counted_mA, rise_mA: [0, 0, 0] as const };
  const beside = headroom_mA(learned);
  const reserved_mA = perPhase((phase) => {
    const extra = Math.max(0, onPhase(beside, phase) - margin_mA);
    const counted = onPhase(counted_mA, phase);
    const before = state.reserved_mA === null ? counted + extra : onPhase(state.reserved_mA, phase);
    return milliamp(Math.round(Math.min(Math.max(before, counted + Math.floor(extra / 2)), counted + extra)));
  });
  return { ...learned, open: [...open.slice(-OPEN_MAX + 1), fresh], reserved_mA };
}

/** The 99th percentile of what the load rose by within the reaction time, at least 1 A and at most 30 % of the limit. */
export const headroom_mA = (state: HeadroomState): PerPhase<Milliamp> =>
  perPhase((phase) => {
    const limit = onPhase(state.limit_mA, phase);
    const seen = quantile_mA(onPhase(state.bins, phase), state.samples, limit);
    const start = state.samples < LEARNED_AFTER ? Math.max(START_MA_MIN, Math.round(limit * START_SHARE)) : 0;
    const most = Math.max(HEADROOM_MA_MIN, Math.round(limit * HEADROOM_SHARE_MAX));
    return milliamp(Math.min(Math.max(seen, start, HEADROOM_MA_MIN), most));
  });

function quantile_mA(bins: Float64Array, samples: number, limit_mA: number): number {
  let above = samples * (1 - QUANTILE);
  for (let bin = BINS; bin > 0; bin -= 1) {
    above -= bins[bin] ?? 0;
    if (above < 0) return Math.ceil((bin * HEADROOM_SHARE_MAX * limit_mA) / BINS);
  }
  return 0;
}

function recorded(state: HeadroomState, rise_mA: PerPhase<number>): HeadroomState {
  const isFull = state.samples >= SAMPLES_MAX;
  const bins = perPhase((phase) => {
    const counts = onPhase(state.bins, phase).slice();
    if (isFull) for (let bin = 0; bin < counts.length; bin += 1) counts[bin] = (counts[bin] ?? 0) / 2;
    const width_mA = (HEADROOM_SHARE_MAX * onPhase(state.limit_mA, phase)) / BINS;
    const rise = onPhase(rise_mA, phase);
    const bin = rise <= 0 || width_mA <= 0 ? 0 : Math.min(BINS, Math.ceil(rise / width_mA));
    counts[bin] = (counts[bin] ?? 0) + 1;
    return counts;
  });
  return { ...state, bins, samples: (isFull ? state.samples / 2 : state.samples) + 1 };
}
