import type { Station } from "../../../core/site/index.ts";
import { assert, epochMs, type EpochMs, type Milliamp, type PerPhase } from "../../../core/units/index.ts";
import type { MeterSample, MeterValues, StatusNotification } from "../../protocol/ocpp/index.ts";
import type { ChargingStatus, ControlPilot, StationReading } from "../ports.ts";
import type { FallbackProof } from "./fallback-proof.ts";
import type { Limiter } from "./limiter.ts";
import type { Obedience } from "./obedience.ts";
import type { OcppHost } from "./ocpp-host.ts";

/** A sample that arrives later than this after it was taken was waiting in the box and says nothing about now. */
export const LIVE_MS = 60_000;
/** Less than this is the way through the wire. */
const CLOCK_SLACK_MS = 5000;
const RECENT_STARTS_MAX = 64;

const CONTROL_PILOT: Readonly<Record<ChargingStatus, ControlPilot | null>> = {
  Available: "A",
  Preparing: "B",
  Charging: "C",
  SuspendedEV: "B",
  SuspendedEVSE: "B",
  Finishing: "B",
  Reserved: "A",
  Unavailable: null,
  Faulted: "F",
};

/** A StartTransaction that has been stored: the same message again is the same transaction. */
export type KnownStart = { readonly key: string; readonly transactionId: number; hasStopped: boolean };

/** One connector of a charge point, and the limiter that holds it. */
export type Evse = {
  readonly station: Station;
  readonly connectorId: number;
  readonly limiter: Limiter;
  readonly obedience: Obedience;
  readonly fallback: FallbackProof;
  running: number | null;
  /** The running transaction, or the one before a restart of the box that nobody has ended. */
  unended: number | null;
  starts: readonly KnownStart[];
  isFree: boolean;
  /** What it last said of itself. */
  status: ChargingStatus | null;
  /** A car is plugged in and nothing has started it yet. */
  isPreparing: boolean;
  /** Its transaction is over and the car has not been seen to leave (OCPP 2.0.1 calls both "occupied"). */
  isFinished: boolean;
  /** A status that waits for the end of the transaction before it. */
  held: { readonly message: StatusNotification; readonly waiting: AbortController } | null;
  /** What the running transaction last said of its car. */
  lastState: ChargingStatus | null;
  /** Somebody is at work starting it. */
  isStarting: boolean;
  /** How far the box's clock is behind ours, as far as a sample made on request has shown. */
  clockBehind_ms: number;
  /** Time of the newest measured reading; older ones come from the box's queue. */
  measured_at_ms: EpochMs | null;
};

export const connectorOf = (station: Station): { readonly identity: string; readonly connectorId: number } => {
  assert(station.connection.kind === "ocpp", "only stations that speak OCPP come here");
  return station.connection;
};

/** A connector of which nothing has been heard yet. */
export function createEvse(
  station: Station,
  make: {
    readonly limiter: (running: () => number | null) => Limiter;
    readonly obedience: () => Obedience;
    readonly fallback: () => FallbackProof;
  },
): Evse {
  const evse: Evse = {
    station,
    connectorId: connectorOf(station).connectorId,
    limiter: make.limiter(() => evse.running),
    obedience: make.obedience(),
    fallback: make.fallback(),
    running: null,
    unended: null,
    starts: [],
    isFree: false,
    status: null,
    isPreparing: false,
    isFinished: false,
    held: null,
    lastState: null,
    isStarting: false,
    clockBehind_ms: 0,
    measured_at_ms: null,
  };
  return evse;
}

/** From now on this transaction runs; `null`: none does. */
export function setRunning(evse: Evse, transactionId: number | null): void {
  if (evse.running !== null && transactionId !== evse.running) evse.limiter.transactionEnded();
  if (transactionId !== evse.running) evse.lastState = null;
  evse.running = transactionId;
  evse.unended = transactionId;
}

export function rememberStart(evse: Evse, start: KnownStart): void {
  evse.starts = [start, ...evse.starts.filter((one) => one.key !== start.key)].slice(0, RECENT_STARTS_MAX);
}

/** The box restarted: nothing it said before still holds. */
export function forgetAfterBoot(evse: Evse): void {
  evse.running = null;
  evse.isFree = false;
  evse.status = null;
  evse.isPreparing = false;
  evse.isFinished = false;
  evse.clockBehind_ms = 0;
  evse.limiter.forget();
  evse.obedience.forget();
  evse.fallback.forget();
}

/** Emits the status as a reading without measured values, so that none of them becomes younger than it is. */
export function takeStatus(evse: Evse, host: OcppHost, message: StatusNotification, received_at_ms: EpochMs): void {
  evse.isFree = message.status === "Available";
  evse.status = message.status;
  if (evse.isFree) {
    setRunning(evse, null);
    evse.isFinished = false;
  }
  evse.isPreparing = message.status === "Preparing";
  const errorCode = message.status === "Faulted" ? (message.errorCode ?? "Faulted") : message.errorCode;
  const status = { status: message.status, controlPilot: CONTROL_PILOT[message.status], errorCode };
  emitReading(evse, host, { ...NOTHING, measured_at_ms: received_at_ms, ...status });
}

/** Emits what a running transaction says of its car. */
export function takeState(evse: Evse, host: OcppHost, status: ChargingStatus): void {
  evse.isPreparing = false;
  evse.lastState = status;
  evse.status = status;
  const controlPilot = CONTROL_PILOT[status];
  emitReading(evse, host, { ...NOTHING, measured_at_ms: host.clock.now_ms(), status, controlPilot });
}

/** Emits the registers of the transaction, then what the newest samples measured together. */
export function takeSamples(
  evse: Evse,
  host: OcppHost,
  message: Pick<MeterValues, "samples" | "transactionId"> & {
    /** The registers are told later. */
    readonly withoutRegisters?: boolean;
  },
): void {
  const received_at_ms = host.clock.now_ms();
  learnClock(evse, message.samples, received_at_ms);
  const isLive = (sample: MeterSample): boolean =>
    sample.context === "Trigger" || received_at_ms - sample.at_ms - evse.clockBehind_ms <= LIVE_MS;
  const stated = message.transactionId;
  // After a restart of ours or of the box, its samples tell which transaction runs.
  if (stated !== null && evse.running === null && !evse.isFree && message.samples.some(isLive))
    setRunning(evse, stated);
  if (message.withoutRegisters !== true) emitRegisters(evse, host, message.samples, stated ?? evse.running);
  const samples = message.samples.map((one) => ({ ...one, at_ms: measuredAt_ms(evse, one, received_at_ms) }));
  const newest = samples.reduce<MeterSample | null>((a, b) => (a !== null && a.at_ms > b.at_ms ? a : b), null);
  // A time in the future is from before the clock was set back; it must not hide what comes now.
  const last_ms = evse.measured_at_ms !== null && evse.measured_at_ms <= received_at_ms ? evse.measured_at_ms : null;
  if (newest === null || (last_ms !== null && newest.at_ms < last_ms)) return;
  evse.measured_at_ms = newest.at_ms;
  const together = samples.filter((one) => one.at_ms === newest.at_ms).map((one) => measuredIn(one, evse.station));
  emitReading(evse, host, together.reduce(merged));
  for (const one of samples) if (one.at_ms === newest.at_ms) evse.obedience.saw(one);
}

/** A sample that was asked for is of now, so its own time shows how far the box's clock is behind. */
function learnClock(evse: Evse, samples: readonly MeterSample[], received_at_ms: EpochMs): void {
  const asked = samples.findLast((one) => one.context === "Trigger" && (one.clock === "ok" || one.clock === "no-zone"));
  if (asked === undefined) return;
  const behind_ms = received_at_ms - asked.at_ms;
  evse.clockBehind_ms = behind_ms > CLOCK_SLACK_MS ? behind_ms : 0;
}

/** When it was measured by our clock; money keeps the time that the box wrote. */
const measuredAt_ms = (evse: Evse, { context, at_ms }: MeterSample, received_at_ms: EpochMs): EpochMs =>
  context === "Trigger" ? received_at_ms : epochMs(Math.min(at_ms + evse.clockBehind_ms, received_at_ms));

/** Emits each register of a transaction at the station's own time; nothing without a transaction. */
export function emitRegisters(
  evse: Evse,
  host: OcppHost,
  samples: readonly MeterSample[],
  transactionId: number | null,
): void {
  const received_at_ms = host.clock.now_ms();
  const stationId = evse.station.id;
  for (const { at_ms, register_Wh } of samples) {
    if (register_Wh === null || transactionId === null) continue;
    host.emit({ kind: "transaction-register", stationId, at_ms, received_at_ms, transactionId, register_Wh });
  }
}

const NOTHING: Omit<StationReading, "measured_at_ms"> = {
  status: null,
  controlPilot: null,
  current_mA: [null, null, null],
  voltage_mV: [null, null, null],
  power_W: null,
  energyRegister_Wh: null,
  limit_mA: null,
  errorCode: null,
};

const emitReading = (evse: Evse, host: OcppHost, reading: StationReading): void => {
  host.emit({ kind: "reading", stationId: evse.station.id, reading });
};

const measuredIn = (sample: MeterSample, station: Station): StationReading => ({
  ...NOTHING,
  measured_at_ms: sample.at_ms,
  current_mA: ownCurrents(sample, station.phaseCount),
  voltage_mV: sample.voltage_mV,
  power_W: sample.power_W,
  energyRegister_Wh: sample.register_Wh,
  limit_mA: sample.offered_mA,
});

/** Some boxes spread one instant over several entries. */
const merged = (a: StationReading, b: StationReading): StationReading => ({
  ...b,
  current_mA: eachPhase(a.current_mA, b.current_mA),
  voltage_mV: eachPhase(a.voltage_mV, b.voltage_mV),
  power_W: b.power_W ?? a.power_W,
  energyRegister_Wh: b.energyRegister_Wh ?? a.energyRegister_Wh,
  limit_mA: b.limit_mA ?? a.limit_mA,
});

const eachPhase = <T>(a: PerPhase<T | null>, b: PerPhase<T | null>): PerPhase<T | null> => [
  b[0] ?? a[0],
  b[1] ?? a[1],
  b[2] ?? a[2],
];

/** Currents of the phases the box has. One current without a phase counts on each: the most it can be. */
function ownCurrents(sample: MeterSample, phaseCount: 1 | 2 | 3): PerPhase<Milliamp | null> {
  if (sample.current_mA.some((one) => one !== null) || sample.unphased_mA === null) return sample.current_mA;
  const each = (index: number): Milliamp | null => (index < phaseCount ? sample.unphased_mA : null);
  return [each(0), each(1), each(2)];
}
