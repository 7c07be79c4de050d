import { type EpochMs, type Milliamp, milliamp, type Millivolt } from "../units/index.ts";
import type { RegisterMark } from "./register-mark.ts";

// What a box did while nobody could speak with it, by the register that it counts with all the same (balancing.md R11).
// Currents are those of the highest phase; charge is current × time, in milliampere-milliseconds.

/** Least and most that something can have been. */
export type Span = { readonly least: number; readonly most: number };

/** What is known of a silence. All instants and durations by the app's clock. */
export type SilenceEvidence = {
  /** What the car drew before, in the last readings. */
  readonly before_mA: Span;
  /** What the box is to keep. */
  readonly promised_mA: Milliamp;
  /** When it falls back after its last contact; `null`: nobody knows. */
  readonly timeout_ms: number | null;
  /** Voltage of all its phases together, as far as the car loads them: power is this × the current of the highest phase. */
  readonly voltage_mV: Millivolt;
  /** Its register while it answered, and when it answered again. */
  readonly from: RegisterMark;
  readonly to: RegisterMark;
  /** The link was cut between these two. */
  readonly heard_at_ms: EpochMs;
  readonly silent_at_ms: EpochMs;
  readonly back_at_ms: EpochMs;
  /** What flowed between `back_at_ms` and the register after it, in mA·ms. */
  readonly afterwards: Span;
  /** Lowest current seen in the silence, or on its return while the box was told more than that; `null`: none was seen. */
  readonly atReturn_mA: Milliamp | null;
  /** Told so, the car took much more again: what it took meanwhile was not its own choice. */
  readonly recovered: boolean;
};

export type SilenceJudgement = {
  readonly outcome: "fell-back" | "kept-last" | "rose" | "not-told";
  /** What it kept, at most; `null`: not told. */
  readonly kept_mA: Milliamp | null;
};

/** What a reading of a box's current may be off by. */
const MEASURE_SLACK_MA = 300;
/** How far a box may be above what it is to keep: displays round, and cars take a little more than they are offered. */
const FALLEN_SLACK_MA = 500;
/** Its meter, its current transformers, the voltage and cos φ do not agree better than this. */
const MEASURE_SHARE = 0.05;
/** More than it drew before by this much is no error of measurement. */
const ROSE_MA = 1_000;
/** A box takes some time to fall back after its time is over, and the car to follow. */
const FALL_SLACK_MS = 20_000;
/** The two things it can have done must differ by so many times what the register may be off by. */
const DIFFERENCE = 3;
/** A car that may have 6 A takes hardly less than 5; one that is nearly full does. */
const TAKES_SHARE = 0.8;
/** A box that was switched off instead of cut off counts nothing; one that keeps nothing by itself goes on for a while. */
const LIVES_ON_MS = 30_000;
const NANOJOULES_PER_WH = 3.6e12;

const NOT_TOLD: SilenceJudgement = { outcome: "not-told", kept_mA: null };

/**
 * Judges what a box did by the energy that its car took meanwhile. `fell-back` is only said when the car cannot have gone
 * on as before and would have taken more: then `kept_mA` is what the box kept, at most. `kept-last` and `rose` are only
 * said when it cannot have fallen back in its time. Everything between, or a register too coarse to tell, is `not-told`.
 */
export function judgeSilence(evidence: SilenceEvidence): SilenceJudgement {
  const { before_mA, promised_mA } = evidence;
  const seen = seenCharge(evidence);
  if (seen === null) return NOT_TOLD;
  const { charge, error, window_ms } = seen;
  const stayed_ms = Math.min(window_ms, stays_ms(evidence, evidence.timeout_ms ?? 0));
  const [kept, fallen] = [
    before_mA.least * (1 - MEASURE_SHARE) * window_ms,
    before_mA.most * stayed_ms + promised_mA * (window_ms - stayed_ms),
  ];
  const leastKept = kept - MEASURE_SLACK_MA * window_ms - error;
  const mostFallen = fallen + (fallen_mA(promised_mA) - promised_mA) * (window_ms - stayed_ms) + error;
  if (kept - fallen <= DIFFERENCE * error || mostFallen >= leastKept) return NOT_TOLD;
  const mean_mA = milliamp(Math.max(0, Math.round(charge / window_ms)));
  if (charge > (before_mA.most * (1 + MEASURE_SHARE) + ROSE_MA) * window_ms + error)
    return { outcome: "rose", kept_mA: mean_mA };
  if (charge >= leastKept) return { outcome: "kept-last", kept_mA: mean_mA };
  if (!evidence.recovered || charge - error < leastLiving(evidence, window_ms)) return NOT_TOLD;
  if (isSeenFallen(evidence)) return { outcome: "fell-back", kept_mA: promised_mA };
  if (charge > mostFallen) return NOT_TOLD;
  // It may have been at once at a current between: the mean is the most that it can have kept.
  const isPromised = mean_mA <= fallen_mA(promised_mA);
  return { outcome: "fell-back", kept_mA: isPromised ? milliamp(Math.min(mean_mA, promised_mA)) : mean_mA };
}

/** What the car took from the last word of the box until it was heard again; `null`: the instants make no sense. */
function seenCharge(
  evidence: SilenceEvidence,
): { readonly charge: number; readonly error: number; readonly window_ms: number } | null {
  const { before_mA, from, to, heard_at_ms, back_at_ms, afterwards, voltage_mV } = evidence;
  const window_ms = back_at_ms - heard_at_ms;
  const lead_ms = heard_at_ms - from.at_ms;
  const energy_Wh = to.register_Wh - from.register_Wh;
  if (window_ms <= 0 || lead_ms < 0 || energy_Wh < 0 || voltage_mV <= 0) return null;
  const perWh = NANOJOULES_PER_WH / voltage_mV;
  const middle = ({ least, most }: Span): number => (least + most) / 2;
  const half = ({ least, most }: Span): number => (most - least) / 2;
  return {
    charge: energy_Wh * perWh - lead_ms * middle(before_mA) - middle(afterwards),
    error: (from.error_Wh + to.error_Wh) * perWh + lead_ms * half(before_mA) + half(afterwards),
    window_ms,
  };
}

/** From its last word on the box may have stayed where it was for so long: it was cut off at some time before we noticed. */
const stays_ms = ({ heard_at_ms, silent_at_ms }: SilenceEvidence, timeout_ms: number): number =>
  Math.max(0, silent_at_ms - heard_at_ms) + timeout_ms + FALL_SLACK_MS;

const fallen_mA = (promised_mA: Milliamp): number => promised_mA * (1 + MEASURE_SHARE) + FALLEN_SLACK_MA;

/** Least charge of a box that was there all the time. */
function leastLiving({ before_mA, promised_mA, timeout_ms }: SilenceEvidence, window_ms: number): number {
  const livesOn_ms = Math.max(LIVES_ON_MS, (timeout_ms ?? 0) / 2);
  return promised_mA > 0
    ? promised_mA * TAKES_SHARE * window_ms
    : before_mA.least * (1 - MEASURE_SHARE) * Math.min(window_ms, livesOn_ms);
}

/** A box that was told more, and whose car still drew what was promised, was at that when it came back. */
const isSeenFallen = ({ atReturn_mA, promised_mA }: SilenceEvidence): boolean =>
  atReturn_mA !== null &&
  atReturn_mA <= fallen_mA(promised_mA) &&
  atReturn_mA >= promised_mA * TAKES_SHARE - MEASURE_SLACK_MA;
