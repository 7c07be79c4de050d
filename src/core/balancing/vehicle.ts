import { milliamp } from "../units/index.ts";
import type { EpochMs, Milliamp } from "../units/index.ts";

// A car that does not take what it is offered gives the rest back, but only because its setpoint is really lowered:
// booking it at its draw without lowering the pilot would let it ramp up again at any moment.

/** So long must a car stay below its offer before its bound is believed. */
export const LEARN_AFTER_MS = 30_000;
/** Kept above what the car draws, so that it can show that it wants more. */
export const PROBE_MA = 1_000;

export type VehicleBound = {
  /** `null`: takes all it is offered as far as we know. */
  readonly bound_mA: Milliamp | null;
  readonly below_since_ms: EpochMs | null;
};

export const unknownVehicle: VehicleBound = { bound_mA: null, below_since_ms: null };

/** Takes one settled reading of a charging car: `drawn_mA` is its highest phase, `offered_mA` the confirmed setpoint. */
export function observeVehicle(
  state: VehicleBound,
  reading: { readonly at_ms: EpochMs; readonly drawn_mA: Milliamp; readonly offered_mA: Milliamp; readonly min_mA: Milliamp },
): VehicleBound {
  const { at_ms, drawn_mA, offered_mA, min_mA } = reading;
  const takesAll = drawn_mA >= offered_mA - PROBE_MA;
  if (takesAll && state.bound_mA === null) return unknownVehicle;
  const bound_mA = milliamp(Math.max(min_mA, drawn_mA + PROBE_MA));
  // It took the probe: the bound goes up with it.
  if (takesAll) return { bound_mA: milliamp(Math.max(bound_mA, state.bound_mA ?? 0)), below_since_ms: null };
  const since = state.below_since_ms ?? at_ms;
  return { bound_mA: at_ms - since >= LEARN_AFTER_MS ? bound_mA : state.bound_mA, below_since_ms: since };
}
