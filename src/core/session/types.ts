import type { EpochMs, Millisecond, WattHour } from "../units/index.ts";

/** What the car is doing while plugged in; decides which of OCPI's dimensions the time counts for. */
export type Activity =
  | "charging"
  /** The car asks for nothing: OCPI PARKING_TIME. */
  | "suspended-ev"
  /** We or the box hold the car back: never parking time, always free. */
  | "held-by-operator";

/** Who says the session is over. `server`: the box never said so and we closed it at its last proven register. */
export type EndedBy = "station" | "server";

export type EndReason =
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
  | "Other"
  /** The box reported free, restarted or began another transaction without ending this one. */
  | "Lost";

/** B blocks invoicing until decided, W bills with a note, I informs. */
export type Severity = "B" | "W" | "I";

/** Discrepancy rules of billing.md §3.3 that this version detects. */
export type FlagRule =
  "D01" | "D02" | "D03" | "D04" | "D05" | "D06" | "D08" | "D09" | "D10" | "D11" | "D13" | "D14" | "D21" | "D22";

/** A doubt about a session, with the numbers that raised it. Words are made in the UI. */
export type Flag = {
  readonly rule: FlagRule;
  readonly severity: Severity;
  readonly inputs: Readonly<Record<string, number | string | null>>;
};

/** Identity and beginning of a session: fixed once opened. */
export type OpenedSession = {
  /** Same station, EVSE and start give the same id, so a repeated start message opens nothing twice. */
  readonly id: string;
  readonly stationId: string;
  readonly evseId: number;
  /** OCPP's number, or `null` for a box without transactions. */
  readonly transactionId: number | null;
  readonly idToken: string | null;
  readonly started_at_ms: EpochMs;
  readonly received_at_ms: EpochMs;
  readonly start_Wh: WattHour | null;
};

/** A register value somebody read from the meter inside the box: what money is made of. */
export type RegisterSample = {
  readonly at_ms: EpochMs;
  readonly received_at_ms: EpochMs;
  readonly register_Wh: WattHour;
};

export type ClosedSession = OpenedSession & {
  readonly ended_at_ms: EpochMs;
  readonly stop_Wh: WattHour | null;
  readonly endReason: EndReason;
  readonly endedBy: EndedBy;
  /** Proven by two readings of one register, or `null` when it is not. */
  readonly energy_Wh: WattHour | null;
  readonly flags: readonly Flag[];
  /** No flag of severity B: may be invoiced without a person's decision. */
  readonly billable: boolean;
  readonly charging_ms: Millisecond;
  readonly parked_ms: Millisecond;
  readonly heldByOperator_ms: Millisecond;
};
