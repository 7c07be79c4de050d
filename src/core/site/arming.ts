import type { Milliamp, Phase } from "../units/index.ts";
import type { CommissioningProblem } from "./commissioning.ts";

/**
 * How far a site may be left to itself (balancing.md R11). `armed`: safe currents and other loads fit every fuse, and each
 * box has shown that it falls back. `trial`: they fit by what the site file names, but a box has not shown it yet, or a
 * meter has seen more load than fits. `overridden`: they do not fit, and a person has taken that on himself. `blocked`:
 * they do not fit.
 */
export const ARMING_STATES = ["armed", "trial", "overridden", "blocked"] as const;
export type ArmingState = (typeof ARMING_STATES)[number];

/** One conductor that a person has accepted to be too small for the safe currents, as it was then. */
export type AcceptedRisk = {
  readonly circuitId: string;
  readonly phase: Phase;
  readonly sum_mA: Milliamp;
  readonly limit_mA: Milliamp;
};

export type Arming = {
  readonly state: ArmingState;
  /** Circuits where nobody gets more than his safe current. */
  readonly heldBack: ReadonlySet<string>;
  /** False where an override was given and no longer covers what is wrong: it has lapsed. */
  readonly overrideHolds: boolean;
};

/**
 * Judges a site. An override covers what it was given for and less: a further conductor, or more current on one that was
 * accepted, is not covered, and then it lapses as a whole.
 */
export function judgeArming(
  problems: readonly CommissioningProblem[],
  untested: number,
  override: readonly AcceptedRisk[] | null,
): Arming {
  const blocking = problems.filter(({ basis }) => basis === "configured");
  const overrideHolds =
    override === null || blocking.every((problem) => override.some((risk) => covers(risk, problem)));
  if (blocking.length === 0) {
    const state = untested > 0 || problems.length > 0 ? "trial" : "armed";
    return { state, heldBack: new Set(), overrideHolds };
  }
  if (override !== null && overrideHolds) return { state: "overridden", heldBack: new Set(), overrideHolds };
  return { state: "blocked", heldBack: new Set(blocking.map(({ circuitId }) => circuitId)), overrideHolds };
}

const covers = (risk: AcceptedRisk, problem: CommissioningProblem): boolean =>
  risk.circuitId === problem.circuitId &&
  risk.phase === problem.phase &&
  problem.sum_mA <= risk.sum_mA &&
  problem.limit_mA >= risk.limit_mA;
