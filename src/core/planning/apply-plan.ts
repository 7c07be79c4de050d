import type { AllocationCircuit, AllocationEvse, AllocationRequest, Bound, ReasonKind } from "../balancing/index.ts";
import { type EpochMs, type Milliamp, milliamp, watt } from "../units/index.ts";
import type { CarPlan, Plan, PlanCap } from "./plan-types.ts";
import { wattsPerAmp } from "./plan-program.ts";

/** A plan that was not renewed for this long knows too little of the site. */
export const PLAN_AGE_MAX_ms = 15 * 60_000;
/** Once running, a car is not paused by the plan before this much time: some cars do not wake up after many pauses. */
const RUNS_AT_LEAST_ms = 15 * 60_000;
/** Planned below its minimum, a car runs at the minimum when at least this part of it is planned, else it waits. */
export const RUNS_FROM = 0.5;
/** A weight is never nothing: the allocator divides by it. */
const LEAST_WEIGHT = 0.001;
const DEFAULT_VOLTAGE_V = 230;

/**
 * The request with the plan's caps and targets in it. It only tightens: no limit, bound or weight is higher than before,
 * whatever stands in the plan. A running car keeps its minimum for a quarter hour, and always with `neverPause`,
 * unless the cap is a legal one. A plan that is too old, or whose slots are over, changes nothing.
 */
export function applyPlan(request: AllocationRequest, plan: Plan | null, now_ms: EpochMs): AllocationRequest {
  if (plan === null) return request;
  const slot = runningSlot(plan, now_ms);
  if (slot < 0) return request;
  const caps = new Map(plan.circuits.map(({ circuit, caps: all }) => [circuit, all[slot] ?? null]));
  const cars = new Map(plan.cars.map((car) => [car.evse, car]));
  return {
    ...request,
    circuits: request.circuits.map((circuit) => capped(request, circuit, caps.get(circuit.id) ?? null)),
    evses: request.evses.map((evse) => {
      const car = cars.get(evse.id);
      return car?.plugged_at_ms === evse.plugged_at_ms ? targeted(request, evse, car, slot) : evse;
    }),
  };
}

/** Index of the slot that is running; -1 when the plan is too old or does not reach so far. */
function runningSlot({ made_at_ms, slots }: Plan, now_ms: EpochMs): number {
  const isFresh = Math.abs(now_ms - made_at_ms) <= PLAN_AGE_MAX_ms;
  return isFresh ? slots.findIndex(({ start_ms, end_ms }) => start_ms <= now_ms && now_ms < end_ms) : -1;
}

function capped(request: AllocationRequest, circuit: AllocationCircuit, cap: PlanCap | null): AllocationCircuit {
  if (cap === null || !Number.isFinite(cap.limit_W)) return circuit;
  const before_W = circuit.limit_W ?? Infinity;
  const floor_W = cap.because.kind === "grid_signal" ? 0 : committed_W(request, circuit);
  const limit_W = Math.max(0, Math.floor(cap.limit_W), floor_W);
  return limit_W >= before_W || !Number.isSafeInteger(limit_W) ? circuit : { ...circuit, limit_W: watt(limit_W) };
}

/** What the circuit carries anyway: other load, what is reserved, and the minimum of cars that must not be paused. */
function committed_W(request: AllocationRequest, circuit: AllocationCircuit): number {
  const voltage_V = request.voltage_V ?? DEFAULT_VOLTAGE_V;
  const below = request.evses.filter((evse) => isBelow(request, evse.circuit, circuit.id));
  const evses_W = below.map((evse) => {
    const current_mA = evse.reserved?.current_mA ?? (isHeld(request, evse) ? evse.min_mA : 0);
    return (current_mA / 1000) * wattsPerAmp(evse, circuit.system, voltage_V);
  });
  const other_mA = circuit.otherLoad_mA.reduce<number>((sum, current) => sum + current, 0);
  return Math.ceil(evses_W.reduce((sum, one) => sum + one, (other_mA / 1000) * voltage_V));
}

function isBelow(request: AllocationRequest, from: string, circuitId: string): boolean {
  let at: string | null = from;
  for (let depth = 0; at !== null && depth <= request.circuits.length; depth += 1) {
    if (at === circuitId) return true;
    const here: string = at;
    at = request.circuits.find((circuit) => circuit.id === here)?.parent ?? null;
  }
  return false;
}

/** Running, and not to be paused by the plan yet. (The hold of the policy protects from other cars, not from a price.) */
const isHeld = ({ policy, now_ms }: AllocationRequest, evse: AllocationEvse): boolean =>
  evse.charging_since_ms !== null &&
  (evse.neverPause === true || now_ms - evse.charging_since_ms < Math.min(policy.hold_ms, RUNS_AT_LEAST_ms));

function targeted(request: AllocationRequest, evse: AllocationEvse, car: CarPlan, slot: number): AllocationEvse {
  const planned = car.slots[slot];
  if (!car.binding || planned === undefined || !Number.isFinite(planned.current_mA)) return evse;
  const kind: ReasonKind = planned.because?.kind ?? "schedule";
  const ceiling_mA = Math.min(evse.max_mA, ...(evse.bounds ?? []).map((bound) => bound.max_mA));
  const target_mA = offered(evse, planned.current_mA, isHeld(request, evse) && kind !== "grid_signal");
  if (target_mA >= ceiling_mA) return evse;
  const bound: Bound = { max_mA: target_mA, kind, ref: planned.because?.ref ?? evse.id };
  // Where not everybody can have the target, all have the same part of theirs.
  const weight = evse.weight * Math.max(LEAST_WEIGHT, target_mA / evse.max_mA);
  return { ...evse, weight, bounds: [...(evse.bounds ?? []), bound] };
}

/** The setpoint for a mean current of `planned_mA`: up to the next step, and never between nothing and the minimum. */
function offered(evse: AllocationEvse, planned_mA: number, held: boolean): Milliamp {
  const step_mA = Math.max(1, evse.step_mA);
  const steps_mA = Math.ceil(Math.min(evse.max_mA, Math.max(0, planned_mA)) / step_mA) * step_mA;
  if (held || planned_mA >= RUNS_FROM * evse.min_mA) return milliamp(Math.max(evse.min_mA, steps_mA));
  return milliamp(0);
}
