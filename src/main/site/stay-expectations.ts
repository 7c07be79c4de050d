import { expectStay, learnStays, noHabits } from "../../core/balancing/index.ts";
import type { PastStay, StayHabits } from "../../core/balancing/index.ts";
import { sessionFilterSchema } from "../../contract/index.ts";
import { epochMs } from "../../core/units/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import type { SessionStore } from "../storage/types.ts";
import { personalCard } from "./access.ts";
import type { SiteState } from "./state.ts";

/** What the habits of a site are taken from. */
const REACH_MS = 31 * 86_400_000;
const AGAIN_AFTER_MS = 86_400_000;
/** Newest first; more than this says nothing more about habits. */
const STAYS_MAX = 5_000;

export type StayExpectations = {
  /** Gives every running session that has none yet what it will probably need; learns anew once a day. */
  follow(now_ms: EpochMs): void;
};

/** What drivers did before, told from the stored sessions of the last month in the site's own hours of the day. */
export function createStayExpectations(site: SiteState, sessions: SessionStore): StayExpectations {
  let habits: StayHabits = noHabits;
  let learned_at_ms: number | null = null;
  const hourOf = hourIn(site.model.identity.timezone);
  return {
    follow: (now_ms) => {
      if (learned_at_ms === null || Math.abs(now_ms - learned_at_ms) >= AGAIN_AFTER_MS) {
        habits = learnStays([...pastStays(sessions, now_ms, hourOf)]);
        learned_at_ms = now_ms;
      }
      for (const state of site.stations.values()) {
        const { running } = state.evse;
        if (running === null) {
          state.expected = null;
          continue;
        }
        if (state.expected !== null) continue;
        const plugged_at_ms = state.pluggedAt_ms ?? running.opened.started_at_ms;
        const arrival = { driver: personalCard(running.opened.idToken), hour: hourOf(plugged_at_ms), plugged_at_ms };
        state.expected = expectStay(habits, arrival, state.declared);
      }
    },
  };
}

function* pastStays(sessions: SessionStore, now_ms: EpochMs, hourOf: (at_ms: number) => number): Generator<PastStay> {
  const since_ms = epochMs(Math.max(0, now_ms - REACH_MS));
  const filter = sessionFilterSchema.parse({ from_ms: since_ms, state: "closed" });
  const typed = sessions.typedNeeds(since_ms);
  let taken = 0;
  for (const { id, started_at_ms, ended_at_ms, energy_Wh, held } of sessions.iterate(filter)) {
    // A doubtful session is no habit, and one without energy is somebody who only parked.
    if (held || ended_at_ms === null || energy_Wh === null || energy_Wh <= 0) continue;
    yield {
      driver: personalCard(sessions.idToken(id)),
      hour: hourOf(started_at_ms),
      stay_ms: Math.max(0, ended_at_ms - started_at_ms),
      needed_Wh: energy_Wh,
      typed: typed.get(id) ?? null,
    };
    taken += 1;
    if (taken >= STAYS_MAX) return;
  }
}

/** The hour of day (0 to 23) in the zone. */
function hourIn(timezone: string): (at_ms: number) => number {
  return (at_ms) => Temporal.Instant.fromEpochMilliseconds(at_ms).toZonedDateTimeISO(timezone).hour;
}
