import { milliamp } from "../units/index.ts";
import type { Milliamp, Millisecond } from "../units/index.ts";
import { MEASURE_SLACK_MA, RESEND_MS } from "./ledger.ts";
import { DRAWS_MA } from "./vehicle.ts";

// Some cars take 7 to 8 % more than the pilot allows, and some boxes say yes to a limit and do nothing. The limit of such
// a box tells only part of what it takes; the rest has to come out of what everybody shares.

/** More than this, and more than the share below, is no car that is a little off but a box that does not follow. */
const IGNORES_MA = 1_500;
const IGNORES_SHARE = 0.1;

export type Overdraw = {
  /** How much above its setpoint the box was last seen drawing, once it had had its time to follow. */
  readonly over_mA: Milliamp;
  /** The highest share above its setpoint this car was seen to take, in thousandths; kept until it is unplugged. */
  readonly over_permille: number;
  /** It said yes and did not follow; until it does, what it takes is reserved, not shared. */
  readonly ignores: boolean;
  /** This car takes so much as soon as it may charge at all, whatever it is told: less is no offer to it. `null`: it follows. */
  readonly anyway_mA: Milliamp | null;
};

export const noOverdraw: Overdraw = { over_mA: milliamp(0), over_permille: 0, ignores: false, anyway_mA: null };

/** One settled reading. `told_ms`: how much younger it is than the setpoint it is held against. */
type OverdrawReading = {
  readonly told_ms: Millisecond;
  readonly drawn_mA: Milliamp;
  readonly offered_mA: Milliamp;
  /** No earlier, higher setpoint can still be in force: nothing but the car is to blame for what it takes. */
  readonly proven?: boolean;
};

/** Takes a reading that is `told_ms` younger than the setpoint it is held against: at least the time to settle. */
export function observeOverdraw(state: Overdraw, reading: OverdrawReading): Overdraw {
  const { told_ms, drawn_mA, offered_mA } = reading;
  const over = drawn_mA - offered_mA;
  const anyway_mA = takenAnyway_mA(state, reading);
  if (over <= MEASURE_SLACK_MA) return { ...noOverdraw, over_permille: state.over_permille, anyway_mA };
  const isFarOff = farOff(reading);
  const ignores = state.ignores || (told_ms >= RESEND_MS && isFarOff);
  // What a box takes that does not follow says nothing about the car.
  const seen_permille = isFarOff || offered_mA === 0 ? 0 : Math.ceil((over * 1000) / offered_mA);
  return { over_mA: milliamp(over), over_permille: Math.max(state.over_permille, seen_permille), ignores, anyway_mA };
}

const farOff = ({ drawn_mA, offered_mA }: OverdrawReading): boolean =>
  drawn_mA - offered_mA > Math.max(IGNORES_MA, offered_mA * IGNORES_SHARE);

/** Kept through pauses, else it would be let in again and again at a minimum it does not keep. */
function takenAnyway_mA({ anyway_mA }: Overdraw, reading: OverdrawReading): Milliamp | null {
  const { drawn_mA, offered_mA, proven = false } = reading;
  if (farOff(reading)) return proven && offered_mA > 0 ? milliamp(Math.max(anyway_mA ?? 0, drawn_mA)) : anyway_mA;
  if (anyway_mA === null || drawn_mA < DRAWS_MA) return anyway_mA;
  // It charges with less because it was told so: it follows after all.
  return offered_mA < anyway_mA - IGNORES_MA ? null : anyway_mA;
}
