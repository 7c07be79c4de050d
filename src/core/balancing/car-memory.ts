import { milliamp } from "../units/index.ts";
import type { Milliamp } from "../units/index.ts";
import type { CarHabits, ShownByCar } from "./car-habits.ts";
import { LEARNED_MIN_MA, nothingShown } from "./car-habits.ts";

// What is kept of a card's car from one visit to the next, so that it need not fail to start again each time. Only what
// makes the site more careful with it: which phases it uses is safety and has to be shown anew in every session, and the
// most it takes is learned within a minute.

/** So many visits are kept of a card: after them everything has to be shown anew, as a car can be sold. */
export const VISITS_KEPT = 10;
/** A driver may have two cars: a minimum counts when so many visits in a row that told anything agree. */
const VISITS_AGREE = 2;

/** What a car is taken for before it has shown anything in this session. */
export type RememberedCar = { readonly min_mA: Milliamp | null; readonly neverPause: boolean };

/** What the last visits of a card, newest first, say of its car; of nothing said, nothing. */
export function rememberedCar(visits: readonly ShownByCar[]): RememberedCar {
  const kept = visits.slice(0, VISITS_KEPT);
  const minima = kept.flatMap((visit) => shownMinimum_mA(visit) ?? []).slice(0, VISITS_AGREE);
  const lowest_mA = Math.min(...minima);
  // One visit in which it resumed refutes all before.
  const pause = kept.find((visit) => visit.pause !== null)?.pause ?? null;
  return {
    min_mA: minima.length === VISITS_AGREE && lowest_mA > 0 ? milliamp(lowest_mA) : null,
    neverPause: pause === "slept",
  };
}

/** The minimum that a visit showed, 0 when the car began with less than any that is learned; `null`: it told nothing. */
function shownMinimum_mA({ needs_mA, began_mA }: ShownByCar): number | null {
  if (began_mA !== null && began_mA < LEARNED_MIN_MA[0]) return 0;
  return needs_mA;
}

/** Worth keeping: without such a visit nothing is remembered of a card. */
export const isTelling = ({ needs_mA, pause }: ShownByCar): boolean => needs_mA !== null || pause === "slept";

/** The car as it was before, unless it has already shown in this session that it is not. */
export function withMemory(state: CarHabits, { min_mA, neverPause }: RememberedCar): CarHabits {
  const { began_mA, pause } = state.shown;
  const isRefuted = min_mA !== null && began_mA !== null && began_mA < min_mA;
  return {
    ...state,
    min_mA: state.min_mA ?? (isRefuted ? null : min_mA),
    neverPause: state.neverPause || (neverPause && pause !== "resumed"),
  };
}

/** The bay cannot give what is remembered: the car is tried with less, as it may be another one. What it has shown itself stands. */
export const withoutRememberedMinimum = (state: CarHabits): CarHabits => ({ ...state, min_mA: state.shown.needs_mA });

/** Another card without a plug pulled: perhaps another car, of which nothing is known. */
export const withoutMemory = (state: CarHabits): CarHabits => ({
  ...state,
  min_mA: null,
  neverPause: false,
  shown: nothingShown,
});
