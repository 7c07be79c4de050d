import {
  isTelling,
  nothingShown,
  rememberedCar,
  STARVING_MS,
  VISITS_KEPT,
  withMemory,
  withoutMemory,
  withoutRememberedMinimum,
} from "../../core/balancing/index.ts";
import type { ReasonKind, ShownByCar } from "../../core/balancing/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import type { CarStore } from "../storage/types.ts";
import { personalCard } from "./access.ts";
import type { SiteState, StationState } from "./state.ts";

/** Visits that could not be stored yet; beyond this the oldest is given up: the car shows it again. */
const UNSTORED_MAX = 100;
/** Reasons for nothing that a smaller minimum might remove. */
const TOO_LITTLE: ReadonlySet<ReasonKind> = new Set(["min_current", "manual", "not_armed", "stale_meter"]);

export interface CarMemory {
  /** Gives cars that came back what their card's car has shown before, and keeps what those that left have shown. */
  follow(now_ms: EpochMs): void;
}

/** A car at a bay since it was plugged in, with a card. */
type Visit = {
  readonly idToken: string;
  readonly pluggedAt_ms: EpochMs;
  /** The card charged at two bays at once: it is no single car's. */
  shared: boolean;
  shown: ShownByCar;
  /** Since when it has nothing because nobody can give it its minimum; `null`: it has, or waits for something else. */
  waitsSince_ms: EpochMs | null;
};

type VisitStore = Pick<CarStore, "visits" | "save">;

/**
 * What cars have shown is kept by card, as sessions are; of cars without a card nothing is. Looked at in every cycle, apart
 * from the events of a box: what cannot be stored is tried again and stops nothing.
 */
export function createCarMemory(site: SiteState, store: VisitStore): CarMemory {
  const visits = new Map<string, Visit>();
  const left: Visit[] = [];
  return {
    follow: (now_ms) => {
      const cards = cardsAt(site);
      for (const state of site.stations.values()) {
        const before = visits.get(state.station.id);
        const now = follow(state, before, { store, now_ms, isShared: (idToken) => (cards.get(idToken) ?? 0) > 1 });
        if (now === before) continue;
        if (before !== undefined && !before.shared) left.push(before);
        if (now === undefined) visits.delete(state.station.id);
        else visits.set(state.station.id, now);
      }
      left.splice(0, Math.max(0, left.length - UNSTORED_MAX));
      for (let visit = left[0]; visit !== undefined; visit = left[0]) {
        keep(store, visit, now_ms);
        left.shift();
      }
    },
  };
}

type Following = {
  readonly store: VisitStore;
  readonly now_ms: EpochMs;
  readonly isShared: (idToken: string) => boolean;
};

/** The visit that goes on at this bay, or a new one; `undefined`: there is no car of a card. */
function follow(state: StationState, before: Visit | undefined, following: Following): Visit | undefined {
  const { store, now_ms, isShared } = following;
  const { pluggedAt_ms } = state;
  const running = state.evse.running;
  const samePlug = before?.pluggedAt_ms === pluggedAt_ms;
  const idToken = personalCard(running?.opened.idToken ?? null);
  // A car whose session is over is still the same one; a session that nobody's card began is perhaps another's.
  const card = running === null && samePlug ? before.idToken : idToken;
  if (samePlug && before.idToken === card) {
    before.shown = state.habits.shown;
    before.shared ||= isShared(card);
    tryWithLess(state, before, now_ms);
    return before;
  }
  const kept = pluggedAt_ms === null || card === null || isShared(card) ? [] : store.visits(card);
  if (samePlug) state.habits = withoutMemory(state.habits);
  if (pluggedAt_ms === null || card === null) return undefined;
  state.habits = withMemory(state.habits, rememberedCar(kept));
  return { idToken: card, pluggedAt_ms, shared: isShared(card), shown: nothingShown, waitsSince_ms: null };
}

/** A minimum that is only remembered is given up when the car had nothing for long because of it. */
function tryWithLess(state: StationState, visit: Visit, now_ms: EpochMs): void {
  const { grant, habits } = state;
  const why = grant.because.at(-1)?.kind;
  const waits = grant.current_mA === 0 && why !== undefined && TOO_LITTLE.has(why);
  visit.waitsSince_ms = waits ? (visit.waitsSince_ms ?? now_ms) : null;
  if (
    visit.waitsSince_ms !== null &&
    now_ms - visit.waitsSince_ms >= STARVING_MS &&
    habits.min_mA !== habits.shown.needs_mA
  )
    state.habits = withoutRememberedMinimum(habits);
}

/** How many bays each card charges at. */
function cardsAt(site: SiteState): ReadonlyMap<string, number> {
  const cards = new Map<string, number>();
  for (const { evse } of site.stations.values()) {
    const idToken = personalCard(evse.running?.opened.idToken ?? null);
    if (idToken !== null) cards.set(idToken, (cards.get(idToken) ?? 0) + 1);
  }
  return cards;
}

/** Adds a visit to what is kept of its card; of a card whose car showed nothing out of the ordinary nothing is kept. */
function keep(store: VisitStore, { idToken, shown }: Visit, now_ms: EpochMs): void {
  const before = store.visits(idToken);
  const after = [shown, ...before].slice(0, VISITS_KEPT);
  const telling = after.some(isTelling);
  if (telling || before.length > 0) store.save(idToken, telling ? after : [], now_ms);
}
