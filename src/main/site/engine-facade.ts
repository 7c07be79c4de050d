import type { StationDetail } from "../../contract/index.ts";
import { attained_Wh } from "./allocation-input.ts";
import { adoptStation } from "./adopt.ts";
import { type BalancingDesk, balancingDesk } from "./balancing-desk.ts";
import { deviceDesk } from "./device-desk.ts";
import { deviceHealth } from "./device-health.ts";
import type { Engine } from "./engine.types.ts";
import { mainLimit } from "./circuit-view.ts";
import { kioskState } from "./kiosk-view.ts";
import { createLivePublisher } from "./live-publisher.ts";
import { liveUpdate, stationLive } from "./live-view.ts";
import { networkInterfaces } from "node:os";
import type { CommandReply } from "../devices/ports.ts";
import { setOcppPassword } from "./ocpp-access.ts";
import { ocppSecurityDesk } from "./ocpp-security-desk.ts";
import { type OcppDesk, ocppDesk } from "./ocpp-desk.ts";
import { reachableUrl } from "./reachable-url.ts";
import { createOwnerCommands } from "./owner-commands.ts";
import { type LimitsDesk, limitsDesk } from "./limits/limits-desk.ts";
import type { RunningEngine } from "./running-engine.ts";
import { hasPriceFile } from "./site-prices.ts";
import { externalDesk } from "./signals/external-desk.ts";
import { exportSiteFile } from "./site-file/index.ts";
import type { StationState } from "./state.ts";

/** The running engine as the API sees it. */
export function engineOf(running: RunningEngine): Engine {
  const { options, site, recorder, devices, loop, spark, watch, wishes, storage } = running;
  const { clock, stored, speed, log } = options;
  const shownAlerts = storage.shownWith(options.folder.stores.alerts, () => clock.now_ms());
  const stores = { ...options.folder.stores, alerts: shownAlerts };
  const { identity } = stored.model;
  const live = (seq = 0): ReturnType<Engine["live"]> =>
    liveUpdate(site, clock.now_ms(), { demo: stored.demo, speed, openAlerts: watch.openAlerts() }, seq);
  const publisher = createLivePublisher(live, (error) => {
    log.error({ err: error }, "a window could not be updated");
  });
  const hurry = (): void => {
    loop.hurry();
  };
  const ocpp = ocppOf(running);
  return {
    clock,
    stores,
    demo: stored.demo,
    speed,
    timezone: identity.timezone,
    currency: identity.currency,
    siteName: identity.name,
    ocppUrl: reachableUrl(devices.ocpp.url, networkInterfaces()),
    live: () => live(),
    onLive: (listener) => publisher.subscribe(listener),
    spark: () => spark.points(),
    kiosk: () => kioskState(live(), stores, stored.access),
    stationDetail: (stationId) => {
      const state = site.stations.get(stationId);
      return state === undefined
        ? null
        : stationFacts(state, clock.now_ms(), devices.ocpp.factsOf(stationId)?.version ?? null);
    },
    hasStation: (stationId) => site.stations.has(stationId),
    ...createOwnerCommands({ site, recorder, clock, wishes, hurry }),
    waiting: () => devices.ocpp.waiting(),
    setOcppPassword: (request) => passwordOf(running, request),
    askOcpp: (stationId, request) => ocpp.ask(stationId, request),
    ocppBeyond: (stationId) => ocpp.beyond(stationId),
    ocppSecurity: ocppSecurityDesk({ devices, store: stores.ocpp, ask: (...what) => ocpp.ask(...what) }),
    adopt: (request) =>
      adoptStation(request, {
        model: running.model(),
        waiting: devices.ocpp.waiting(),
        adopted: (station) => {
          running.addStation(station);
        },
      }),
    health: () => deviceHealth(site, devices.wireHealth(), devices.ocpp.health(), clock.now_ms()),
    balancing: balancingOf(running, hurry),
    phases: running.phases,
    commissioning: running.commissioning,
    external: externalDesk(site, running.signals, stores.evidence, identity.timezone),
    limits: limitsOf(running, hurry),
    devices: deviceDesk(running),
    planning: () => running.planning.state(),
    exportSite: () => exportSiteFile({ ...stored, model: running.model() }, stores.tariffs.at(clock.now_ms())),
    mainLimit: () => mainLimit(site),
    close: async () => {
      publisher.stop();
      await closeAll(running);
    },
  };
}

const balancingOf = (running: RunningEngine, hurry: () => void): BalancingDesk =>
  balancingDesk({
    site: running.site,
    now_ms: () => running.options.clock.now_ms(),
    lastRequest: () => running.lastRequest(),
    store: (change) => {
      running.keep(change);
    },
    hurry,
  });

const ocppOf = ({ devices, site, options: { folder, clock, log } }: RunningEngine): OcppDesk =>
  ocppDesk({
    stations: () => devices.ocpp.stations,
    nameOf: (stationId) => site.stations.get(stationId)?.station.name ?? stationId,
    stores: folder.stores,
    clock,
    log,
  });

const limitsOf = (running: RunningEngine, hurry: () => void): LimitsDesk =>
  limitsDesk({
    ...running,
    stored: running.options.stored,
    buses: running.devices.buses,
    hasPriceFile: () => hasPriceFile(running.options.dataFolder ?? null),
    hurry,
  });

/** What decides ends before what obeys it. All of it ends, also where a full disk takes the last of the history no more. */
async function closeAll(running: RunningEngine): Promise<void> {
  const { phases, commissioning, loop, planning, history, options, signals, devices } = running;
  await Promise.all([phases.close(), commissioning.close()]);
  await loop.stop();
  await planning.stop();
  try {
    history.flush(options.clock.now_ms());
  } finally {
    await Promise.all([signals.stop(), devices.close()]);
  }
}

const passwordOf: (
  running: RunningEngine,
  request: Parameters<Engine["setOcppPassword"]>[0],
) => ReturnType<Engine["setOcppPassword"]> = async ({ devices, options }, { identity, password, tellBox }) => {
  const port = devices.ocpp.stations.find((one) => one.identity === identity);
  if (port === undefined && !devices.ocpp.waiting().some((one) => one.identity === identity)) return "not-found";
  const offline = { ok: false, code: "offline", retry: true, detail: "it waits to be adopted" } as const;
  const tell = (text: string): Promise<CommandReply> => port?.changePassword(text) ?? Promise.resolve(offline);
  const { folder, clock } = options;
  return setOcppPassword(folder.stores.ocpp, { identity, password, clock }, tellBox ? tell : null);
};

function stationFacts(
  state: StationState,
  now_ms: Parameters<typeof stationLive>[1],
  ocppVersion: string | null,
): NonNullable<ReturnType<Engine["stationDetail"]>> {
  const { station, reading } = state;
  const { connection } = station;
  return {
    live: stationLive(state, now_ms),
    connection:
      connection.kind === "ocpp"
        ? { ...connection, protocol: ocppVersion === null ? null : `ocpp${ocppVersion}` }
        : { ...connection },
    vendor: state.vendor,
    model: state.model,
    serial: state.serial,
    firmware: state.firmware,
    rotation: station.rotation,
    priority: station.priority,
    voltage_mV: [...(reading?.voltage_mV ?? [null, null, null])],
    energyRegister_Wh: reading?.energyRegister_Wh ?? null,
    manualLimit_mA: state.manualLimit?.limit_mA ?? null,
    failSafe: failSafeView(state),
    stay: stayView(state),
    learned: learnedView(state),
    can: { switchPhases: state.port?.switchPhases !== undefined, wakeUp: state.port?.wakeUp !== undefined },
  };
}

const failSafeView = ({ station, fallback }: StationState): StationDetail["failSafe"] => ({
  kind: fallback.kind,
  promised_mA: station.fallback_mA,
  counted_mA: fallback.current_mA,
  shown_mA: fallback.shown_mA,
  timeout_ms: fallback.timeout_ms,
  provenBy: fallback.provenBy,
  doubt: fallback.doubt,
});

/** What is expected of the stay of the car that is there, and from what. */
function stayView(state: StationState): StationDetail["stay"] {
  const { expected, declared } = state;
  return {
    expected: expected === null ? null : { ...expected },
    declared: declared === null ? null : { ...declared },
    attained_Wh: attained_Wh(state),
  };
}

/** What this car has shown of itself since it was plugged in. */
const learnedView = ({ habits, vehicle, overdraw }: StationState): StationDetail["learned"] => ({
  phases: habits.phases === null ? null : [...habits.phases],
  min_mA: habits.min_mA,
  max_mA: vehicle.bound_mA,
  neverPause: habits.neverPause,
  over_permille: overdraw.over_permille,
});
