import {
  contradictsPhases,
  forgotten,
  MEASURE_SLACK_MA,
  noOverdraw,
  observeHabits,
  observeOverdraw,
  observeVehicle,
  SETTLE_MS,
  silenced,
  unknownHabits,
  withoutPhases,
} from "../../core/balancing/index.ts";
import { wiredPhases } from "../../core/site/index.ts";
import { milliamp, millisecond, onPhase, PHASES } from "../../core/units/index.ts";
import type { EpochMs, PerPhase } from "../../core/units/index.ts";
import { plausibleReading } from "../devices/plausible-reading.ts";
import type { DeviceEvent, StationEvent, StationReading } from "../devices/ports.ts";
import { activePhases, boxView, drawn_mA, isSettled } from "./box-view.ts";
import { applyMeter } from "./meter-intake.ts";
import type { PhaseWatch } from "./phase-watch.ts";
import { activityOf } from "./recorder.ts";
import type { SessionRecorder } from "./recorder.ts";
import type { SiteState, StationState } from "./state.ts";
import { isPlugged } from "./state.ts";

/** How long a box that reports itself free may take to send the stop it still owes us. */
export const OWED_STOP_MS = 60_000;
/** A box without transactions that nobody watched for longer may have had another car meanwhile. */
const UNWATCHED_MS_MAX = 300_000;
/** Energy that may have gone by unwatched and still be this car's. */
const UNWATCHED_WH_MAX = 50;

export type EventContext = {
  readonly site: SiteState;
  readonly recorder: SessionRecorder;
  /** Cards of the site file: `any` lets every car at a box without a reader charge. */
  readonly openAccess: boolean;
  readonly now_ms: () => EpochMs;
  /** Something changed that should not wait for the next second. */
  readonly hurry: () => void;
  readonly onStatus: (state: StationState, at_ms: EpochMs) => void;
  /** Compares what bays draw with what the meters show. */
  readonly phases?: Pick<PhaseWatch, "stationRead" | "meterRead">;
};

/** Takes what a device says into the state and into its session. Facts that carry money are stored before it returns. */
export function applyEvent(context: EventContext, event: DeviceEvent): void {
  switch (event.kind) {
    case "meter-reading":
      if (applyMeter(context.site, event.meterId, event.reading)) context.hurry();
      context.phases?.meterRead(event.meterId, event.reading, context.now_ms());
      return;
    case "meter-offline":
      // The reading simply grows old; its age decides what still may be believed.
      return;
    default:
      applyStation(context, event);
  }
}

function applyStation(context: EventContext, event: StationEvent): void {
  const state = context.site.stations.get(event.stationId);
  if (state === undefined) return;
  if (event.kind !== "offline") state.heard_at_ms = context.now_ms();
  switch (event.kind) {
    case "online":
      if (!state.online) state.ledger = forgotten(state.ledger, { max_mA: state.station.current_mA_max });
      state.online = true;
      state.offlineSince_ms = null;
      state.onlineSince_ms ??= event.at_ms;
      state.vendor = event.vendor ?? state.vendor;
      state.model = event.model ?? state.model;
      state.serial = event.serial ?? state.serial;
      state.firmware = event.firmware ?? state.firmware;
      context.onStatus(state, event.at_ms);
      context.hurry();
      return;
    case "offline":
      if (state.online) state.ledger = silenced(state.ledger, boxView(state, context.now_ms()));
      state.online = false;
      // Commands and heartbeats went out until now, and may have reached a box whose answers did not reach us.
      state.offlineSince_ms ??= context.now_ms();
      state.onlineSince_ms = null;
      context.onStatus(state, event.at_ms);
      context.hurry();
      return;
    case "booted":
      state.bootedAt_ms = context.now_ms();
      state.ledger = forgotten(state.ledger, { max_mA: state.station.current_mA_max });
      // A contactor that was switched to one phase may be back at three.
      state.habits = withoutPhases(state.habits);
      state.phaseMode = { ...state.phaseMode, now: 3 };
      context.recorder.take(state, { kind: "booted", at_ms: event.at_ms, received_at_ms: event.at_ms });
      return;
    case "reading":
      applyReading(context, state, plausibleReading(event.reading, state.station));
      return;
    case "transaction-started":
      // Perhaps another car: that it was unplugged in between may not have been told.
      if (state.evse.running?.opened.transactionId !== event.transactionId) {
        state.habits = withoutPhases(state.habits);
        state.expected = null;
      }
      context.recorder.take(state, event);
      state.freeSince_ms = null;
      state.pluggedAt_ms ??= event.at_ms;
      context.hurry();
      return;
    case "transaction-register":
      takeUp(context, state, event);
      context.recorder.take(state, { ...event, kind: "register" });
      return;
    case "transaction-stopped":
      context.recorder.take(state, event);
      context.hurry();
      return;
  }
}

/**
 * A transaction that began before we knew the box, or of which we lost the start: the car goes on charging, and the session
 * is held for a person because nobody can prove where it began (D06). Where only listed cards may charge it gets nothing.
 */
function takeUp(
  context: EventContext,
  state: StationState,
  event: StationEvent & { readonly kind: "transaction-register" },
): void {
  const { transactionId, at_ms, received_at_ms } = event;
  if (transactionId === null || transactionId <= 0 || state.evse.running !== null || !context.openAccess) return;
  if (received_at_ms - at_ms > OWED_STOP_MS || !isPlugged(state)) return;
  if (context.recorder.isKnown(state, transactionId)) return;
  context.recorder.take(state, {
    kind: "transaction-started",
    at_ms,
    received_at_ms,
    transactionId,
    idToken: null,
    meterStart_Wh: null,
  });
  context.hurry();
}

function applyReading(context: EventContext, state: StationState, reading: StationReading): void {
  const wasPlugged = state.reading === null ? null : isPlugged(state);
  const at_ms = reading.measured_at_ms;
  const unproven = isUnproven(state, reading, context.now_ms());
  state.reading = merged(state.reading, reading);
  const statusChanged = reading.status !== null && reading.status !== state.status;
  if (reading.status !== null && statusChanged) {
    state.status = reading.status;
    state.statusSince_ms = at_ms;
    state.chargingSince_ms =
      reading.status === "Charging"
        ? (state.chargingSince_ms ?? at_ms)
        : reading.status === "SuspendedEVSE"
          ? state.chargingSince_ms
          : null;
  }
  const plugged = isPlugged(state);
  if (plugged && wasPlugged !== true) state.pluggedAt_ms ??= at_ms;
  if (!plugged) unplugged(state);
  // What fuses depend on first: a disk that takes nothing ends here with an exception.
  if (measuresCurrent(reading)) learn(state, at_ms);
  if (statusChanged) context.onStatus(state, at_ms);
  // Somebody else may have taken what flowed unwatched: the session ends where its own last register was read.
  if (unproven && !plugged)
    context.recorder.take(state, { kind: "available", at_ms, received_at_ms: context.now_ms() });
  // What a transaction has told already, at the box's own time, is not told again at ours: its clock may be behind.
  const told_Wh = state.port?.reportsTransactions === true ? (state.evse.running?.lastRegister?.register_Wh ?? -1) : -1;
  if (reading.energyRegister_Wh !== null && reading.energyRegister_Wh > told_Wh)
    context.recorder.take(state, {
      kind: "register",
      at_ms,
      received_at_ms: context.now_ms(),
      register_Wh: reading.energyRegister_Wh,
      transactionId: null,
    });
  if (state.port?.reportsTransactions === true) followOcpp(state, at_ms);
  else followBox(context, state, plugged, at_ms);
  const activity = activityOf(state.status);
  if (statusChanged && activity !== null)
    context.recorder.take(state, { kind: "activity", at_ms, received_at_ms: context.now_ms(), activity });
  context.phases?.stationRead(state, context.now_ms());
  if (plugged !== wasPlugged || statusChanged) context.hurry();
}

/** A session of a box without transactions over which energy flowed while neither we nor the line were there to see it. */
function isUnproven(state: StationState, reading: StationReading, now_ms: EpochMs): boolean {
  const { running } = state.evse;
  const before_ms = state.readAt_ms ?? 0;
  state.readAt_ms = now_ms;
  if (running?.opened.transactionId !== null) return false;
  const seen_ms = Math.max(before_ms, running.lastRegister?.received_at_ms ?? running.opened.received_at_ms);
  if (now_ms - seen_ms <= UNWATCHED_MS_MAX) return false;
  const before_Wh = running.lastRegister?.register_Wh ?? null;
  const now_Wh = reading.energyRegister_Wh;
  return before_Wh === null || now_Wh === null || Math.abs(now_Wh - before_Wh) > UNWATCHED_WH_MAX;
}

/** A box keeps its last value of a quantity that this message does not carry. */
function merged(before: StationReading | null, now: StationReading): StationReading {
  if (before === null) return now;
  const keep = <T>(fresh: T | null, old: T | null): T | null => fresh ?? old;
  const keepAll = <T>(fresh: PerPhase<T | null>, old: PerPhase<T | null>): PerPhase<T | null> =>
    fresh.every((value) => value === null) ? old : fresh;
  const measures = measuresCurrent(now) || (now.power_W !== null && !measuresCurrent(before));
  return {
    // Only measured currents make the currents younger; of a box that has none the power tells its age.
    measured_at_ms: measures ? now.measured_at_ms : before.measured_at_ms,
    status: keep(now.status, before.status),
    controlPilot: keep(now.controlPilot, before.controlPilot),
    current_mA: keepAll(now.current_mA, before.current_mA),
    voltage_mV: keepAll(now.voltage_mV, before.voltage_mV),
    power_W: keep(now.power_W, before.power_W),
    energyRegister_Wh: keep(now.energyRegister_Wh, before.energyRegister_Wh),
    limit_mA: keep(now.limit_mA, before.limit_mA),
    errorCode: now.status === null ? before.errorCode : now.errorCode,
    ...(now.notForBilling === undefined ? {} : { notForBilling: now.notForBilling }),
    ...(now.quarantined === undefined ? {} : { quarantined: now.quarantined }),
  };
}

const measuresCurrent = ({ current_mA }: StationReading): boolean => current_mA.some((value) => value !== null);

function unplugged(state: StationState): void {
  state.pluggedAt_ms = null;
  state.chargingSince_ms = null;
  state.finishedAt_ms = null;
  state.allowed = null;
  state.stoppedByOwner = false;
  state.vehicle = { bound_mA: null, below_since_ms: null };
  state.overdraw = noOverdraw;
  state.habits = unknownHabits;
  state.phaseMode = { ...state.phaseMode, switches: 0 };
  state.expected = null;
  state.declared = null;
}

function followOcpp(state: StationState, at_ms: EpochMs): void {
  const free = state.status === "Available" && state.evse.running !== null;
  state.freeSince_ms = free ? (state.freeSince_ms ?? at_ms) : null;
}

/** A box without transactions: plugging in and out is what begins and ends its session. */
function followBox(context: EventContext, state: StationState, plugged: boolean, at_ms: EpochMs): void {
  const received_at_ms = context.now_ms();
  if (!plugged) {
    context.recorder.take(state, { kind: "ended", reason: "EVDisconnected", at_ms, received_at_ms });
    return;
  }
  // A fault or an unknown state is no car: only a pilot that shows one begins a session (IEC 61851-1 B, C, D).
  const pilot = state.reading?.controlPilot ?? null;
  if (pilot !== "B" && pilot !== "C" && pilot !== "D") return;
  if (context.openAccess) state.allowed ??= { idToken: null };
  if (state.allowed !== null && !state.stoppedByOwner && state.evse.running === null)
    context.recorder.take(state, { kind: "plugged-in", at_ms, received_at_ms, idToken: state.allowed.idToken });
}

/** What the car shows of itself, each measurement once. */
function learn(state: StationState, at_ms: EpochMs): void {
  learnHabits(state, at_ms);
  learnVehicle(state, at_ms);
  learnOverdraw(state);
}

/** Phases, minimum and waking up, from readings that are younger than box and car need to follow. */
function learnHabits(state: StationState, at_ms: EpochMs): void {
  const currents = drawn_mA(state, at_ms);
  if (!isPlugged(state)) return;
  const offered_mA = state.ledger.setpoint_mA;
  if (contradictsPhases(state.habits, currents) || usesMore(state, currents)) {
    state.phaseMode = { ...state.phaseMode, now: 3 };
    state.habits = withoutPhases(state.habits);
  }
  if (!isSettled(state) || offered_mA === null) return;
  const wired = wiredPhases(state.station);
  state.habits = observeHabits(state.habits, { at_ms, drawn_mA: currents, wired, offered_mA });
}

/** Current on a phase that its box was switched away from. */
function usesMore(state: StationState, currents: ReturnType<typeof drawn_mA>): boolean {
  const active = activePhases(state);
  return PHASES.some((phase) => !active.includes(phase) && (onPhase(currents, phase) ?? 0) > MEASURE_SLACK_MA);
}

function learnVehicle(state: StationState, at_ms: EpochMs): void {
  if (state.status !== "Charging" || !isSettled(state) || state.ledger.setpoint_mA === null) return;
  const currents = drawn_mA(state, at_ms).filter((value) => value !== null);
  if (currents.length < 3) return;
  const drawn = currents.reduce((highest, value) => (value > highest ? value : highest));
  state.vehicle = observeVehicle(state.vehicle, {
    at_ms,
    drawn_mA: drawn,
    offered_mA: state.ledger.setpoint_mA,
    min_mA: state.station.current_mA_min,
  });
}

/** What a box takes above its setpoint, from readings that are younger than box and car need to follow it. */
function learnOverdraw(state: StationState): void {
  const { reading, ledger } = state;
  if (reading === null || ledger.setpoint_mA === null || ledger.acknowledged_at_ms === null) return;
  if (reading.measured_at_ms - ledger.acknowledged_at_ms < SETTLE_MS) return;
  const drawn = reading.current_mA.filter((value) => value !== null);
  if (drawn.length === 0 || !isPlugged(state)) return;
  state.overdraw = observeOverdraw(state.overdraw, {
    told_ms: millisecond(reading.measured_at_ms - ledger.acknowledged_at_ms),
    drawn_mA: milliamp(Math.max(...drawn)),
    offered_mA: ledger.setpoint_mA,
    proven: ledger.upper_mA === ledger.setpoint_mA,
  });
}
