import { milliamp, onPhase } from "../units/index.ts";
import type { EpochMs, Milliamp, PerPhase, Phase } from "../units/index.ts";
import { DRAWS_MA } from "./vehicle.ts";

// What a car shows while it charges: which phases it uses, below which current it does not charge, and that it did not wake
// up after a pause. Until it has shown it, the worst is assumed.

/** So many settled readings in a row must show the same phases before the others are believed to be free. */
export const PROOF_READINGS = 3;
/** A phase below this carries nothing that a car draws (standby of the box, noise). */
const IDLE_MA = 500;
/** So long must a car stay idle at an offer before it is believed not to charge at it. */
const IDLE_AFTER_MS = 60_000;
/** Cars that do not charge at 6 A charge at 8 or 10 (Renault Zoe and Kangoo: 8); more is never learned. */
export const LEARNED_MIN_MA = [8_000, 10_000] as const;
/** So long may a car take to resume after a pause. */
const RESUME_MS = 300_000;

/** What a car itself has shown since it was plugged in; what was known of it before is no part of it. */
export type ShownByCar = {
  /** It was idle at less and began as soon as it had this. */
  readonly needs_mA: Milliamp | null;
  /** Least offer at which it began to charge. */
  readonly began_mA: Milliamp | null;
  /** Whether it resumed after pauses; once it slept on, that stands. */
  readonly pause: "resumed" | "slept" | null;
};

export const nothingShown: ShownByCar = { needs_mA: null, began_mA: null, pause: null };

export type CarHabits = {
  /** Site phases this car draws on in this session; `null`: not proven, all wired ones count. */
  readonly phases: readonly Phase[] | null;
  /** The same pattern was seen in so many readings; `pattern` is that pattern. */
  readonly seen: number;
  readonly pattern: string;
  /** Charges only from here on, as it has shown or is remembered; `null`: at the bay's minimum as far as we know. */
  readonly min_mA: Milliamp | null;
  /** Did not resume after a pause, but after it was woken or plugged in again; in this session or one before. */
  readonly neverPause: boolean;
  readonly shown: ShownByCar;
  /** Highest offer at which it has been idle all the time since `idleSince_ms`. */
  readonly idleAt_mA: number;
  readonly idleSince_ms: EpochMs | null;
  /** The offer it has now, and since when. */
  readonly offer_mA: number;
  readonly offerSince_ms: EpochMs | null;
  readonly isCharging: boolean;
  /** It was charging when it was paused, and has not charged since. */
  readonly isPaused: boolean;
  /** Since when it has been offered something after that pause, much or little. */
  readonly wakeSince_ms: EpochMs | null;
  /** It did not wake up though it was offered current again for long enough. */
  readonly didNotResume: boolean;
};

export const unknownHabits: CarHabits = {
  phases: null,
  seen: 0,
  pattern: "",
  min_mA: null,
  neverPause: false,
  shown: nothingShown,
  idleAt_mA: 0,
  idleSince_ms: null,
  offer_mA: 0,
  offerSince_ms: null,
  isCharging: false,
  isPaused: false,
  wakeSince_ms: null,
  didNotResume: false,
};

/** Nobody knows any more which phases the car uses: all wired ones count until it has shown it again. */
export const withoutPhases = (state: CarHabits): CarHabits => ({ ...state, phases: null, seen: 0, pattern: "" });

/** It was idle at what it had: it is tried with the next current at which cars begin, up to `most_mA`, as if it needed that. */
export function triedWithMore(state: CarHabits, most_mA: number): CarHabits {
  const next = LEARNED_MIN_MA.find((min) => min > state.idleAt_mA);
  const helps = state.idleAt_mA > 0 && next !== undefined && next <= most_mA && next > (state.min_mA ?? 0);
  return helps ? { ...state, min_mA: milliamp(next) } : state;
}

/** One settled reading of a plugged car. `wired`: site phases the box reaches; `offered_mA`: its confirmed setpoint. */
export type HabitReading = {
  readonly at_ms: EpochMs;
  readonly drawn_mA: PerPhase<Milliamp | null>;
  readonly wired: readonly Phase[];
  readonly offered_mA: Milliamp;
};

/** Takes one reading; a current on a phase that was believed free makes all of them count again at once. */
export function observeHabits(state: CarHabits, reading: HabitReading): CarHabits {
  const currents = reading.wired.map((phase) => onPhase(reading.drawn_mA, phase));
  if (currents.some((current) => current === null)) return state;
  const highest = Math.max(0, ...currents.map((current) => current ?? 0));
  return highest >= DRAWS_MA ? charging(withPhases(state, reading), reading) : idle(state, reading);
}

/** Which phases a running car draws on is safety: also an unsettled reading that shows another one must be taken. */
export function contradictsPhases(state: CarHabits, drawn_mA: PerPhase<Milliamp | null>): boolean {
  const proven = state.phases;
  if (proven === null) return false;
  return (["L1", "L2", "L3"] as const).some(
    (phase) => !proven.includes(phase) && (onPhase(drawn_mA, phase) ?? 0) > IDLE_MA,
  );
}

function withPhases(state: CarHabits, { drawn_mA, wired }: HabitReading): CarHabits {
  const used = wired.filter((phase) => (onPhase(drawn_mA, phase) ?? 0) > IDLE_MA);
  const pattern = used.join(" ");
  const seen = pattern === state.pattern ? state.seen + 1 : 1;
  const proven = seen >= PROOF_READINGS ? used : null;
  const keeps = proven === null && pattern === state.pattern && !contradictsPhases(state, drawn_mA);
  return { ...state, pattern, seen, phases: keeps ? state.phases : proven };
}

function charging(state: CarHabits, { at_ms, offered_mA }: HabitReading): CarHabits {
  const learned = LEARNED_MIN_MA.find((min) => min > state.idleAt_mA && offered_mA >= min);
  // A car that begins long after the offer was raised began for a reason of its own.
  const follows = offered_mA !== state.offer_mA || at_ms - (state.offerSince_ms ?? at_ms) <= IDLE_AFTER_MS;
  const needs_mA =
    state.idleAt_mA > 0 && learned !== undefined && follows && !state.isPaused ? milliamp(learned) : null;
  const shown = shownBy(state, needs_mA, offered_mA);
  // What was remembered is given up as soon as the car shows otherwise; what it showed itself in this session is not.
  const isRefuted = shown.needs_mA === null && (shown.began_mA ?? Infinity) < (state.min_mA ?? 0);
  return {
    ...offered(state, offered_mA, at_ms),
    min_mA: needs_mA ?? (isRefuted ? null : state.min_mA),
    neverPause: shown.pause === "slept" || (state.neverPause && shown.pause !== "resumed"),
    shown,
    idleAt_mA: 0,
    idleSince_ms: null,
    isCharging: true,
    isPaused: false,
    wakeSince_ms: null,
    didNotResume: false,
  };
}

function shownBy(state: CarHabits, needs_mA: Milliamp | null, offered_mA: Milliamp): ShownByCar {
  const { shown } = state;
  const begins = !state.isCharging && offered_mA > 0;
  const pause = !state.isPaused ? null : state.didNotResume ? "slept" : "resumed";
  return {
    needs_mA: needs_mA ?? shown.needs_mA,
    began_mA: begins ? milliamp(Math.min(shown.began_mA ?? offered_mA, offered_mA)) : shown.began_mA,
    pause: shown.pause === "slept" ? "slept" : (pause ?? shown.pause),
  };
}

function idle(state: CarHabits, { at_ms, offered_mA }: HabitReading): CarHabits {
  const now = offered(state, offered_mA, at_ms);
  if (offered_mA === 0)
    return {
      ...now,
      idleSince_ms: null,
      isCharging: false,
      isPaused: state.isPaused || state.isCharging,
      wakeSince_ms: null,
    };
  const sameOffer = state.idleSince_ms !== null && state.offer_mA === offered_mA;
  const idleSince_ms = sameOffer ? state.idleSince_ms : at_ms;
  // On a busy site its offer changes all the time: what counts is that it had one.
  const wakeSince_ms = state.isPaused ? (state.wakeSince_ms ?? at_ms) : null;
  const isIdle = at_ms - idleSince_ms >= IDLE_AFTER_MS;
  return {
    ...now,
    idleSince_ms,
    // Idle at more than what could be learned is a full or sleeping car, no minimum.
    idleAt_mA: isIdle && offered_mA < LEARNED_MIN_MA[1] ? Math.max(state.idleAt_mA, offered_mA) : state.idleAt_mA,
    isCharging: false,
    wakeSince_ms,
    didNotResume: state.didNotResume || (wakeSince_ms !== null && at_ms - wakeSince_ms >= RESUME_MS),
  };
}

const offered = (state: CarHabits, offer_mA: number, at_ms: EpochMs): CarHabits =>
  offer_mA === state.offer_mA ? state : { ...state, offer_mA, offerSince_ms: at_ms };
