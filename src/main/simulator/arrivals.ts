import { createRandom } from "./random.ts";
import { createVisitPlan, visitOf, type Bay, type Visit } from "./visits.ts";

/** What the world does when somebody comes or goes. */
export type Parking = {
  plugIn(visit: Visit): void;
  unplug(stationId: string): void;
};

type BayState = {
  readonly bay: Bay;
  readonly plan: ReturnType<typeof createVisitPlan>;
  next: Visit | null;
  plugged: boolean;
};

/** Cars that are there when the world begins plug in within this time, so that the boxes do not all start at once. */
const OPENING_ms = 25_000;
const EXTRA_STAY_ms = [2.5 * 3_600_000, 6 * 3_600_000] as const;
const LAST_BEFORE_NEXT_ms = 10 * 60_000;
const EXTRA_STAY_ms_min = 30 * 60_000;

/**
 * Cars come and go by plan. At the start, whoever would be parked already is (part of the charge done), and bays that
 * would be empty get a car with the chance `opening_permille`.
 */
export function createArrivals(options: {
  readonly bays: readonly Bay[];
  readonly seed: number;
  readonly timezone: string;
  readonly start_ms: number;
  readonly opening_permille: number;
}) {
  const { seed, timezone, start_ms } = options;
  const states = options.bays.map((bay): BayState => {
    const plan = createVisitPlan(bay, timezone, seed);
    const planned = plan.next(start_ms);
    return { bay, plan, plugged: false, next: opening(bay, planned, options) };
  });
  return {
    /** Lets everybody arrive and leave who is due. */
    step(now_ms: number, parking: Parking): void {
      for (const state of states) {
        const visit = state.next;
        if (visit === null) continue;
        if (!state.plugged && now_ms >= visit.arrive_ms && now_ms < visit.depart_ms) {
          state.plugged = true;
          parking.plugIn(visit);
        }
        if (now_ms < visit.depart_ms) continue;
        if (state.plugged) parking.unplug(visit.stationId);
        state.plugged = false;
        state.next = state.plan.next(now_ms);
        // A visit that began before now was slept through; its driver does not come late.
        if (state.next !== null && state.next.arrive_ms < now_ms - OPENING_ms)
          state.next = state.plan.next(state.next.depart_ms);
      }
    },
  };
}

function opening(
  bay: Bay,
  planned: Visit | null,
  options: { readonly seed: number; readonly start_ms: number; readonly opening_permille: number },
): Visit | null {
  const { seed, start_ms } = options;
  const random = createRandom(seed, "opening", bay.stationId, start_ms);
  const arrive_ms = start_ms + Math.round(random.between(0, OPENING_ms));
  if (planned !== null && planned.arrive_ms <= start_ms)
    return begun({ ...planned, arrive_ms }, random.between(0, 0.6));
  if (!random.chance(options.opening_permille / 1000)) return planned;
  const latest_ms = planned === null ? Infinity : planned.arrive_ms - LAST_BEFORE_NEXT_ms;
  const depart_ms = Math.min(latest_ms, arrive_ms + Math.round(random.between(...EXTRA_STAY_ms)));
  if (depart_ms - arrive_ms < EXTRA_STAY_ms_min) return planned;
  return visitOf(bay, arrive_ms, depart_ms, random, seed);
}

/** The same visit with part of its charge done. */
function begun(visit: Visit, share: number): Visit {
  const { car } = visit;
  const done_permille = Math.floor((car.model.target_permille - car.soc_permille) * share);
  return { ...visit, car: { ...car, soc_permille: car.soc_permille + done_permille } };
}
