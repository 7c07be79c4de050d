import type { AllocationRequest } from "../../core/balancing/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import type { Station } from "../../core/site/index.ts";
import { milliamp } from "../../core/units/index.ts";
import type { DeviceListener } from "../devices/ports.ts";
import type { GrantStore, OpenedFolder } from "../storage/types.ts";
import type { CommissioningDesk } from "./commissioning-desk.ts";
import { createCommissioningDesk } from "./commissioning-desk.ts";
import type { ControlLoop, ControlLoopOptions } from "./control-loop.ts";
import { startControlLoop } from "./control-loop.ts";
import { hintedDevices } from "./device-desk.ts";
import { engineOf } from "./engine-facade.ts";
import type { Engine } from "./engine.types.ts";
import type { EventContext } from "./events.ts";
import { applyEvent } from "./events.ts";
import { createCarMemory } from "./car-memory.ts";
import { createHistoryFeed } from "./history-feed.ts";
import { displayOf } from "./live-view.ts";
import type { Devices } from "./open-devices.ts";
import { openDevices } from "./open-devices.ts";
import { startPlanningDesk } from "./planning-desk.ts";
import { createOwnerWishes } from "./owner-wishes.ts";
import { SessionRecorder } from "./recorder.ts";
import { createQueueDesk } from "./queue-desk.ts";
import type { EngineOptions, RunningEngine } from "./running-engine.ts";
import type { ArmingWatch } from "./arming-watch.ts";
import { createArmingWatch } from "./arming-watch.ts";
import { createBlackBoxRecorder } from "./black-box-recorder.ts";
import type { SignalDesk } from "./signals/signal-desk.ts";
import { createSignalDesk } from "./signals/signal-desk.ts";
import { createSpark } from "./spark.ts";
import { createPhaseDesk } from "./phase-desk.ts";
import { createPhaseTruthDesk } from "./phase-truth-desk.ts";
import type { PhaseWatch } from "./phase-watch.ts";
import { createPhaseWatch } from "./phase-watch.ts";
import { createStayExpectations } from "./stay-expectations.ts";
import type { SiteState, StationState } from "./state.ts";
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
  const wishes = createOwnerWishes(site, stores, () => clock.now_ms());
  const storage = createStorageTrouble();
  const { model, keep } = siteVersions(options);
  const recorder = createRecorder(options, site);
  recorder.resume(started_at_ms);
  // Devices speak before the loop that they hurry exists.
  const later: { loop: ControlLoop | null } = { loop: null };
  const phaseWatch = createPhaseWatch(site, stores.phases, started_at_ms);
  const events = { ...eventContext(options, site, recorder, () => later.loop?.hurry()), phases: phaseWatch };
  const emit = emitter(events, storage);
  const devices = await openDevices({ ...options, stores, site, recorder, emit });
  const history = createHistoryFeed({ site, store: stores.history, started_at_ms });
  const spark = createSpark();
  const signals = createSignalDesk({ ...stores, site, clock, buses: devices.buses, hurry: events.hurry });
  const blackBox = createBlackBoxRecorder(site, stores.evidence);
  const arming = createArmingWatch({ site, store: stores.commissioning, model });
  const watch = watchOf(options, {
    site,
    recorder,
    history,
    spark,
    started_at_ms,
    wishes,
    signals,
    storage,
    model,
    arming,
    devices,
  });
  const last: { request: AllocationRequest | null } = { request: null };
  const onCycle = afterCycle(options, { last, phaseWatch, signals, blackBox });
  const planning = startPlanningDesk({ ...options, site, stores, dataFolder: options.dataFolder ?? null });
  const loop = startLoop(options, { site, watch, storage, planning, onCycle });
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
    signals,
    storage,
    planning,
    model,
    keep,
    lastRequest: () => last.request,
    commissioning: commissioningOf(options, { site, arming, hurry: events.hurry }),
    phases: createPhaseTruthDesk({ ...options, site, stores, watch: phaseWatch, model, keep, loop }),
    addStation: (station) => {
      keep((before) => ({ ...before, stations: [...before.stations, station] }));
      adopt(options, site, devices, station);
      loop.hurry();
    },
  });
}

/** What follows each decision besides its recording. */
const afterCycle = (
  { onCycle }: EngineOptions,
  parts: {
    readonly last: { request: AllocationRequest | null };
    readonly phaseWatch: Pick<PhaseWatch, "follow">;
    readonly signals: Pick<SignalDesk, "observe">;
    readonly blackBox: { readonly observe: (at_ms: EpochMs) => void };
  },
): ControlLoopOptions["onCycle"] => [
  ({ request }) => {
    parts.last.request = request;
  },
  ({ at_ms }) => {
    parts.phaseWatch.follow(at_ms);
  },
  ({ at_ms }) => {
    parts.signals.observe(at_ms);
  },
  ({ at_ms }) => {
    parts.blackBox.observe(at_ms);
  },
  ...(onCycle === undefined ? [] : [onCycle]),
];

const commissioningOf = (
  { folder, clock, log }: EngineOptions,
  parts: { readonly site: SiteState; readonly arming: ArmingWatch; readonly hurry: () => void },
): CommissioningDesk =>
  createCommissioningDesk({
    ...parts,
    stores: folder.stores,
    clock,
    onError: (error) => {
      log.error({ err: error }, "a test of a box's fall-back failed");
    },
  });

/** What is built before the watch, which looks at all of it. */
type Watched = Pick<
  RunningEngine,
  "site" | "recorder" | "history" | "spark" | "wishes" | "signals" | "storage" | "model" | "devices"
> & { readonly started_at_ms: EpochMs; readonly arming: ArmingWatch };

const watchOf = ({ folder, clock }: EngineOptions, { devices, model, ...watched }: Watched): Watch =>
  createWatch({
    ...watched,
    stores: folder.stores,
    clock,
    waiting: () => devices.ocpp.waiting(),
    devices: () => hintedDevices({ devices, site: watched.site, model }),
  });

/** What cannot be stored is noted, and thrown on to the driver. */
const emitter =
  (events: EventContext, storage: StorageTrouble): DeviceListener =>
  (event) => {
    try {
      applyEvent(events, event);
    } catch (error) {
      storage.note(error, events.now_ms());
      throw error;
    }
  };

/** Makes a box that waited a station of the running site. */
function adopt({ folder, clock }: EngineOptions, site: SiteState, devices: Devices, station: Station): void {
  const state = newStation(station, clock.now_ms());
  wireStation(site, state);
  state.port = devices.ocpp.adopt(station);
  if (station.connection.kind === "ocpp")
    folder.stores.alerts.end("unknown-station", station.connection.identity, clock.now_ms());
}

/** The site as it is set up now; what is changed while it runs is stored as a new version first. */
function siteVersions({ folder, stored, clock }: EngineOptions): Pick<RunningEngine, "model" | "keep"> {
  let { model } = stored;
  return {
    model: () => model,
    keep: (change, author = "owner") => {
      const next = change(model);
      folder.stores.site.save({ ...stored, model: next }, clock.now_ms(), author);
      model = next;
    },
  };
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
  { folder, clock, log }: EngineOptions,
  {
    site,
    watch,
    storage,
    planning,
    onCycle,
  }: Pick<RunningEngine, "site" | "watch" | "storage" | "planning"> & Pick<ControlLoopOptions, "onCycle">,
): ControlLoop {
  const expectations = createStayExpectations(site, folder.stores.sessions);
  const cars = createCarMemory(site, folder.stores.cars);
  const phases = createPhaseDesk(site, (state, detail) => {
    log.warn({ station: state.station.id, detail }, "phases were not switched");
  });
  const queue = createQueueDesk(site);
  const changed = new Set<StationState>();
  return startControlLoop({
    site,
    clock,
    stopwatch_us: () => Math.round(performance.now() * 1000),
    beforeCycle: [
      ...watch.beforeCycle,
      (now_ms) => {
        expectations.follow(now_ms);
      },
      (now_ms) => {
        cars.follow(now_ms);
      },
      (now_ms) => {
        planning.follow(now_ms);
      },
    ],
    onCycle: [
      ({ request, allocation, at_ms }) => {
        phases.follow(request, allocation, at_ms);
      },
      ({ request, allocation, at_ms }) => {
        for (const state of queue.follow(request, allocation, at_ms)) changed.add(state);
        record(folder, changed, at_ms);
        changed.clear();
      },
      ...onCycle,
    ],
    plan: planning.plan,
    // Kept until the queue is known too, as both stand in one record, and until the record could be written.
    onGrants: (these) => {
      for (const state of these) changed.add(state);
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

/** Which current these stations have now, why, and where they stand in the queue. */
function record({ stores, transaction }: OpenedFolder, changed: ReadonlySet<StationState>, at_ms: EpochMs): void {
  if (changed.size === 0) return;
  transaction(() => {
    for (const { station, grant, turn } of changed)
      stores.grants.add({
        stationId: station.id,
        at_ms,
        granted_mA: grant.current_mA,
        because: grant.because,
        queue: grant.queuePlace === null ? null : { place: grant.queuePlace, turn },
      });
  });
}
