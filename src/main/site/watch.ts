import { epochMs } from "../../core/units/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import type { WaitingStation } from "../../contract/index.ts";
import type { Clock } from "../devices/ports.ts";
import type { Stores } from "../storage/types.ts";
import { endKnownCards } from "./access.ts";
import { currentAlarms, watchAlarms, watchFuses } from "./alarm-watch.ts";
import type { ArmingWatch } from "./arming-watch.ts";
import { OWED_STOP_MS } from "./events.ts";
import { followFallbacks } from "./fallback.ts";
import { createDeviceAlarms } from "./device-alarms.ts";
import type { HintedDevice } from "./device-alarms.ts";
import type { HistoryFeed } from "./history-feed.ts";
import { sitePower_W } from "./live-view.ts";
import type { OwnerWishes } from "./owner-wishes.ts";
import type { SessionRecorder } from "./recorder.ts";
import { externalAlarms } from "./signals/external-alarms.ts";
import type { SignalDesk } from "./signals/signal-desk.ts";
import type { Spark } from "./spark.ts";
import type { SiteState, StationState } from "./state.ts";
import type { StorageTrouble } from "./storage-trouble.ts";

/** Explanations of grants, and what a card's car showed, are kept for thirteen months. */
const GRANT_MEMORY_MS = 400 * 24 * 3_600_000;
const HOUSEKEEPING_MS = 3_600_000;
const ALARMS_EVERY_MS = 2_000;
/** Cycles come every second; after this the PC slept or its clock was set. */
const LEAP_MS = 60_000;
/** So many unknown identities are remembered as reported; more are listed but raise no alert of their own. */
const REPORTED_MAX = 200;

export type WatchOptions = {
  readonly site: SiteState;
  readonly stores: Stores;
  readonly recorder: SessionRecorder;
  readonly history: HistoryFeed;
  readonly spark: Spark;
  readonly started_at_ms: EpochMs;
  readonly clock: Clock;
  readonly wishes: OwnerWishes;
  readonly signals: Pick<SignalDesk, "follow" | "list">;
  readonly storage: StorageTrouble;
  readonly arming: Pick<ArmingWatch, "follow" | "problems">;
  readonly waiting: () => readonly WaitingStation[];
  readonly devices: () => readonly HintedDevice[];
};

export type Watch = {
  /** What is done before each decision. A disk that takes nothing makes some of it throw, and must not end the rest. */
  readonly beforeCycle: readonly ((now_ms: EpochMs) => void)[];
  readonly openAlerts: () => number;
};

/** What has to be looked at besides the limits: fuses, alarms, history, and sessions nobody ends. */
export function createWatch(options: WatchOptions): Watch {
  const { site, stores, recorder, history, spark, started_at_ms, storage } = options;
  const reported = new Set<string>();
  const watchDevices = createDeviceAlarms();
  let openAlerts = stores.alerts.open().length;
  let alarmsAt_ms = started_at_ms;
  let cycledAt_ms = started_at_ms;
  let housekeptAt_ms = started_at_ms;
  const shown = storage.shownWith(stores.alerts, () => options.clock.now_ms());
  const raise = (now_ms: EpochMs): void => {
    const fallbackProblems = options.arming.problems();
    const wanted = currentAlarms(site, now_ms, started_at_ms, { fallbackProblems, storage });
    watchAlarms(stores.alerts, [...wanted, ...externalAlarms(site, options.signals.list(), now_ms)], now_ms);
    endKnownCards(stores, now_ms);
    watchDevices(stores.alerts, options.devices(), now_ms);
    for (const { identity } of options.waiting()) {
      if (reported.has(identity) || reported.size >= REPORTED_MAX) continue;
      reported.add(identity);
      stores.alerts.raise({ code: "unknown-station", severity: "info", ref: identity, inputs: {} }, now_ms);
    }
  };
  const alarms = (now_ms: EpochMs): void => {
    alarmsAt_ms = now_ms;
    try {
      raise(now_ms);
    } catch (error) {
      // A disk that takes nothing takes no alert either; this one is shown from memory.
      if (!storage.note(error, now_ms)) throw error;
    }
    openAlerts = shown.open().length;
  };
  return {
    openAlerts: () => openAlerts,
    beforeCycle: [
      // What limits rest on comes first, and stores nothing.
      (now_ms) => {
        followFallbacks(site.stations.values(), options.clock);
        followSilence(site, cycledAt_ms, now_ms);
        cycledAt_ms = now_ms;
        watchFuses(site, now_ms);
        spark.add(now_ms, sitePower_W(site, now_ms));
      },
      (now_ms) => {
        options.arming.follow(now_ms);
      },
      (now_ms) => {
        options.signals.follow(now_ms);
      },
      (now_ms) => {
        for (const state of site.stations.values()) expire(state, recorder, now_ms);
      },
      () => {
        options.wishes.follow();
      },
      (now_ms) => {
        history.tick(now_ms);
      },
      (now_ms) => {
        if (now_ms - alarmsAt_ms >= ALARMS_EVERY_MS) alarms(now_ms);
      },
      (now_ms) => {
        if (now_ms - housekeptAt_ms < HOUSEKEEPING_MS) return;
        housekeptAt_ms = now_ms;
        keepHouse(options, now_ms);
      },
    ],
  };
}

function keepHouse({ recorder, stores }: WatchOptions, now_ms: EpochMs): void {
  recorder.closeSilent(now_ms);
  const forgotten_ms = epochMs(Math.max(0, now_ms - GRANT_MEMORY_MS));
  stores.grants.prune(forgotten_ms);
  stores.evidence.prune(forgotten_ms);
  stores.cars.prune(forgotten_ms);
}

/** After a leap of the clock a silence is as old as what we saw of it: boxes count their own time. */
function followSilence(site: SiteState, before_ms: EpochMs, now_ms: EpochMs): void {
  if (now_ms >= before_ms && now_ms - before_ms <= LEAP_MS) return;
  for (const state of site.stations.values()) if (state.offlineSince_ms !== null) state.offlineSince_ms = now_ms;
}

function expire(state: StationState, recorder: SessionRecorder, now_ms: EpochMs): void {
  const until = state.manualLimit?.until_ms ?? null;
  if (until !== null && now_ms >= until) state.manualLimit = null;
  // The box says that it is free and the stop it owed us did not come: the session ends at its last proven value.
  // While its line is down it cannot tell: it gets its time when it is back.
  if (state.freeSince_ms === null || !state.online) return;
  if (now_ms - Math.max(state.freeSince_ms, state.onlineSince_ms ?? 0) >= OWED_STOP_MS) {
    state.freeSince_ms = null;
    recorder.take(state, { kind: "available", at_ms: now_ms, received_at_ms: now_ms });
  }
}
