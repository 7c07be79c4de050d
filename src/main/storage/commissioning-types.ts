import type { FALLBACK_OUTCOMES } from "../../contract/index.ts";
import type { AcceptedRisk } from "../../core/site/index.ts";
import type { EpochMs, Milliamp, Millisecond } from "../../core/units/index.ts";

/** That a site may run unattended though its safe currents do not fit, or that this holds no more. Never changed. */
export type ArmingDecision = {
  readonly at_ms: EpochMs;
  /** Who decided; `system` where an override lapsed because the site had become worse than what was accepted. */
  readonly author: string;
  readonly decision: "overridden" | "withdrawn" | "lapsed";
  readonly reason: string;
  readonly risks: readonly AcceptedRisk[];
};

/** How the test of a box's fall-back ended. */
export type FallbackTestOutcome = (typeof FALLBACK_OUTCOMES)[number];

/** One test of what a box does when it is cut off. Never changed. */
export type FallbackTest = {
  readonly stationId: string;
  readonly at_ms: EpochMs;
  readonly author: string;
  readonly outcome: FallbackTestOutcome;
  /** What its car drew before. */
  readonly before_mA: Milliamp;
  /** What the site file promised then. */
  readonly promised_mA: Milliamp;
  /** What it drew when it had fallen back, by its register; `null`: not told. */
  readonly kept_mA: Milliamp | null;
  /** How long it was cut off, in real time; `null`: it was not. */
  readonly silent_ms: Millisecond | null;
  readonly serial: string | null;
  readonly firmware: string | null;
};

export interface CommissioningStore {
  addDecision(decision: ArmingDecision): void;
  /** Newest first. */
  decisions(limit: number): ArmingDecision[];
  addTest(test: FallbackTest): void;
  /** The last test of each station that told something of its box, and, where there is none, the last of all. */
  lastTests(): ReadonlyMap<string, FallbackTest>;
}
