import { assert } from "./assert.ts";

// The only folder that casts a number into a quantity. All of them are whole numbers.

/** Electric current per phase in milliamperes. */
export type Milliamp = number & { readonly __unit: "mA" };
/** Voltage in millivolts. */
export type Millivolt = number & { readonly __unit: "mV" };
/** Active power in watts; import into site or car is positive. */
export type Watt = number & { readonly __unit: "W" };
/** Energy in watt-hours; also what a meter register shows. */
export type WattHour = number & { readonly __unit: "Wh" };
/** A length of time in milliseconds. */
export type Millisecond = number & { readonly __unit: "ms" };
/** An instant: milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number & { readonly __unit: "epoch-ms" };
/** Hundredths of a per cent: 1900 is 19 %. */
export type BasisPoint = number & { readonly __unit: "bp" };

function whole(value: number, what: string): number {
  // Thousands of times in a decision: the words are made only where they are needed.
  if (!Number.isSafeInteger(value)) assert(false, `${what} is a whole number, got ${String(value)}`);
  return value;
}

export const milliamp = (value: number): Milliamp => whole(value, "current in mA") as Milliamp;
export const millivolt = (value: number): Millivolt => whole(value, "voltage in mV") as Millivolt;
export const watt = (value: number): Watt => whole(value, "power in W") as Watt;
export const wattHour = (value: number): WattHour => whole(value, "energy in Wh") as WattHour;
export const millisecond = (value: number): Millisecond => whole(value, "duration in ms") as Millisecond;
export const epochMs = (value: number): EpochMs => whole(value, "instant in ms") as EpochMs;
export const basisPoint = (value: number): BasisPoint => whole(value, "rate in bp") as BasisPoint;

/** Amperes as typed by a person (16, 10.5) to milliamperes; more than three decimals are rounded down. */
export const milliampFromAmp = (value_A: number): Milliamp => milliamp(Math.floor(value_A * 1000 + 1e-6));

/** The later instant minus the earlier one; negative when `to` lies before `from`. */
export const elapsed_ms = (from: EpochMs, to: EpochMs): Millisecond => millisecond(to - from);

/** The instant `duration` after `at`. */
export const after = (at: EpochMs, duration: Millisecond): EpochMs => epochMs(at + duration);

/** Rounds down to a multiple of `step`; `step` 0 leaves the value as it is. */
export const floorToStep = (value: Milliamp, step: Milliamp): Milliamp =>
  step <= 0 ? value : milliamp(Math.floor(value / step) * step);
