import type { AllocationCircuit, ReasonKind } from "../balancing/index.ts";
import type { EpochMs, Milliamp, Millisecond, PerPhase, Phase, Watt, WattHour } from "../units/index.ts";

// What the slow planner is given and what it answers. Prices are whole millionths of the site's currency per kWh (0.2875 is
// 287500); unknown is null. Arrays named `per slot` are as long as `slots`.

/**
 * `finishEarly_ms` of a site: batteries take less towards the end, and drivers come back early. Measured (decision 9): half
 * an hour gives 0.3 % more energy for 2 % less profit.
 */
export const FINISH_EARLY_ms = 15 * 60_000;

/** A quarter hour of the plan; the first one begins now. */
export type PlanSlot = { readonly start_ms: EpochMs; readonly end_ms: EpochMs };

/** A circuit of the plan: what the allocator is told of it, and how its load will go. */
export type PlanCircuit = Pick<AllocationCircuit, "id" | "parent" | "limit_mA" | "system"> & {
  readonly limit_W: Watt | null;
  /** Per slot: what is to be kept for everything but EVSEs, forecast with its margin. `null`: nothing else hangs on it. */
  readonly otherLoad_mA: readonly PerPhase<Milliamp>[] | null;
};

/** A car that is there. */
export type PlanCar = {
  readonly evse: string;
  readonly circuit: string;
  readonly phases: readonly Phase[];
  readonly min_mA: Milliamp;
  readonly max_mA: Milliamp;
  /** Tells this car from the next one at the same EVSE. */
  readonly plugged_at_ms: EpochMs;
  readonly remaining_Wh: WattHour;
  /** `null`: nobody knows. Such a car is counted, as if it stayed for hours, but not held back. */
  readonly departure_ms: EpochMs | null;
};

/** A limit that is known ahead: a time window of the owner, a contract, a grid signal that announced itself. */
export type KnownLimit = {
  readonly circuit: string;
  readonly from_ms: EpochMs;
  readonly until_ms: EpochMs;
  readonly limit_W: Watt;
  /** A `grid_signal` is a legal cap: it may cut what is running. */
  readonly kind: Extract<ReasonKind, "schedule" | "grid_signal">;
  /** Id of the signal or window, for the reason. */
  readonly ref: string;
};

/** Price of the month's highest quarter hour (demand charge, capacity tariff). */
export type PeakPrice = {
  readonly price_micro_per_kW: number;
  /** Highest quarter hour of this month so far, and of last month's plans; `null`: not known. */
  readonly monthPeak_W: Watt | null;
  readonly lastMonthPeak_W: Watt | null;
  /** Charged even when less was drawn (BE: 2500 W with an analogue meter). */
  readonly floor_W: Watt;
  /** Whole days until the month ends, this one included. */
  readonly days_left: number;
};

/** Mean power that any quarter hour may have by contract (BE, NL, DE with registering meter). */
export type QuarterLimit = { readonly limit_W: Watt; readonly ref: string };

export type PlanInput = {
  readonly now_ms: EpochMs;
  readonly voltage_V: number;
  readonly slots: readonly PlanSlot[];
  readonly circuits: readonly PlanCircuit[];
  readonly cars: readonly PlanCar[];
  /** Per slot: what everything but EVSEs is expected to take from the grid; below zero where the roof gives more. */
  readonly otherNet_W: readonly Watt[];
  /** Per slot: import, and what exported energy brings. `null`: a kWh costs the same at any time. */
  readonly import_micro_per_kWh: readonly number[] | null;
  readonly export_micro_per_kWh: number;
  readonly peak: PeakPrice | null;
  readonly quarter: QuarterLimit | null;
  /** What the grid has delivered in the running quarter hour; `null`: unknown, its limit is taken to have flowed. */
  readonly usedInQuarter_Wh: WattHour | null;
  readonly limits: readonly KnownLimit[];
  /** Cars are to be done so long before they leave: batteries take less towards the end, and drivers come back early. */
  readonly finishEarly_ms: Millisecond;
};

export type PlanReasonKind = Extract<ReasonKind, "price" | "schedule" | "grid_signal" | "vehicle">;

/** Why a car gets less than it could in a slot, or why a circuit is capped: numbers, no words. */
export type PlanReason = {
  readonly kind: PlanReasonKind;
  readonly ref: string;
  /** The cap that binds, where one does. */
  readonly limit_W?: Watt;
  /** Price of this slot, and of the cheaper one this car waits for and when that begins. */
  readonly price_micro_per_kWh?: number;
  readonly later_micro_per_kWh?: number;
  readonly later_ms?: EpochMs;
};

/** At most this much for everything on the circuit, other load included. */
export type PlanCap = { readonly limit_W: Watt; readonly because: PlanReason };
export type CircuitPlan = {
  readonly circuit: string;
  /** Per slot; `null`: not capped. */
  readonly caps: readonly (PlanCap | null)[];
};

export type CarSlot = {
  readonly energy_Wh: WattHour;
  /** Mean current of the slot. */
  readonly current_mA: Milliamp;
  readonly because: PlanReason | null;
};

export type CarPlan = {
  readonly evse: string;
  readonly plugged_at_ms: EpochMs;
  readonly min_mA: Milliamp;
  /** False: a forecast only, this car is not held back. */
  readonly binding: boolean;
  readonly slots: readonly CarSlot[];
  /** What cannot be delivered before it leaves. */
  readonly unmet_Wh: WattHour;
};

export type Plan = {
  readonly made_at_ms: EpochMs;
  readonly slots: readonly PlanSlot[];
  readonly circuits: readonly CircuitPlan[];
  readonly cars: readonly CarPlan[];
  /** Highest quarter hour the plan counts with, where it has a price. */
  readonly peak_W: Watt | null;
  /** Per slot: what the cars take together. */
  readonly planned_W: readonly Watt[];
};
