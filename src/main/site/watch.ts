import { commissioningProblems } from "../../core/site/index.ts";
import type { SiteModel } from "../../core/site/index.ts";
import { epochMs } from "../../core/units/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import type { WaitingStation } from "../../contract/index.ts";
import type { Stores } from "../storage/types.ts";
import { currentAlarms, watchAlarms, watchFuses } from "./alarm-watch.ts";
import { OWED_STOP_MS } from "./events.ts";
import type { HistoryFeed } from "./history-feed.ts";
import { sitePower_W } from "./live-view.ts";
import type { SessionRecorder } from "./recorder.ts";
import type { Spark } from "./spark.ts";
import type { SiteState, StationState } from "./state.ts";

/** Explanations of grants are kept for thirteen months. */
const GRANT_MEMORY_MS = 400 * 24 * 3_600_000;
const HOUSEKEEPING_MS = 3_600_000;
const ALARMS_EVERY_MS = 2_000;
/** So many unknown identities are remembered as reported; more are listed but raise no alert of their own. */
const REPORTED_MAX = 200;

export type WatchOptions = {
  readonly site: SiteState;
  readonly stores: Stores;
  readonly recorder: SessionRecorder;
  readonly history: HistoryFeed;
  readonly spark: Spark;
  readonly started_at_ms: EpochMs;
  readonly model: () => SiteModel;
  readonly waiting: () => readonly WaitingStation[];
};

export type Watch = { readonly beforeCycle: (now_ms: EpochMs) => void; readonly openAlerts: () => number };

/** What has to be looked at besides the limits: fuses, alarms, history, and sessions nobody ends. */
export function createWatch(options: WatchOptions): Watch {
  const { site, stores, recorder, history, spark, started_at_ms } = options;
  const reported = new Set<string>();
  let openAlerts = stores.alerts.open().length;
  let alarmsAt_ms = started_at_ms;
  let housekeptAt_ms = started_at_ms;
  const alarms = (now_ms: EpochMs): void => {
    alarmsAt_ms = now_ms;
    watchAlarms(
      stores.alerts,
      currentAlarms(site, now_ms, started_at_ms, commissioningProblems(options.model())),
      now_ms,
    );
    for (const { identity } of options.waiting()) {
      if (reported.has(identity) || reported.size >= REPORTED_MAX) continue;
      reported.add(identity);
      stores.alerts.raise({ code: "unknown-station", severity: "info", ref: identity, inputs: {} }, now_ms);
    }
    openAlerts = stores.alerts.open().length;
  };
  return {
    openAlerts: () => openAlerts,
    beforeCycle: (now_ms) => {
      for (const state of site.stations.values()) expire(state, recorder, now_ms);
      watchFuses(site, now_ms);
      history.tick(now_ms);
      spark.add(now_ms, sitePower_W(site, now_ms));
      if (now_ms - alarmsAt_ms >= ALARMS_EVERY_MS) alarms(now_ms);
      if (now_ms - housekeptAt_ms < HOUSEKEEPING_MS) return;
      housekeptAt_ms = now_ms;
      recorder.closeSilent(now_ms);
      stores.grants.prune(epochMs(Math.max(0, now_ms - GRANT_MEMORY_MS)));
    },
  };
}

function expire(state: StationState, recorder: SessionRecorder, now_ms: EpochMs): void {
  const until = state.manualLimit?.until_ms ?? null;
  if (until !== null && now_ms >= until) state.manualLimit = null;
  // The box says that it is free and the stop it owed us did not come: the session ends at its last proven value.
  if (state.freeSince_ms !== null && now_ms - state.freeSince_ms >= OWED_STOP_MS) {
    state.freeSince_ms = null;
    recorder.take(state, { kind: "available", at_ms: now_ms, received_at_ms: now_ms });
  }
}
