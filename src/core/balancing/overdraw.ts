import { milliamp } from "../units/index.ts";
import type { Milliamp, Millisecond } from "../units/index.ts";
import { MEASURE_SLACK_MA, RESEND_MS } from "./ledger.ts";

// Some cars take 7 to 8 % more than the pilot allows, and some boxes say yes to a limit and do nothing. The limit of such
// a box tells only part of what it takes; the rest has to come out of what everybody shares.

/** More than this, and more than the share below, is no car that is a little off but a box that does not follow. */
const IGNORES_MA = 1_500;
const IGNORES_SHARE = 0.1;

export type Overdraw = {
  /** How much above its setpoint the box was last seen drawing, once it had had its time to follow. */
  readonly over_mA: Milliamp;
  /** It said yes and did not follow; until it does, what it takes is reserved, not shared. */
  readonly ignores: boolean;
};

export const noOverdraw: Overdraw = { over_mA: milliamp(0), ignores: false };

/** Takes a reading that is `told_ms` younger than the setpoint it is held against: at least the time to settle. */
export function observeOverdraw(
  state: Overdraw,
  reading: { readonly told_ms: Millisecond; readonly drawn_mA: Milliamp; readonly offered_mA: Milliamp },
): Overdraw {
  const { told_ms, drawn_mA, offered_mA } = reading;
  const over = drawn_mA - offered_mA;
  if (over <= MEASURE_SLACK_MA) return noOverdraw;
  const ignores = told_ms >= RESEND_MS && over > Math.max(IGNORES_MA, offered_mA * IGNORES_SHARE);
  return { over_mA: milliamp(over), ignores: state.ignores || ignores };
}
