import type { EpochMs } from "../../core/units/index.ts";
import type { SessionStore, Stores } from "../storage/types.ts";
import type { SiteState, StationState } from "./state.ts";

/** Keeps what the owner told stations: it holds until taken back, also when the app is started again. */
export interface OwnerWishes {
  /** Stores what changed since the last time. Throws when it cannot be stored; the next call tries again. */
  follow(): void;
}

/** Gives the stored wishes back to their stations. What is said of a stay is kept with its session too, for good. */
export function createOwnerWishes(
  site: SiteState,
  { wishes, sessions }: Pick<Stores, "wishes" | "sessions">,
  now_ms: () => EpochMs,
): OwnerWishes {
  const kept = new Map<string, string>();
  const said = new Map<string, Said>();
  for (const { stationId, limit, stopped, declared } of wishes.list()) {
    const state = site.stations.get(stationId);
    // A station that is no longer there may come back, and has its wishes then.
    if (state === undefined) continue;
    state.manualLimit = limit;
    state.stoppedByOwner = stopped;
    state.declared = declared;
    kept.set(stationId, keyOf(state));
  }
  return {
    follow: () => {
      for (const state of site.stations.values()) {
        const stationId = state.station.id;
        const now = keyOf(state);
        if ((kept.get(stationId) ?? NO_WISH) === now) continue;
        wishes.save({ stationId, limit: state.manualLimit, stopped: state.stoppedByOwner, declared: state.declared });
        kept.set(stationId, now);
      }
      for (const state of site.stations.values()) keepSaid(state, { said, sessions, now_ms });
    },
  };
}

/** What is on record of the session at a bay, and what held there when it was last looked at. */
type Said = {
  readonly sessionId: string;
  readonly pluggedAt_ms: EpochMs;
  readonly recorded: string;
  readonly seen: string;
};

type Saying = {
  readonly said: Map<string, Said>;
  readonly sessions: Pick<SessionStore, "declared" | "addDeclared">;
  readonly now_ms: () => EpochMs;
};

/** Adds what was said since the last time to the session that runs, also what was said before it began. */
function keepSaid(state: StationState, { said, sessions, now_ms }: Saying): void {
  const { running } = state.evse;
  const { pluggedAt_ms, declared } = state;
  // Without a car nothing holds any more of what was said, but nobody has taken it back.
  if (running === null || pluggedAt_ms === null) return;
  const sessionId = running.opened.id;
  const known = said.get(state.station.id);
  const before = known?.sessionId === sessionId ? known : null;
  const samePlug = before?.pluggedAt_ms === pluggedAt_ms;
  const seen = saidKey(declared);
  if (samePlug && before.seen === seen) return;
  const recorded = before === null ? saidKey(sessions.declared(sessionId)) : before.recorded;
  const isSaid = declared !== null || (samePlug && before.seen !== seen);
  if (isSaid && seen !== recorded) sessions.addDeclared(sessionId, now_ms(), declared);
  said.set(state.station.id, { sessionId, pluggedAt_ms, recorded: isSaid ? seen : recorded, seen });
}

const saidKey = (declared: StationState["declared"]): string =>
  JSON.stringify([declared?.departure_ms ?? null, declared?.needed_Wh ?? null]);

type Wishes = Pick<StationState, "manualLimit" | "stoppedByOwner" | "declared">;
const keyOf = ({ manualLimit, stoppedByOwner, declared }: Wishes): string =>
  JSON.stringify([manualLimit, stoppedByOwner, declared?.departure_ms ?? null, declared?.needed_Wh ?? null]);
const NO_WISH = keyOf({ manualLimit: null, stoppedByOwner: false, declared: null });
