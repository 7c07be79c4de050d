import { join } from "node:path";
import type { Policy } from "../../core/balancing/index.ts";
import { commissioningProblems } from "../../core/site/index.ts";
import type { Station } from "../../core/site/index.ts";
import { epochMs } from "../../core/units/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import type { KioskState } from "../../contract/index.ts";
import { createModbusDevices } from "../devices/modbus/create-modbus-devices.ts";
import { createOcppDevices } from "../devices/ocpp/create-ocpp-devices.ts";
import type { Clock, DeviceEvent } from "../devices/ports.ts";
import type { Log } from "../log.ts";
import type { OpenedFolder, StoredSite } from "../storage/types.ts";
import { checkCard } from "./access.ts";
import { adoptStation } from "./adopt.ts";
import { currentAlarms, watchAlarms, watchFuses } from "./alarm-watch.ts";
import { DEFAULT_POLICY } from "./allocation-input.ts";
import { startControlLoop } from "./control-loop.ts";
import type { CycleReport } from "./control-loop.ts";
import { deviceHealth } from "./device-health.ts";
import type { Engine } from "./engine.types.ts";
import { applyEvent, OWED_STOP_MS } from "./events.ts";
import { createHistoryFeed } from "./history-feed.ts";
import { kioskState } from "./kiosk-view.ts";
import { createLivePublisher } from "./live-publisher.ts";
import { displayOf, liveUpdate, sitePower_W, stationLive } from "./live-view.ts";
import { createOwnerCommands } from "./owner-commands.ts";
import { SessionRecorder } from "./recorder.ts";
import { exportSiteFile } from "./site-file/index.ts";
import { createSpark } from "./spark.ts";
import { newSiteState, newStation, wireStation } from "./state.ts";
import type { SiteState, StationState } from "./state.ts";

export type EngineOptions = {
  readonly folder: OpenedFolder;
  readonly stored: StoredSite;
  readonly clock: Clock;
  readonly speed: number;
  /** `resources/` of the app: profiles lie below it. */
  readonly resources: string;
  readonly ownProfiles: string;
  readonly ocpp: { readonly host: string; readonly port: number };
  readonly log: Log;
  /** For benchmarks: what every cycle did. */
  readonly onCycle?: (report: CycleReport) => void;
};

/** Explanations of grants are kept for thirteen months. */
const GRANT_MEMORY_MS = 400 * 24 * 3_600_000;
const HOUSEKEEPING_MS = 3_600_000;
const ALARMS_EVERY_MS = 2_000;

/** Opens all devices of the site and runs it until closed. Sessions that ran when the process last ended go on. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { folder, stored, clock, log } = options;
  const { stores } = folder;
  const { identity } = stored.model;
  const started_at_ms = clock.now_ms();
  const site = newSiteState(stored.model, started_at_ms);
  let model = stored.model;
  const recorder = new SessionRecorder({
    site,
    stores,
    transaction: folder.transaction,
    onClosed: (session) => {
      if (!session.billable)
        stores.alerts.raise(
          {
            code: "session-held",
            severity: "info",
            ref: session.id,
            inputs: { station: session.stationId, flags: session.flags.map((flag) => flag.rule).join(" ") },
          },
          clock.now_ms(),
        );
    },
  });
  recorder.resume(started_at_ms);
  let hurry = (): void => undefined;
  const emit = (event: DeviceEvent): void => {
    applyEvent(
      {
        site,
        recorder,
        openAccess: stored.access.cards === "any",
        now_ms: () => clock.now_ms(),
        hurry: () => {
          hurry();
        },
        onStatus: (state, at_ms) => {
          stores.stationLog.addState(state.station.id, at_ms, displayOf(state), state.status);
        },
      },
      event,
    );
  };
  const modbus = createModbusDevices({
    site: stored.model,
    clock,
    profileFolders: [options.ownProfiles, join(options.resources, "devices")],
    emit,
    log,
  });
  for (const problem of modbus.problems) log.error(problem, "a device profile cannot be used");
  const ocpp = await createOcppDevices({
    stations: stored.model.stations.filter((station) => station.connection.kind === "ocpp"),
    ...options.ocpp,
    on: {
      clock,
      emit,
      authorize: (idToken, stationId) => checkCard(stores, stored.access, idToken, stationId, clock.now_ms()),
      transactionIdFor: (start) => recorder.transactionIdFor(start, clock.now_ms()),
      stationOfTransaction: (transactionId, stationIds) =>
        stationIds.find((id) => site.stations.get(id)?.evse.running?.opened.transactionId === transactionId) ??
        stationIds.find((id) => stores.sessions.findByTransaction(id, transactionId) !== null) ??
        null,
      log: ({ level, message, data }) => {
        log[level](data ?? {}, message);
      },
    },
  });
  for (const port of [...modbus.stations, ...ocpp.stations]) {
    const state = site.stations.get(port.stationId);
    if (state !== undefined) state.port = port;
  }
  const policy: Policy = DEFAULT_POLICY;
  const history = createHistoryFeed({ site, store: stores.history, started_at_ms });
  const spark = createSpark();
  let openAlerts = stores.alerts.open().length;
  let alarmsAt_ms = started_at_ms;
  let housekeptAt_ms = started_at_ms;

  const beforeCycle = (now_ms: EpochMs): void => {
    for (const state of site.stations.values()) expire(state, recorder, now_ms);
    watchFuses(site, now_ms);
    history.tick(now_ms);
    spark.add(now_ms, sitePower_W(site, now_ms));
    if (now_ms - alarmsAt_ms >= ALARMS_EVERY_MS) {
      alarmsAt_ms = now_ms;
      watchAlarms(stores.alerts, currentAlarms(site, now_ms, started_at_ms, commissioningProblems(model)), now_ms);
      for (const box of ocpp.waiting()) raiseOnce(box.identity, now_ms);
      openAlerts = stores.alerts.open().length;
    }
    if (now_ms - housekeptAt_ms >= HOUSEKEEPING_MS) {
      housekeptAt_ms = now_ms;
      recorder.closeSilent(now_ms);
      stores.grants.prune(epochMs(Math.max(0, now_ms - GRANT_MEMORY_MS)));
    }
  };
  const reported = new Set<string>();
  const raiseOnce = (identity: string, now_ms: EpochMs): void => {
    if (reported.has(identity) || reported.size >= REPORTED_MAX) return;
    reported.add(identity);
    stores.alerts.raise({ code: "unknown-station", severity: "info", ref: identity, inputs: {} }, now_ms);
  };
  const loop = startControlLoop({
    site,
    clock,
    policy: () => policy,
    stopwatch_us: () => Math.round(performance.now() * 1000),
    beforeCycle,
    onCycle: (report) => options.onCycle?.(report),
    onGrants: (changed, at_ms) => {
      folder.transaction(() => {
        for (const { station, grant } of changed)
          stores.grants.add({ stationId: station.id, at_ms, granted_mA: grant.current_mA, because: grant.because });
      });
    },
    onCommandFailed: (state, code, detail) => {
      log.warn({ station: state.station.id, code, detail }, "a limit was not taken");
    },
    onError: (error) => {
      log.error({ err: error }, "a control cycle failed; the next one starts afresh");
    },
  });
  hurry = () => {
    loop.hurry();
  };
  const live = (seq = 0): ReturnType<Engine["live"]> =>
    liveUpdate(site, clock.now_ms(), { demo: stored.demo, speed: options.speed, openAlerts }, seq);
  const publisher = createLivePublisher(live, (error) => {
    log.error({ err: error }, "a window could not be updated");
  });
  const kiosk = (): KioskState => kioskState(live(), stores, stored.access);
  const adopted = (station: Station): void => {
    model = { ...model, stations: [...model.stations, station] };
    const state = newStation(station, clock.now_ms());
    wireStation(site, state);
    stores.site.save({ ...stored, model }, clock.now_ms(), "owner");
    state.port = ocpp.adopt(station);
    if (station.connection.kind === "ocpp")
      stores.alerts.end("unknown-station", station.connection.identity, clock.now_ms());
    hurry();
  };

  return {
    clock,
    stores,
    demo: stored.demo,
    speed: options.speed,
    timezone: identity.timezone,
    currency: identity.currency,
    siteName: identity.name,
    ocppUrl: ocpp.url,
    live: () => live(),
    onLive: (listener) => publisher.subscribe(listener),
    spark: () => spark.points(),
    kiosk,
    stationDetail: (stationId) => {
      const state = site.stations.get(stationId);
      return state === undefined ? null : stationFacts(state, clock.now_ms());
    },
    hasStation: (stationId) => site.stations.has(stationId),
    ...createOwnerCommands({
      site,
      recorder,
      clock,
      hurry: () => {
        hurry();
      },
    }),
    waiting: () => ocpp.waiting(),
    adopt: (request) => adoptStation(request, { model, waiting: ocpp.waiting(), adopted }),
    health: () => deviceHealth(site, modbus.health(), ocpp.health(), clock.now_ms()),
    exportSite: () => exportSiteFile({ ...stored, model }, stores.tariffs.at(clock.now_ms())),
    mainLimit: () => mainLimit(site),
    close: async () => {
      publisher.stop();
      await loop.stop();
      history.flush(clock.now_ms());
      await Promise.all([modbus.stop(), ocpp.close()]);
    },
  };
}

/** So many unknown identities are remembered as reported; more are listed but raise no alert of their own. */
const REPORTED_MAX = 200;

function expire(state: StationState, recorder: SessionRecorder, now_ms: EpochMs): void {
  const until = state.manualLimit?.until_ms ?? null;
  if (until !== null && now_ms >= until) state.manualLimit = null;
  // The box says that it is free and the stop it owed us did not come: the session ends at its last proven value.
  if (state.freeSince_ms !== null && now_ms - state.freeSince_ms >= OWED_STOP_MS) {
    state.freeSince_ms = null;
    recorder.take(state, { kind: "available", at_ms: now_ms, received_at_ms: now_ms });
  }
}

function stationFacts(state: StationState, now_ms: EpochMs): NonNullable<ReturnType<Engine["stationDetail"]>> {
  const { station, reading } = state;
  const { connection } = station;
  return {
    live: stationLive(state, now_ms),
    connection: connection.kind === "ocpp" ? { ...connection, protocol: "ocpp1.6" } : { ...connection },
    vendor: state.vendor,
    model: state.model,
    serial: state.serial,
    firmware: state.firmware,
    rotation: station.rotation,
    priority: station.priority,
    voltage_mV: [...(reading?.voltage_mV ?? [null, null, null])],
    energyRegister_Wh: reading?.energyRegister_Wh ?? null,
    manualLimit_mA: state.manualLimit?.limit_mA ?? null,
  };
}

/** Main fuse on its weakest phase, and the power it stands for. */
function mainLimit(site: SiteState): { fuse_mA: number; limit_W: number } {
  const root = [...site.circuits.values()].find((state) => state.circuit.parentId === null);
  const fuses = root?.circuit.fuse_mA ?? [0];
  const sum_mA = fuses.reduce((sum, fuse) => sum + fuse, 0);
  return { fuse_mA: Math.min(...fuses), limit_W: Math.round((sum_mA / 1000) * site.model.identity.nominal_V) };
}
