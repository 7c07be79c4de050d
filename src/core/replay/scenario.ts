import type { PerPhase, Phase } from "../units/index.ts";

// What `chargehand simulate` reads and answers, after its edge has checked it. Amperes and watt-hours may have fractions
// here: they come from a person or a data set, and the replay counts in them; the allocator is asked in whole mA.

export const POLICY_NAMES = [
  "chargehand",
  "max-min",
  "edf",
  "llf",
  "fcfs",
  "rr",
  "static",
  "uncontrolled",
  "optimum",
] as const;
/**
 * `chargehand`: the site's own way; `max-min`: equal shares by the same allocator; `edf`, `llf`, `fcfs`: one after the
 * other by departure, laxity or arrival; `rr`: steps handed round in that order of arrival (ACN-Sim's round robin);
 * `static`: an equal part for every bay, occupied or not; `uncontrolled`: everybody all they take; `optimum`: the best
 * that anybody who knows the future could do, without a minimum or steps.
 */
export type PolicyName = (typeof POLICY_NAMES)[number];

export const INFORMATION_LEVELS = ["truth", "declared", "history", "none"] as const;
/** Where departures and energies come from that a policy may look at. */
export type Information = (typeof INFORMATION_LEVELS)[number];

export type ScenarioCircuit = {
  readonly id: string;
  readonly parent: string | null;
  readonly limit_A: PerPhase<number>;
  readonly limit_W: number | null;
  readonly system: "star" | "delta";
};

export type ScenarioEvse = {
  readonly id: string;
  readonly circuit: string;
  /** Site phases it is wired to. */
  readonly phases: readonly Phase[];
  readonly max_A: number;
};

/** From `t_ms` on until the circuit's next entry. */
export type OtherLoad = { readonly t_ms: number; readonly circuit: string; readonly load_A: PerPhase<number> };

export type Battery =
  | { readonly kind: "ideal" }
  /** Full power up to `taper_from_soc`, then falling linearly to nothing at 1 (ACN-Sim's two-stage battery). */
  | {
      readonly kind: "taper";
      readonly capacity_Wh: number;
      readonly initial_soc: number;
      readonly taper_from_soc: number;
    };

/** What the driver typed. */
export type Declared = { readonly departure_ms: number; readonly needed_Wh: number };

export type ScenarioSession = {
  readonly evse: string;
  readonly arrival_ms: number;
  readonly departure_ms: number;
  readonly needed_Wh: number;
  /** Site phases the car draws on: some of its EVSE's. */
  readonly phases: readonly Phase[];
  readonly max_A: number;
  readonly battery: Battery;
  /** `null`: the driver typed nothing. */
  readonly declared: Declared | null;
  /** Who it was, for predictions; `null`: unknown. */
  readonly driver: string | null;
};

/** A visit of the time before, for predictions. */
export type PastVisit = {
  readonly driver: string | null;
  readonly arrival_ms: number;
  readonly departure_ms: number;
  readonly needed_Wh: number;
  /** `null`: the driver typed nothing. */
  readonly declared: Declared | null;
};

/** How messages travel: lost with this probability, late by [least, most], and the car follows after [least, most]. */
export type Channel = {
  readonly loss: number;
  readonly latency_ms: readonly [number, number];
  readonly ev_ms: readonly [number, number];
};

export type Scenario = {
  readonly site: {
    /** Line to neutral; between the lines where the circuits are `delta`. */
    readonly voltage_V: number;
    readonly circuits: readonly ScenarioCircuit[];
    readonly evses: readonly ScenarioEvse[];
    /** In the order of `t_ms`. */
    readonly otherLoad: readonly OtherLoad[];
  };
  /** In any order; the answer keeps it. Visits of the same EVSE do not overlap. */
  readonly sessions: readonly ScenarioSession[];
  /** What the past is made of; `null`: the scenario's own finished visits of the 31 days before each arrival. */
  readonly history: readonly PastVisit[] | null;
  readonly tick_ms: number;
  /** Below it a car does not charge; 0: any current. */
  readonly min_A: number;
  /** Grid of setpoints above the minimum; 0: any current. */
  readonly step_A: number;
  readonly policy: { readonly name: PolicyName; readonly information: Information };
  readonly channel: Channel | null;
  readonly seed: number;
};

export type SimulatedSession = {
  readonly index: number;
  readonly delivered_Wh: number;
  /** `null`: it never got any. */
  readonly first_current_ms: number | null;
  /** How often its current went from 0 to more. */
  readonly starts: number;
};

export type Simulation = {
  readonly demanded_Wh: number;
  readonly delivered_Wh: number;
  readonly energy_percent: number;
  /** Jain's index and the mean of the worst 5 % of delivered/needed; 1 when nobody needed anything. */
  readonly jain: number;
  readonly worst5: number;
  readonly starts_per_session: number;
  readonly violations: { readonly self_caused_s: number; readonly total_As: number };
  /** Highest current of EVSEs and other load, per circuit and phase. */
  readonly peak_A: Readonly<Record<string, PerPhase<number>>>;
  readonly sessions: readonly SimulatedSession[];
};
