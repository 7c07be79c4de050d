import { accumulate, currentSlot, resumeHistory, slotOf } from "../../core/history/index.ts";
import { isHeldBack } from "../../core/site/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import type { HistoryStore } from "../storage/types.ts";
import { power_W } from "./box-view.ts";
import { sitePower_W } from "./live-view.ts";
import type { SiteState, StationState } from "./state.ts";
import { isPlugged } from "./state.ts";

/** What a crash may lose of the roll-ups; money does not hang on them. */
const WRITE_EVERY_MS = 60_000;

export type HistoryFeed = {
  /** Takes one sample of the whole site. */
  tick(now_ms: EpochMs): void;
  /** Writes what is known of the running slot. */
  flush(now_ms: EpochMs): void;
};

/** Rolls what the site shows every second into quarter hours, going on with the slot that ran when the process ended. */
export function createHistoryFeed(options: {
  readonly site: SiteState;
  readonly store: HistoryStore;
  readonly started_at_ms: EpochMs;
}): HistoryFeed {
  const { site, store, started_at_ms } = options;
  let state = resumeHistory(started_at_ms, store.get(slotOf(started_at_ms)), store.lastRegisters());
  let written_at_ms = started_at_ms;
  const flush = (now_ms: EpochMs): void => {
    store.put(currentSlot(state));
    written_at_ms = now_ms;
  };
  return {
    tick: (now_ms) => {
      const root = [...site.circuits.values()].find((circuit) => circuit.circuit.parentId === null);
      const meterId = root?.circuit.meterId ?? null;
      const step = accumulate(state, {
        at_ms: now_ms,
        site_W: sitePower_W(site, now_ms),
        siteRegister_Wh: meterId === null ? null : (site.meters.get(meterId)?.reading?.energyImport_Wh ?? null),
        stations: [...site.stations.values()].map((station) => sampleOf(station, now_ms)),
      });
      state = step.state;
      if (step.closed.length > 0) store.put(step.closed);
      if (now_ms - written_at_ms >= WRITE_EVERY_MS) flush(now_ms);
    },
    flush,
  };
}

function sampleOf(state: StationState, now_ms: EpochMs): Parameters<typeof accumulate>[1]["stations"][number] {
  const plugged = state.online ? isPlugged(state) : null;
  return {
    stationId: state.station.id,
    register_Wh: state.evse.register?.register_Wh ?? null,
    power_W: state.online ? power_W(state, now_ms) : null,
    plugged,
    charging: state.status === "Charging",
    limited: plugged === true && isHeldBack(state.grant.because),
  };
}
