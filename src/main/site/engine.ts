import { milliamp } from "../../core/units/index.ts";
import type { DeviceEvent } from "../devices/ports.ts";
import type { GrantStore } from "../storage/types.ts";
import type { ControlLoop } from "./control-loop.ts";
import { startControlLoop } from "./control-loop.ts";
import { deviceDesk } from "./device-desk.ts";
import { engineOf } from "./engine-facade.ts";
import type { Engine } from "./engine.types.ts";
import type { EventContext } from "./events.ts";
import { applyEvent } from "./events.ts";
import { createHistoryFeed } from "./history-feed.ts";
import { displayOf } from "./live-view.ts";
import { openDevices } from "./open-devices.ts";
import { createOwnerWishes } from "./owner-wishes.ts";
import { SessionRecorder } from "./recorder.ts";
import type { EngineOptions } from "./running-engine.ts";
import { createSpark } from "./spark.ts";
import { createPhaseDesk } from "./phase-desk.ts";
import { createStayExpectations } from "./stay-expectations.ts";
import type { SiteState } from "./state.ts";
import { newSiteState, newStation, wireStation } from "./state.ts";
import { createStorageTrouble } from "./storage-trouble.ts";
import type { StorageTrouble } from "./storage-trouble.ts";
import type { Watch } from "./watch.ts";
import { createWatch } from "./watch.ts";

/** Opens all devices of the site and runs it until closed. Sessions that ran when the process last ended go on. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { folder, stored, clock } = options;
  const { stores } = folder;
  const started_at_ms = clock.now_ms();
  const site = newSiteState(stored.model, started_at_ms);
  recallLimits(site, stores.grants);
  const wishes = createOwnerWishes(site, stores.wishes);
  const storage = createStorageTrouble();
  let model = stored.model;
  const recorder = createRecorder(options, site);
  recorder.resume(started_at_ms);
  // Devices speak before the loop that they hurry exists.
  const later: { loop: ControlLoop | null } = { loop: null };
  const events = eventContext(options, site, recorder, () => later.loop?.hurry());
  const emit = (event: DeviceEvent): void => {
    try {
      applyEvent(events, event);
    } catch (error) {
      storage.note(error, clock.now_ms());
      throw error;
    }
  };
  const devices = await openDevices({ ...options, stores, site, recorder, emit });
  const history = createHistoryFeed({ site, store: stores.history, started_at_ms });
  const spark = createSpark();
  const watch = createWatch({
    site,
    stores,
    recorder,
    history,
    spark,
    started_at_ms,
    clock,
    wishes,
    storage,
    model: () => model,
    waiting: () => devices.ocpp.waiting(),
    devices: () => deviceDesk({ devices, site, options, model: () => model }).list(),
  });
  const loop = startLoop(options, site, watch, storage);
  later.loop = loop;
  return engineOf({
    options,
    site,
    recorder,
    devices,
    loop,
    history,
    spark,
    watch,
    wishes,
    storage,
    model: () => model,
    addStation: (station) => {
      const next = { ...model, stations: [...model.stations, station] };
      stores.site.save({ ...stored, model: next }, clock.now_ms(), "owner");
      model = next;
      const state = newStation(station, clock.now_ms());
      wireStation(site, state);
      state.port = devices.ocpp.adopt(station);
      if (station.connection.kind === "ocpp")
        stores.alerts.end("unknown-station", station.connection.identity, clock.now_ms());
      loop.hurry();
    },
  });
}

/** What each box was last given: until it speaks it is counted with that, as if we had never been away. */
function recallLimits(site: SiteState, grants: GrantStore): void {
  for (const state of site.stations.values()) {
    const last = grants.list(state.station.id, 1)[0];
    if (last === undefined) continue;
    const before_mA = milliamp(Math.min(last.granted_mA, state.station.current_mA_max));
    state.ledger = { ...state.ledger, before_mA };
  }
}

function createRecorder({ folder, clock }: EngineOptions, site: SiteState): SessionRecorder {
  const { stores } = folder;
  return new SessionRecorder({
    site,
    stores,
    transaction: folder.transaction,
    onClosed: (session) => {
      if (session.billable) return;
      // One alert per bay that counts up: a bay in trouble must not bury the others.
      const inputs = { session: session.id, flags: session.flags.map((flag) => flag.rule).join(" ") };
      stores.alerts.raise({ code: "session-held", severity: "info", ref: session.stationId, inputs }, clock.now_ms());
    },
  });
}

const eventContext = (
  { folder, stored, clock }: EngineOptions,
  site: SiteState,
  recorder: SessionRecorder,
  hurry: () => void,
): EventContext => ({
  site,
  recorder,
  openAccess: stored.access.cards === "any",
  now_ms: () => clock.now_ms(),
  hurry,
  onStatus: (state, at_ms) => {
    folder.stores.stationLog.addState(state.station.id, at_ms, displayOf(state), state.status);
  },
});

function startLoop(
  { folder, clock, log, onCycle }: EngineOptions,
  site: SiteState,
  watch: Watch,
  storage: StorageTrouble,
): ControlLoop {
  const expectations = createStayExpectations(site, folder.stores.sessions);
  const phases = createPhaseDesk(site, (state, detail) => {
    log.warn({ station: state.station.id, detail }, "phases were not switched");
  });
  return startControlLoop({
    site,
    clock,
    stopwatch_us: () => Math.round(performance.now() * 1000),
    beforeCycle: (now_ms) => {
      watch.beforeCycle(now_ms);
      expectations.follow(now_ms);
    },
    onCycle: (report) => {
      phases.follow(report.request, report.at_ms);
      onCycle?.(report);
    },
    onGrants: (changed, at_ms) => {
      folder.transaction(() => {
        for (const { station, grant } of changed)
          folder.stores.grants.add({
            stationId: station.id,
            at_ms,
            granted_mA: grant.current_mA,
            because: grant.because,
          });
      });
    },
    onCommandFailed: (state, code, detail) => {
      log.warn({ station: state.station.id, code, detail }, "a limit was not taken");
    },
    onError: (error) => {
      storage.note(error, clock.now_ms());
      log.error({ err: error }, "a control cycle failed; the next one starts afresh");
    },
  });
}
