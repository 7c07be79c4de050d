import type { WishStore } from "../storage/types.ts";
import type { SiteState, StationState } from "./state.ts";

/** Keeps what the owner told stations: it holds until taken back, also when the app is started again. */
export interface OwnerWishes {
  /** Stores what changed since the last time. Throws when it cannot be stored; the next call tries again. */
  follow(): void;
}

/** Gives the stored wishes back to their stations. */
export function createOwnerWishes(site: SiteState, store: WishStore): OwnerWishes {
  const kept = new Map<string, string>();
  for (const { stationId, limit, stopped, declared } of store.list()) {
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
        store.save({ stationId, limit: state.manualLimit, stopped: state.stoppedByOwner, declared: state.declared });
        kept.set(stationId, now);
      }
    },
  };
}

type Wishes = Pick<StationState, "manualLimit" | "stoppedByOwner" | "declared">;
const keyOf = ({ manualLimit, stoppedByOwner, declared }: Wishes): string =>
  JSON.stringify([manualLimit, stoppedByOwner, declared?.departure_ms ?? null, declared?.needed_Wh ?? null]);
const NO_WISH = keyOf({ manualLimit: null, stoppedByOwner: false, declared: null });
