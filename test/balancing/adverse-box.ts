import { noEscalation, unknownEntry, withOverdraw } from "../../src/core/balancing/index.ts";
import type { Escalation, LedgerEntry } from "../../src/core/balancing/index.ts";
import { epochMs, milliamp, PHASES } from "../../src/core/units/index.ts";
import type { EpochMs, Phase } from "../../src/core/units/index.ts";

// A box in truth and as the guard knows it.

export const START_MS = 1_760_000_000_000;
export const FALLBACK_MA = 6_000;
export const MAX_MA = 32_000;
/** What the account allows a box and a car to follow (IEC 61851-1: 5 s each). */
export const LAG_MS = 10_000;

export type Message = {
  readonly value: number;
  readonly commandNumber: number;
  readonly sent_ms: number;
  timedOut: boolean;
};

export class Box {
  readonly id: string;
  readonly circuit: string;
  readonly phases: readonly Phase[];
  readonly over_permille: number;
  readonly metered: boolean;
  readonly fallbackProven: boolean;
  // In truth:
  pilot_mA = 0;
  lag: { readonly value: number; readonly until_ms: number }[] = [];
  plugged = true;
  connected = true;
  inFlight: Message[] = [];
  replies: Message[] = [];
  restartUntold = false;
  silentSince_ms: number | null = null;
  fallsBackAt_ms: number | null = null;
  // As the guard knows it:
  entry: LedgerEntry = unknownEntry({ max_mA: milliamp(MAX_MA) });
  escalation: Escalation = noEscalation;
  online = true;
  /** When it was raised last; forgotten when the clock is set. */
  raised_ms: number | null = null;
  heard_ms: EpochMs = epochMs(START_MS);
  reading: { readonly drawn_mA: number; readonly at_ms: number } | null = null;

  constructor(
    index: number,
    kind: { readonly three: boolean; readonly metered: boolean; readonly proven: boolean; readonly over: number },
  ) {
    this.id = `P${String(index)}`;
    this.circuit = index % 2 === 0 ? "main" : "sub";
    this.phases = kind.three ? PHASES : ["L1"];
    this.metered = kind.metered;
    this.fallbackProven = kind.proven;
    this.over_permille = kind.over;
  }

  /** The most that may flow now or by messages on their way, were a car there. */
  reach_mA(now_ms: number): number {
    const lagging = this.lag.filter((one) => one.until_ms > now_ms).map((one) => one.value);
    const coming = this.inFlight.map((message) => message.value);
    const most = Math.max(this.pilot_mA, ...lagging, ...coming);
    return withOverdraw(milliamp(most), this);
  }

  offers(value: number, now_ms: number): void {
    // Without a car there is no pilot to follow: the next one is shown the new value from its beginning.
    const lag = this.lag.filter((one) => one.until_ms > now_ms);
    this.lag = this.plugged ? [...lag, { value: this.pilot_mA, until_ms: now_ms + LAG_MS }] : [];
    this.pilot_mA = value;
  }
}
