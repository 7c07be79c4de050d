import { milliamp } from "../units/index.ts";
import type { EpochMs, Milliamp } from "../units/index.ts";

// A car that does not take what it is offered gives the rest back, but only because its setpoint is really lowered:
// booking it at its draw without lowering the pilot would let it ramp up again at any moment.

/** So long must a car stay below its offer before its bound is believed. */
export const LEARN_AFTER_MS = 30_000;
/** Kept above what the car draws, so that it can show that it wants more. */
export const PROBE_MA = 1_000;
/** Less than this below its offer counts as taking all: on-board meters and pilots are not exact. */
export const TAKES_ALL_MA = 500;
/** Below this the car does not charge at all just now, which says nothing about what it could take. */
export const DRAWS_MA = 1_000;
/** A car that draws less than that for so long only keeps its battery company (balancing.md §3.3, rule 1). */
export const TRICKLES_AFTER_MS = 300_000;

export type VehicleBound = {
  /** `null`: takes all it is offered as far as we know. */
  readonly bound_mA: Milliamp | null;
  readonly below_since_ms: EpochMs | null;
  /** Since when it has hardly drawn anything of what it was offered; `null` or left out: it draws. */
  readonly tricklesSince_ms?: EpochMs | null;
};

export const unknownVehicle: VehicleBound = { bound_mA: null, below_since_ms: null };

/** Takes one settled reading of a charging car: `drawn_mA` is its highest phase, `offered_mA` the confirmed setpoint. */
export function observeVehicle(
  state: VehicleBound,
  reading: {
    readonly at_ms: EpochMs;
    readonly drawn_mA: Milliamp;
    readonly offered_mA: Milliamp;
    readonly min_mA: Milliamp;
  },
): VehicleBound {
  const { at_ms, drawn_mA, offered_mA, min_mA } = reading;
  // Some boxes go on saying that they charge while they offer nothing: that is our pause, not the car's.
  if (offered_mA <= 0) return { ...state, below_since_ms: null, tricklesSince_ms: null };
  if (drawn_mA < DRAWS_MA) return { ...state, below_since_ms: null, tricklesSince_ms: state.tricklesSince_ms ?? at_ms };
  // It took all, the probe included: what it really wants is unknown again.
  if (drawn_mA >= offered_mA - TAKES_ALL_MA) return unknownVehicle;
  const since = state.below_since_ms ?? at_ms;
  const learned = at_ms - since >= LEARN_AFTER_MS;
  return {
    bound_mA: learned ? milliamp(Math.max(min_mA, drawn_mA + PROBE_MA)) : state.bound_mA,
    below_since_ms: since,
  };
}
