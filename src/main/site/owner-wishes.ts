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
  for (const { stationId, limit, stopped } of store.list()) {
    const state = site.stations.get(stationId);
    // A station that is no longer there may come back, and has its wishes then.
    if (state === undefined) continue;
    state.manualLimit = limit;
    state.stoppedByOwner = stopped;
    kept.set(stationId, keyOf(state));
  }
  return {
    follow: () => {
      for (const state of site.stations.values()) {
        const stationId = state.station.id;
        const now = keyOf(state);
        if ((kept.get(stationId) ?? NO_WISH) === now) continue;
        store.save({ stationId, limit: state.manualLimit, stopped: state.stoppedByOwner });
        kept.set(stationId, now);
      }
    },
  };
}

const keyOf = ({ manualLimit, stoppedByOwner }: Pick<StationState, "manualLimit" | "stoppedByOwner">): string =>
  `${String(manualLimit?.limit_mA ?? "")} ${String(manualLimit?.until_ms ?? "")} ${String(stoppedByOwner)}`;
const NO_WISH = keyOf({ manualLimit: null, stoppedByOwner: false });
