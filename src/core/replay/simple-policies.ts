import type { PerPhase } from "../units/index.ts";
import type { Car } from "./car.ts";
import type { Known } from "./knowledge.ts";
import { laxity_h } from "./knowledge.ts";
import type { Scenario } from "./scenario.ts";
import { addLoad, clearLoad, roomOf } from "./wires.ts";
import type { Wires } from "./wires.ts";

/** What a policy is asked: who is there, what is known, and the wires with what is left of them now. */
export type Moment = {
  readonly scenario: Scenario;
  readonly now_ms: number;
  readonly cars: readonly Car[];
  readonly known: readonly (Known | null)[];
  /** Most that each car should get. */
  readonly useful_A: Float64Array;
  readonly wires: Wires;
  /** Other load of each circuit as it is known now; the same map as long as nothing changed. */
  readonly otherLoad_A: ReadonlyMap<string, PerPhase<number>>;
};

/** Writes what each car is offered into `offers_A`, in the order of `cars`. */
export type Policy = (moment: Moment, offers_A: Float64Array) => void;

/** Round robin hands out steps of this size where any current is allowed, as ACN-Sim does. */
const ROUND_STEP_A = 0.1;
const NOISE_A = 1e-9;
/** Where nothing is known a car is taken for this stay and energy. */
const USUAL: { readonly stay_ms: number; readonly needed_Wh: number } = { stay_ms: 8 * 3_600_000, needed_Wh: 20_000 };

/** One after the other takes all it can. */
export function oneAfterTheOther(rank: (car: Car, known: Known, now_ms: number) => number): Policy {
  return (moment, offers_A) => {
    const { scenario, wires, cars, useful_A } = moment;
    clearLoad(wires);
    for (const at of inOrder(moment, rank)) {
      const car = cars[at];
      if (car === undefined) continue;
      const offer_A = onGrid(scenario, Math.min(useful_A[at] ?? 0, roomOf(wires, car.uses)));
      offers_A[at] = offer_A;
      addLoad(wires, car.uses, offer_A);
    }
  };
}

export const byArrival = ({ session }: Car): number => session.arrival_ms;
/** A departure that has passed is now. */
export const byDeparture = (_: Car, { departure_ms }: Known, now_ms: number): number => Math.max(departure_ms, now_ms);
export const byLaxity = laxity_h;

function inOrder(
  { cars, known, now_ms }: Moment,
  rank: (car: Car, known: Known, now_ms: number) => number,
): readonly number[] {
  const ranks = cars.map((car, at) => rank(car, known[at] ?? usual(car), now_ms));
  const rankOf = (at: number): number => ranks[at] ?? 0;
  const arrival = (at: number): number => cars[at]?.session.arrival_ms ?? 0;
  return cars.map((_, at) => at).sort((a, b) => rankOf(a) - rankOf(b) || arrival(a) - arrival(b) || a - b);
}

const usual = ({ session }: Car): Known => ({
  departure_ms: session.arrival_ms + USUAL.stay_ms,
  needed_Wh: USUAL.needed_Wh,
});

/** Down to 0 or the minimum and the grid above it. */
export function onGrid({ min_A, step_A }: Scenario, current_A: number): number {
  if (current_A + NOISE_A < min_A) return 0;
  if (step_A <= 0) return current_A;
  return min_A + Math.floor((current_A - min_A + NOISE_A) / step_A) * step_A;
}

/** Hands out one step after the other in the order of arrival until nobody can have another one. */
export const roundRobin: Policy = (moment, offers_A) => {
  const { scenario, wires, cars, useful_A } = moment;
  const step_A = scenario.step_A > 0 ? scenario.step_A : ROUND_STEP_A;
  clearLoad(wires);
  offers_A.fill(0);
  let circle = inOrder(moment, byArrival);
  while (circle.length > 0) {
    circle = circle.filter((at) => {
      const car = cars[at];
      if (car === undefined) return false;
      const has_A = offers_A[at] ?? 0;
      const next_A = Math.min(useful_A[at] ?? 0, Math.max(has_A + step_A, scenario.min_A));
      const more_A = next_A - has_A;
      if (more_A <= NOISE_A || roomOf(wires, car.uses) + NOISE_A < more_A) return false;
      addLoad(wires, car.uses, more_A);
      offers_A[at] = next_A;
      return true;
    });
  }
};

/** The same for every bay at every time: on each circuit its limit divided by the bays on that phase. */
export function staticSplit(scenario: Scenario): Policy {
  const { circuits, evses } = scenario.site;
  const pathOf = (id: string): readonly string[] => {
    const parent = circuits.find((circuit) => circuit.id === id)?.parent ?? null;
    return parent === null ? [id] : [id, ...pathOf(parent)];
  };
  const below = new Map(evses.map((evse) => [evse.id, pathOf(evse.circuit)]));
  const share = new Map<string, number>();
  for (const evse of evses) {
    let part_A = evse.max_A;
    for (const id of below.get(evse.id) ?? []) {
      const circuit = circuits.find((candidate) => candidate.id === id);
      if (circuit === undefined) continue;
      const bays = evses.filter((other) => below.get(other.id)?.includes(id) === true).length;
      part_A = Math.min(part_A, Math.min(...circuit.limit_A) / bays);
    }
    share.set(evse.id, onGrid(scenario, part_A));
  }
  return ({ cars, useful_A }, offers_A) => {
    cars.forEach((car, at) => {
      offers_A[at] = Math.min(useful_A[at] ?? 0, share.get(car.session.evse) ?? 0);
    });
  };
}

/** No control at all: everybody all they can use, whatever the fuses say. */
export const uncontrolled: Policy = ({ cars, useful_A }, offers_A) => {
  cars.forEach((car, at) => {
    offers_A[at] = useful_A[at] ?? car.max_A;
  });
};
