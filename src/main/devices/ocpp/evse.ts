import type { Station } from "../../../core/site/index.ts";
import { assert, type EpochMs, type Milliamp, type PerPhase } from "../../../core/units/index.ts";
import type { MeterSample, StatusNotification } from "../../protocol/ocpp/index.ts";
import type { ChargingStatus, ControlPilot, StationReading } from "../ports.ts";
import type { Limiter } from "./limiter.ts";
import type { OcppHost } from "./ocpp-host.ts";

/** A sample that arrives later than this after it was taken was waiting in the box and says nothing about now. */
const LIVE_MS = 60_000;
/** Measured values are repeated with a status message for this long; some boxes measure once a minute. */
const MEASURED_MS_MAX = 90_000;
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

type Measured = Pick<StationReading, "current_mA" | "voltage_mV" | "power_W" | "limit_mA">;
const NOT_MEASURED: Measured = {
  current_mA: [null, null, null],
  voltage_mV: [null, null, null],
  power_W: null,
  limit_mA: null,
};

/** A StartTransaction that has been stored: the same message again is the same transaction. */
export type KnownStart = { readonly key: string; readonly transactionId: number };

/** One connector of a charge point: what it last said, and the limiter that holds it. */
export interface Evse {
  readonly station: Station;
  readonly connectorId: number;
  readonly limiter: Limiter;
  runningTransaction(): number | null;
  /** The running transaction, or the one before a restart of the box that nobody has ended. */
  transactionToStop(): number | null;
  setRunning(transactionId: number | null): void;
  findStart(key: string): KnownStart | undefined;
  rememberStart(start: KnownStart): void;
  hasStarted(transactionId: number): boolean;
  /** Stores a status and emits the reading that follows from it. */
  takeStatus(message: StatusNotification, received_at_ms: EpochMs): void;
  /** Emits registers of the transaction and the merged reading. */
  takeSamples(samples: readonly MeterSample[], transactionId: number | null, received_at_ms: EpochMs): void;
  /** The box restarted or reconnected: nothing it said before still holds. */
  forget(): void;
}

export const connectorOf = (station: Station): { readonly identity: string; readonly connectorId: number } => {
  assert(station.connection.kind === "ocpp", "only stations that speak OCPP come here");
  return station.connection;
};

export function createEvse(
  station: Station,
  host: OcppHost,
  makeLimiter: (running: () => number | null) => Limiter,
): Evse {
  const { connectorId } = connectorOf(station);
  let running: number | null = null;
  let unended: number | null = null;
  let starts: readonly KnownStart[] = [];
  let status: Pick<StationReading, "status" | "errorCode"> = { status: null, errorCode: null };
  let measured: Measured = NOT_MEASURED;
  let measured_at_ms: EpochMs | null = null;
  let register: StationReading["energyRegister_Wh"] = null;
  let newestReading_ms: EpochMs | null = null;
  const limiter = makeLimiter(() => running);

  const setRunning = (transactionId: number | null): void => {
    if (running !== null && transactionId !== running) limiter.transactionEnded();
    running = transactionId;
    unended = transactionId;
  };

  const emitReading = (at_ms: EpochMs): void => {
    if (newestReading_ms !== null && at_ms < newestReading_ms) return;
    newestReading_ms = at_ms;
    const isFresh = measured_at_ms !== null && at_ms - measured_at_ms <= MEASURED_MS_MAX;
    const controlPilot = status.status === null ? null : CONTROL_PILOT[status.status];
    const reading = {
      measured_at_ms: at_ms,
      ...status,
      controlPilot,
      ...(isFresh ? measured : NOT_MEASURED),
      energyRegister_Wh: register,
    };
    host.emit({ kind: "reading", stationId: station.id, reading });
  };

  /** Adds what this sample measured to what the others of its instant did. */
  const merge = (sample: MeterSample): EpochMs => {
    if (measured_at_ms === null || sample.at_ms - measured_at_ms > LIVE_MS) measured = NOT_MEASURED;
    const current_mA = ownCurrents(sample, station.phaseCount);
    measured = {
      current_mA: current_mA.some((one) => one !== null) ? current_mA : measured.current_mA,
      voltage_mV: sample.voltage_mV.some((one) => one !== null) ? sample.voltage_mV : measured.voltage_mV,
      power_W: sample.power_W ?? measured.power_W,
      limit_mA: sample.offered_mA ?? measured.limit_mA,
    };
    register = sample.register_Wh ?? register;
    measured_at_ms = sample.at_ms;
    return sample.at_ms;
  };

  return {
    station,
    connectorId,
    limiter,
    runningTransaction: () => running,
    transactionToStop: () => running ?? unended,
    setRunning,
    findStart: (key) => starts.find((one) => one.key === key),
    rememberStart(start) {
      starts = [start, ...starts.filter((one) => one.key !== start.key)].slice(0, RECENT_STARTS_MAX);
    },
    hasStarted: (transactionId) =>
      running === transactionId || starts.some((one) => one.transactionId === transactionId),
    takeStatus(message, received_at_ms) {
      status = {
        status: message.status,
        errorCode: message.status === "Faulted" ? (message.errorCode ?? "Faulted") : message.errorCode,
      };
      if (message.status === "Available") {
        measured = NOT_MEASURED;
        setRunning(null);
      }
      emitReading(received_at_ms);
    },
    takeSamples(samples, stated, received_at_ms) {
      const isLive = (sample: MeterSample): boolean =>
        sample.context === "Trigger" || received_at_ms - sample.at_ms <= LIVE_MS;
      // After a restart of ours or of the box, its samples tell which transaction runs.
      if (stated !== null && running === null && status.status !== "Available" && samples.some(isLive))
        setRunning(stated);
      const transactionId = stated ?? running;
      for (const { at_ms, register_Wh } of samples) {
        if (register_Wh === null || transactionId === null) continue;
        host.emit({
          kind: "transaction-register",
          stationId: station.id,
          at_ms,
          received_at_ms,
          transactionId,
          register_Wh,
        });
      }
      let newest: EpochMs | null = null;
      for (const sample of samples) {
        const at_ms = isLive(sample) && sample.context === "Trigger" ? received_at_ms : sample.at_ms;
        if (measured_at_ms === null || at_ms >= measured_at_ms) newest = merge({ ...sample, at_ms });
      }
      if (newest !== null) emitReading(newest);
    },
    forget() {
      running = null;
      status = { status: null, errorCode: null };
      measured = NOT_MEASURED;
      limiter.forget();
    },
  };
}

/** Currents of the phases the box has. One current without a phase counts on each: the most it can be. */
function ownCurrents(sample: MeterSample, phaseCount: 1 | 2 | 3): PerPhase<Milliamp | null> {
  if (sample.current_mA.some((one) => one !== null) || sample.unphased_mA === null) return sample.current_mA;
  const each = (index: number): Milliamp | null => (index < phaseCount ? sample.unphased_mA : null);
  return [each(0), each(1), each(2)];
}
