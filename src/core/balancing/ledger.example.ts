import { epochMs, milliamp } from "../units/index.ts";
import type { EpochMs, Milliamp } from "../units/index.ts";
import { unknownEntry } from "./ledger.ts";
import type { BoxView, LedgerEntry } from "./ledger.ts";

// What the tests of the ledger begin with.

/** `ms` milliseconds after some moment. */
export const t = (ms: number): EpochMs => epochMs(1_760_000_000_000 + ms);
export const mA = (value: number): Milliamp => milliamp(value);
/** A box that is there, measures nothing and keeps 6 A when it hears nothing. */
export const box = (more: Partial<BoxView> = {}): BoxView => ({
  online: true,
  unplugged: false,
  drawn_mA: null,
  drawn_at_ms: null,
  max_mA: mA(32_000),
  fallback_mA: mA(6000),
  ...more,
});
/** Told this current long ago, and confirmed it. */
export const at = (current: number): LedgerEntry => ({
  ...unknownEntry({ max_mA: mA(current) }),
  setpoint_mA: mA(current),
  commandNumber: 1,
  sent_at_ms: t(-100_000),
  acknowledged_at_ms: t(-90_000),
});
