import { allocate, stillNeeded_Wh } from "../balancing/index.ts";
import type { AllocationCircuit, AllocationEvse, AllocationRequest } from "../balancing/index.ts";
import { epochMs, milliamp, millisecond, watt, wattHour } from "../units/index.ts";
import type { Milliamp, PerPhase } from "../units/index.ts";
import type { Car } from "./car.ts";
import type { Known } from "./knowledge.ts";
import type { Scenario } from "./scenario.ts";
import type { Moment, Policy } from "./simple-policies.ts";
import { createUsage } from "./usage.ts";

/** The product's own default. */
const HOLD_MS = 3_600_000;
const NOISE_MA = 1e-6;

/** The site's own allocator, asked in its own words. `max-min` is its equal share. */
export function byAllocator(scenario: Scenario, name: "chargehand" | "max-min"): Policy {
  const policy = {
    share: name === "chargehand" ? "need" : "equal",
    per: "current",
    hold_ms: millisecond(HOLD_MS),
  } as const;
  const usage = createUsage(scenario);
  let told: { readonly otherLoad_A: Moment["otherLoad_A"]; readonly circuits: readonly AllocationCircuit[] } | null =
    null;
  return (moment, offers_A) => {
    const { otherLoad_A } = moment;
    if (told?.otherLoad_A !== otherLoad_A) told = { otherLoad_A, circuits: circuitsOf(moment) };
    const request: AllocationRequest = {
      now_ms: epochMs(moment.now_ms),
      policy,
      voltage_V: scenario.site.voltage_V,
      usage: { overload: null, skewed: usage.skewed() },
      circuits: told.circuits,
      evses: moment.cars.map((car, at) => evseOf(moment, car, at)),
    };
    const { grants, circuits } = allocate(request);
    grants.forEach(({ current_mA }, at) => {
      offers_A[at] = current_mA / 1000;
    });
    usage.see(circuits);
  };
}

function circuitsOf({ scenario, otherLoad_A }: Moment): readonly AllocationCircuit[] {
  return scenario.site.circuits.map(({ id, parent, limit_A, limit_W, system }) => ({
    id,
    parent,
    limit_mA: milliamps(limit_A, Math.floor),
    otherLoad_mA: milliamps(otherLoad_A.get(id) ?? [0, 0, 0], Math.ceil),
    limit_W: limit_W === null ? null : watt(Math.floor(limit_W)),
    system,
  }));
}

function milliamps(values_A: PerPhase<number>, round: (value: number) => number): PerPhase<Milliamp> {
  const one = (value_A: number): Milliamp => {
    const exact = value_A * 1000;
    // 3.2 A are 3200 mA, whatever the last bit says.
    return milliamp(Math.abs(exact - Math.round(exact)) < NOISE_MA ? Math.round(exact) : round(exact));
  };
  return [one(values_A[0]), one(values_A[1]), one(values_A[2])];
}

function evseOf(moment: Moment, car: Car, at: number): AllocationEvse {
  const { scenario, useful_A } = moment;
  const { session } = car;
  const [min_mA, step_mA] = [floor_mA(scenario.min_A), floor_mA(scenario.step_A)];
  const max_mA = floor_mA(car.max_A);
  const bound_mA = car.trickles ? min_mA : upToGrid(useful_A[at] ?? car.max_A, { min_mA, step_mA });
  return {
    id: `${session.evse}#${String(car.index)}`,
    circuit: car.circuit,
    phases: session.phases,
    min_mA,
    max_mA,
    step_mA,
    weight: 1,
    plugged_at_ms: epochMs(Math.floor(session.arrival_ms)),
    charging_since_ms:
      car.charging_since_ms === null || car.trickles ? null : epochMs(Math.floor(car.charging_since_ms)),
    attained_Wh: wattHour(Math.floor(car.delivered_Wh)),
    ...beliefOf(moment, car, at),
    ...(car.trickles ? { finished: true } : {}),
    ...(bound_mA < max_mA ? { bounds: [{ max_mA: bound_mA, kind: "vehicle", ref: session.evse }] } : {}),
  };
}

/** What the allocator is told of need and departure. */
function beliefOf(
  { scenario, known }: Moment,
  car: Car,
  at: number,
): Pick<AllocationEvse, "needed_Wh" | "departure_ms"> {
  const believed: Known | null = known[at] ?? null;
  if (believed === null) return { needed_Wh: null, departure_ms: null };
  const { needed_Wh, departure_ms } = believed;
  const exact = scenario.policy.information === "truth";
  return {
    needed_Wh: exact ? wattHour(Math.ceil(needed_Wh)) : stillNeeded_Wh(needed_Wh, Math.floor(car.delivered_Wh)),
    departure_ms: epochMs(Math.floor(departure_ms)),
  };
}

const floor_mA = (value_A: number): Milliamp => milliamp(Math.floor(value_A * 1000 + NOISE_MA));

/** The lowest setpoint of the grid that is not below this current. */
function upToGrid(current_A: number, grid: { readonly min_mA: number; readonly step_mA: number }): Milliamp {
  const above_mA = Math.max(0, current_A * 1000 - NOISE_MA - grid.min_mA);
  const step_mA = grid.step_mA > 0 ? grid.step_mA : 1;
  return milliamp(grid.min_mA + Math.ceil(above_mA / step_mA) * step_mA);
}
