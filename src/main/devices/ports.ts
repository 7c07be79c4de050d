import type { Quarantined } from "../../core/metering/index.ts";
import type { EpochMs, Milliamp, Millivolt, PerPhase, Watt, WattHour } from "../../core/units/index.ts";

/** Everything timed in the app takes its time from here; the demo runs it faster than the wall clock. */
export interface Clock {
  now_ms(): EpochMs;
  /** Resolves after `duration_ms` of this clock's time, or at once when `signal` aborts. */
  sleep(duration_ms: number, signal?: AbortSignal): Promise<void>;
  /** Real milliseconds that `duration_ms` of this clock take; wire time-outs never use it. */
  real_ms(duration_ms: number): number;
}

/** OCPP 1.6 status notifications; Modbus boxes are mapped onto them. */
export type ChargingStatus =
  | "Available"
  | "Preparing"
  | "Charging"
  | "SuspendedEV"
  | "SuspendedEVSE"
  | "Finishing"
  | "Reserved"
  | "Unavailable"
  | "Faulted";

/** IEC 61851-1 control pilot: A no vehicle, B connected, C drawing, D ventilation, E/F fault. */
export type ControlPilot = "A" | "B" | "C" | "D" | "E" | "F";

/**
 * What a box last said of itself. Every field that was not measured is `null`.
 * Currents and voltages are in the box's own phase order (its L1, L2, L3), not the site's.
 */
export type StationReading = {
  readonly measured_at_ms: EpochMs;
  readonly status: ChargingStatus | null;
  readonly controlPilot: ControlPilot | null;
  readonly current_mA: PerPhase<Milliamp | null>;
  readonly voltage_mV: PerPhase<Millivolt | null>;
  readonly power_W: Watt | null;
  /** Lifetime import register: the only value that money is made of. */
  readonly energyRegister_Wh: WattHour | null;
  /** Setpoint as the box itself reports it. */
  readonly limit_mA: Milliamp | null;
  /** Vendor's or OCPP error code while faulted. */
  readonly errorCode: string | null;
  /** Why the register is no watt-hours to send a bill for; left out: nothing speaks against it. */
  readonly notForBilling?: RegisterKind;
  /** What the box showed that cannot be; those quantities are `null` above. Left out: nothing. */
  readonly quarantined?: readonly Quarantined[];
};

/** Registers that look like watt-hours and are none: volt-ampere-hours, or sums that the box itself only estimates. */
export type RegisterKind = "apparent-energy" | "estimate";

export type MeterReading = {
  readonly measured_at_ms: EpochMs;
  readonly current_mA: PerPhase<Milliamp | null>;
  readonly voltage_mV: PerPhase<Millivolt | null>;
  readonly power_W: Watt | null;
  readonly energyImport_Wh: WattHour | null;
  readonly energyExport_Wh: WattHour | null;
  /** As in `StationReading`. */
  readonly quarantined?: readonly Quarantined[];
};

/** Why a device did not do what it was told; `retry` says whether asking again can help. */
export type CommandFailure = {
  readonly ok: false;
  readonly code: "offline" | "timeout" | "rejected" | "not-supported" | "not-followed" | "invalid";
  readonly retry: boolean;
  /** Device's own words or exception number, for the log and the expert row. */
  readonly detail: string;
};
export type CommandReply = { readonly ok: true } | CommandFailure;
/** `confirmed_mA` is what the box has accepted (rounded down to its own step). */
export type LimitReply = { readonly ok: true; readonly confirmed_mA: Milliamp } | CommandFailure;

export type StopReason =
  | "Local"
  | "Remote"
  | "EVDisconnected"
  | "DeAuthorized"
  | "PowerLoss"
  | "Reboot"
  | "HardReset"
  | "SoftReset"
  | "EmergencyStop"
  | "UnlockCommand"
  | "Other";

/** What devices tell the site. Drivers emit, the site listens; nothing here decides anything. */
export type StationEvent =
  | { readonly kind: "reading"; readonly stationId: string; readonly reading: StationReading }
  | {
      readonly kind: "online";
      readonly stationId: string;
      readonly at_ms: EpochMs;
      readonly vendor: string | null;
      readonly model: string | null;
      readonly serial: string | null;
      readonly firmware: string | null;
    }
  | { readonly kind: "offline"; readonly stationId: string; readonly at_ms: EpochMs }
  /** The box restarted: setpoints and transactions before it are unknown. */
  | { readonly kind: "booted"; readonly stationId: string; readonly at_ms: EpochMs }
  | {
      readonly kind: "transaction-started";
      readonly stationId: string;
      readonly at_ms: EpochMs;
      readonly received_at_ms: EpochMs;
      readonly transactionId: number;
      readonly idToken: string | null;
      readonly meterStart_Wh: WattHour | null;
    }
  | {
      readonly kind: "transaction-register";
      readonly stationId: string;
      readonly at_ms: EpochMs;
      readonly received_at_ms: EpochMs;
      readonly transactionId: number | null;
      readonly register_Wh: WattHour;
    }
  | {
      readonly kind: "transaction-stopped";
      readonly stationId: string;
      readonly at_ms: EpochMs;
      readonly received_at_ms: EpochMs;
      readonly transactionId: number;
      readonly meterStop_Wh: WattHour | null;
      readonly reason: StopReason;
      readonly idToken: string | null;
    };

/**
 * Why a fail-safe is not `known`: the box has no such guard; nobody documents one; it was not asked yet; it does not show
 * it; it is told what to keep and shows nothing; it is switched off in the box; it goes up to its maximum; it keeps more than the site file promises.
 */
type FailSafeDoubt =
  | "no-guard"
  | "not-documented"
  | "not-asked"
  | "not-readable"
  | "told-only"
  | "switched-off"
  | "expires-up"
  | "more-than-promised";

/**
 * What a box offers when it hears nothing from us for `timeout_ms`. `known`: read back from the box, and no more than
 * the site reckons with. `unknown`: it may keep its last limit for ever. `unsafe`: it would offer more, as much as
 * `current_mA` where it shows that, else perhaps its maximum.
 */
export type FailSafe = {
  readonly kind: "known" | "unknown" | "unsafe";
  readonly current_mA: number | null;
  readonly timeout_ms: number | null;
  /** Left out when `known`. */
  readonly doubt?: FailSafeDoubt;
  /** Any request of ours keeps the box from falling back: one that we merely do not hear goes on with its last limit. */
  readonly fedByAsking?: true;
};

/** One charging part that can be told how much it may offer. */
export interface StationPort {
  readonly stationId: string;
  /** Real boxes that start and stop by card speak transactions; Modbus boxes do not. */
  readonly reportsTransactions: boolean;
  /** Tells the box its new limit; 0 pauses. Resolves when the box has confirmed, or with why not. */
  setLimit(current_mA: Milliamp): Promise<LimitReply>;
  /** The least it can be told to charge with, where its own steps make that more than its minimum. */
  least_mA?(): Milliamp;
  start(idToken: string): Promise<CommandReply>;
  stop(): Promise<CommandReply>;
  unlock(): Promise<CommandReply>;
  reset(kind: "Soft" | "Hard"): Promise<CommandReply>;
  /** Its own guard against our silence, as the box itself shows it; absent where nobody can know. */
  failSafe?(): FailSafe;
  /** Changes how many phases it charges on: pauses, waits for no current, switches, resumes. */
  switchPhases?(phases: 1 | 3): Promise<CommandReply>;
  /** Makes a sleeping car look again, by a short interruption of the control pilot. */
  wakeUp?(): Promise<CommandReply>;
}

export type MeterEvent =
  | { readonly kind: "meter-reading"; readonly meterId: string; readonly reading: MeterReading }
  | { readonly kind: "meter-offline"; readonly meterId: string; readonly at_ms: EpochMs };

export type DeviceEvent = StationEvent | MeterEvent;
export type DeviceListener = (event: DeviceEvent) => void;
