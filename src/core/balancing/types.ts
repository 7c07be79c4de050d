import type { EpochMs, Milliamp, Millisecond, PerPhase, Phase, Watt, WattHour } from "../units/index.ts";

// One decision of the allocator: the same input gives the same output. These shapes are also the file format of
// `chargehand allocate`; amounts are mA, arrays are [L1, L2, L3].

/** `need`: everybody's required rate first, then equal; with nothing known it is the same as `equal`. */
export type Policy = {
  readonly share: "need" | "equal";
  /** `current`: equal amperes; `energy`: equal power, that is weights divided by the number of phases. */
  readonly per: "current" | "energy";
  /** A running car is not paused for another one before this much time at the minimum or more. */
  readonly hold_ms: Millisecond;
  /**
   * Who goes first where not everybody can have everything; left out: `fair`. `first-come`: each takes all it can in the
   * order of arrival. `priority`: each class (`priorityClass`, higher first) is satisfied before the next one. `departure`:
   * who leaves first has its required current first; the rest is shared equally.
   */
  readonly order?: "fair" | "first-come" | "priority" | "departure";
};

export type AllocationCircuit = {
  readonly id: string;
  readonly parent: string | null;
  /** What the circuit may carry per phase: the fuse less the margin, or a lower external limit. */
  readonly limit_mA: PerPhase<Milliamp>;
  /** Everything on this circuit that is not one of its EVSEs or its child circuits' EVSEs. */
  readonly otherLoad_mA: PerPhase<Milliamp>;
  readonly limit_W?: Watt | null;
  /** Why `limit_mA` is below what the wires would carry; left out: it is the fuse less its margin. */
  readonly limitedBy?: { readonly kind: ReasonKind; readonly ref: string } | null;
  /** Why `limit_W` is what it is; left out: it is the circuit's own. */
  readonly powerLimitedBy?: { readonly kind: ReasonKind; readonly ref: string } | null;
  /**
   * `star` (left out): each phase of an EVSE loads that line. `delta`: 230 V between the lines (IT networks, US 208 V): an
   * EVSE on two phases hangs between these two lines, on three it is three equal loads; line currents add as phasors.
   */
  readonly system?: "star" | "delta";
  /** Most that EVSEs may add to the difference between this circuit's most and least loaded phase (DE: 20 A). */
  readonly unbalance_mA?: Milliamp | null;
  /** How EVSEs below share what this circuit gets; left out: as the rest of the site. */
  readonly policy?: Policy;
};

export type AllocationEvse = {
  readonly id: string;
  readonly circuit: string;
  /** Site phases the car may draw on, after rotation. */
  readonly phases: readonly Phase[];
  readonly min_mA: Milliamp;
  readonly max_mA: Milliamp;
  readonly step_mA: Milliamp;
  readonly weight: number;
  readonly plugged_at_ms: EpochMs;
  readonly charging_since_ms: EpochMs | null;
  readonly attained_Wh: WattHour;
  readonly needed_Wh: WattHour | null;
  readonly departure_ms: EpochMs | null;
  /** Class for the order `priority`; left out: 0. Higher goes first. */
  readonly priorityClass?: number;
  /** This car did not wake up after a pause: once running it is not paused for others. */
  readonly neverPause?: boolean;
  /** It took none of what it was offered, or hardly any: it gets what nobody else can use and is in no queue. */
  readonly finished?: boolean;
  /** What already bounds this car below its maximum, tightest last; each keeps its reason. */
  readonly bounds?: readonly Bound[];
  /** Not part of the sharing: this much is reserved for it and why (silent, stubborn, overdrawing box). */
  readonly reserved?: { readonly current_mA: Milliamp; readonly kind: ReasonKind } | null;
};

export type Bound = { readonly max_mA: Milliamp; readonly kind: ReasonKind; readonly ref: string };

export type AllocationRequest = {
  readonly now_ms: EpochMs;
  readonly policy: Policy;
  /** Used for `limit_W` rows and for energy; line to neutral. */
  readonly voltage_V?: number;
  /**
   * What the last weeks say of this site; left out: nothing known. `overload`: highest demand without control as a multiple
   * of what the site can give. `skewed`: one phase was full more than half of the time while another was below 60 %.
   */
  readonly usage?: { readonly overload: number | null; readonly skewed: boolean };
  readonly circuits: readonly AllocationCircuit[];
  readonly evses: readonly AllocationEvse[];
};

/** Every kind of limit that can lead to a grant. Words for them are made in the UI. */
export const REASON_KINDS = [
  "evse_max",
  "cable",
  "vehicle",
  "min_current",
  "circuit_phase",
  "circuit_power",
  "site",
  "grid_signal",
  "schedule",
  "price",
  "policy_share",
  "queue",
  "ramp",
  "step_round",
  "asymmetry",
  "stale_meter",
  "not_armed",
  "fallback",
  "stubborn",
  "manual",
] as const;
export type ReasonKind = (typeof REASON_KINDS)[number];

/** One rung of the ladder: `before_mA` is the rung above's `after_mA`; the last `after_mA` is the grant. */
export type Because = {
  readonly kind: ReasonKind;
  /** Id of what limits: an EVSE, a circuit, a schedule. */
  readonly ref: string;
  readonly phase?: Phase;
  readonly before_mA: Milliamp;
  readonly after_mA: Milliamp;
};

export type Grant = { readonly evse: string; readonly current_mA: Milliamp; readonly because: readonly Because[] };
export type QueuePlace = { readonly evse: string; readonly place: number; readonly because: readonly Because[] };
export type CircuitUse = {
  readonly id: string;
  readonly limit_mA: PerPhase<Milliamp>;
  readonly granted_mA: PerPhase<Milliamp>;
  readonly free_mA: PerPhase<Milliamp>;
};

export type Allocation = {
  readonly grants: readonly Grant[];
  readonly queue: readonly QueuePlace[];
  readonly circuits: readonly CircuitUse[];
};
