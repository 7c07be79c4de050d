import { assert } from "../units/index.ts";
import { byAllocator } from "./allocator-policy.ts";
import { charge, drawn_A, isDone, presence_h } from "./car.ts";
import type { Car } from "./car.ts";
import { createJudge } from "./judge.ts";
import type { Judge } from "./judge.ts";
import { createKnowledge, usefulCurrent_A } from "./knowledge.ts";
import type { Known } from "./knowledge.ts";
import { measure } from "./measures.ts";
import { createOtherLoad } from "./other-load.ts";
import type { OtherLoadSeries } from "./other-load.ts";
import type { PolicyName, Scenario, ScenarioSession, Simulation } from "./scenario.ts";
import {
  byArrival,
  byDeparture,
  byLaxity,
  oneAfterTheOther,
  roundRobin,
  staticSplit,
  uncontrolled,
} from "./simple-policies.ts";
import type { Policy } from "./simple-policies.ts";
import { buildWires, clearLoad, addLoad, loadsOf, setOtherLoad, usesOf } from "./wires.ts";
import type { FurtherRow, Wires } from "./wires.ts";

const HOUR_MS = 3_600_000;
/** A car that leaves more than this of its offer is offered only so much more than it takes (ACN-Sim's SimpleRampdown). */
const LEAVES_A = 1;
/** Below this a car only keeps its battery company. */
const TRICKLE_A = 1;
/** Power divided by volts and back is not quite the same current. */
const NOISE_A = 1e-3;

export type ReplayOptions = {
  /** Rows beyond the tree of circuits: the simple policies respect them, the allocator does not know them. */
  readonly further?: readonly FurtherRow[];
  /** Told before and after each decision, for whoever measures how long it takes. */
  readonly decision?: { readonly begins: () => void; readonly ends: () => void };
};

/**
 * Lets all sessions happen in virtual time: at the begin of each tick the policy decides for every car that is there during
 * some of it, and each is charged for its part of the tick. Pure: the same scenario gives the same answer. Channels are
 * replayed elsewhere, and the offline optimum is no policy that could decide tick by tick.
 */
export function replay(scenario: Scenario, options: ReplayOptions = {}): Simulation {
  assert(scenario.channel === null, "a replay without messages has no channel");
  const further = options.further ?? [];
  const wires = buildWires(scenario.site.circuits, further);
  const run: Run = {
    scenario,
    wires,
    otherLoad: createOtherLoad(scenario),
    judge: createJudge(scenario, wires),
    policy: policyOf(scenario, scenario.policy.name),
    knowledge: createKnowledge(scenario),
    options,
    offers_A: new Float64Array(16),
    useful_A: new Float64Array(16),
  };
  const cars = carsOf(scenario, further);
  const order = [...cars].sort((a, b) => a.session.arrival_ms - b.session.arrival_ms || a.index - b.index);
  const known = new Map<Car, Known | null>();
  const end_ms = cars.reduce((last, { session }) => Math.max(last, session.departure_ms), Number.NEGATIVE_INFINITY);
  let present: readonly Car[] = [];
  let arrived = 0;
  let from_ms = firstTick(order[0], run);
  while (from_ms < end_ms) {
    const to_ms = from_ms + scenario.tick_ms;
    const came: Car[] = [];
    for (let car = order[arrived]; car !== undefined && car.session.arrival_ms < to_ms; car = order[++arrived]) {
      came.push(car);
      known.set(car, run.knowledge(car));
    }
    const now_ms = from_ms;
    present = [...present, ...came].filter((car) => car.session.departure_ms > now_ms && !isDone(car));
    liveTick(run, present, known, { from_ms, to_ms });
    from_ms = present.length === 0 ? nextTick(order[arrived], run, to_ms) : to_ms;
  }
  return { ...measure(cars), violations: run.judge.violations(), peak_A: run.judge.peak_A() };
}

type Run = {
  readonly scenario: Scenario;
  readonly wires: Wires;
  readonly otherLoad: OtherLoadSeries;
  readonly judge: Judge;
  readonly policy: Policy;
  readonly knowledge: (car: Car) => Known | null;
  readonly options: ReplayOptions;
  offers_A: Float64Array;
  useful_A: Float64Array;
};

function policyOf(scenario: Scenario, name: PolicyName): Policy {
  switch (name) {
    case "chargehand":
    case "max-min":
      return byAllocator(scenario, name);
    case "edf":
      return oneAfterTheOther(byDeparture);
    case "llf":
      return oneAfterTheOther(byLaxity);
    case "fcfs":
      return oneAfterTheOther(byArrival);
    case "rr":
      return roundRobin;
    case "static":
      return staticSplit(scenario);
    case "uncontrolled":
      return uncontrolled;
    case "optimum":
      assert(false, "the offline optimum is solved, not replayed");
  }
}

/** The car of each session, at the begin of its stay. */
export function carsOf({ site, sessions }: Scenario, further: readonly FurtherRow[] = []): readonly Car[] {
  const evses = new Map(site.evses.map((evse) => [evse.id, evse]));
  const systems = new Map(site.circuits.map(({ id, system }) => [id, system]));
  return sessions.map((session, index) => {
    const evse = evses.get(session.evse);
    assert(evse !== undefined, "the EVSE of a session exists");
    const max_A = Math.min(evse.max_A, session.max_A);
    const loads = loadsOf(systems.get(evse.circuit) ?? "star", session.phases);
    const W_per_A = loads.length * site.voltage_V;
    return {
      index,
      session,
      circuit: evse.circuit,
      max_A,
      W_per_A,
      needed_Wh: Math.min(session.needed_Wh, deliverable_Wh(session, max_A * W_per_A)),
      uses: usesOf(site, further, { evse: evse.id, circuit: evse.circuit, phases: session.phases }),
      delivered_Wh: 0,
      offered_A: 0,
      drawn_A: 0,
      charging_since_ms: null,
      first_current_ms: null,
      starts: 0,
      bound_A: null,
      trickles: false,
    };
  });
}

const deliverable_Wh = ({ arrival_ms, departure_ms }: ScenarioSession, power_W: number): number =>
  (Math.max(0, departure_ms - arrival_ms) / HOUR_MS) * power_W;

const tickOf = (at_ms: number, tick_ms: number): number => Math.floor(at_ms / tick_ms) * tick_ms;

function firstTick(first: Car | undefined, { scenario, otherLoad }: Run): number {
  if (first === undefined) return Number.POSITIVE_INFINITY;
  const begin_ms = Math.min(first.session.arrival_ms, otherLoad.first_ms);
  return tickOf(begin_ms, scenario.tick_ms);
}

/** Without cars, time jumps to the next arrival or the next change of the other load. */
function nextTick(next: Car | undefined, { scenario, otherLoad }: Run, to_ms: number): number {
  const arrival_ms = next?.session.arrival_ms ?? Number.POSITIVE_INFINITY;
  const event_ms = Math.min(arrival_ms, otherLoad.nextChange_ms(to_ms));
  return event_ms === Number.POSITIVE_INFINITY ? event_ms : Math.max(to_ms, tickOf(event_ms, scenario.tick_ms));
}

function liveTick(
  run: Run,
  cars: readonly Car[],
  known: ReadonlyMap<Car, Known | null>,
  { from_ms, to_ms }: { readonly from_ms: number; readonly to_ms: number },
): void {
  const { scenario, wires, otherLoad, judge, options } = run;
  const load_A = otherLoad.at(from_ms);
  if (load_A.changed) setOtherLoad(wires, scenario.site, load_A.total_A);
  if (run.offers_A.length < cars.length) {
    run.offers_A = new Float64Array(2 * cars.length);
    run.useful_A = new Float64Array(2 * cars.length);
  }
  const { offers_A, useful_A } = run;
  if (cars.length > 0) {
    const beliefs = cars.map((car) => known.get(car) ?? null);
    cars.forEach((car, at) => {
      const useful = usefulCurrent_A(scenario, car, beliefs[at] ?? null, presence_h(car, from_ms, to_ms));
      useful_A[at] = Math.max(scenario.min_A, Math.min(useful, car.bound_A ?? car.max_A));
    });
    options.decision?.begins();
    const moment = { scenario, now_ms: from_ms, cars, known: beliefs, useful_A, wires, otherLoad_A: load_A.total_A };
    run.policy(moment, offers_A);
    options.decision?.ends();
  }
  clearLoad(wires);
  cars.forEach((car, at) => {
    addLoad(wires, car.uses, drawn_A(car, offers_A[at] ?? 0));
  });
  judge.see({ from_ms, to_ms }, otherLoad.within(from_ms, to_ms));
  cars.forEach((car, at) => {
    charge(car, { at_ms: from_ms, current_A: offers_A[at] ?? 0 }, presence_h(car, from_ms, to_ms));
    learnBound(car);
  });
}

function learnBound(car: Car): void {
  const { offered_A, drawn_A: takes_A, bound_A } = car;
  if (offered_A <= 0) return;
  car.trickles = takes_A < TRICKLE_A && offered_A - takes_A > NOISE_A;
  if (offered_A - takes_A > LEAVES_A) car.bound_A = Math.min(car.max_A, takes_A + LEAVES_A);
  else if (bound_A !== null && bound_A - takes_A < LEAVES_A) car.bound_A = Math.min(car.max_A, bound_A + LEAVES_A);
}
