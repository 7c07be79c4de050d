import { followsNeeds, isSatisfied, requiredRatio } from "./demand.ts";
import { book, roomOf } from "./network.ts";
import type { Network } from "./network.ts";
import type { Share } from "./share.ts";
import type { AllocationEvse, AllocationRequest } from "./types.ts";

export type Admission = {
  /** Those who have their minimum, in the order in which they got it. */
  readonly admitted: readonly Share[];
  /** Those that cannot have their minimum now, next one first. */
  readonly queue: readonly Share[];
};

/** A car that still has nothing after this goes before everybody who is not within a hold. */
export const STARVING_MS = 3_600_000;
const NOTHING_WH = 100;
/** Who had more than this can step back for somebody who had nothing. */
const MUCH_WH = 5_000;
/** No pause before this, however calm a car is (balancing.md §2.2). */
const SHORT_HOLD_MS = 15 * 60_000;
/** Above this many times what the site can give, no ratio helps: least attained service is fairer (balancing.md §2.2). */
const OVERLOAD_MAX = 6;

/**
 * Gives everybody their minimum in order: running cars within their hold first (a pause costs: some never wake), then who
 * has waited an hour for nothing, then by required rate (or least attained service where nothing is known or the shortage
 * is extreme), and last those who have all they need. Books the minimum of the admitted; sets `stoppedBy` of the others.
 */
export function admit(request: AllocationRequest, shares: readonly Share[], network: Network): Admission {
  const order = admissionOrder(request, shares);
  const admitted: Share[] = [];
  const queue: Share[] = [];
  for (const share of order) {
    const { left_mA, row } = roomOf(network, share.index);
    if (left_mA >= share.evse.min_mA) {
      book(network, share.index, share.evse.min_mA);
      admitted.push(share);
    } else {
      queue.push(share);
      share.blockedBy = row;
    }
  }
  return { admitted, queue };
}

/** Who has waited an hour for nothing goes before the first one of no higher class, outside a hold, that had much already. */
function outrank(request: AllocationRequest, sorted: readonly Ranked[]): readonly Ranked[] {
  if (request.policy.order === "first-come" || request.policy.order === "departure") return sorted;
  const first = sorted.findIndex(({ share, key }) => key.group !== HOLD && share.evse.attained_Wh > MUCH_WH);
  if (first < 0) return sorted;
  const rank = (share: Share | undefined): number =>
    request.policy.order === "priority" ? (share?.evse.priorityClass ?? 0) : 0;
  const firstClass = rank(sorted[first]?.share);
  const starving = sorted.filter(
    ({ share, share: { evse } }, index) =>
      index > first &&
      rank(share) >= firstClass &&
      evse.attained_Wh < NOTHING_WH &&
      request.now_ms - evse.plugged_at_ms >= STARVING_MS,
  );
  if (starving.length === 0) return sorted;
  const moved = new Set(starving);
  return [...sorted.slice(0, first), ...starving, ...sorted.slice(first).filter((one) => !moved.has(one))];
}

type Ranked = { readonly share: Share; readonly key: Key };
type Key = { readonly group: number; readonly rank: number };

/** The order in which cars are served; ties by arrival, then id, so that it never depends on the order of the request. */
export function admissionOrder(request: AllocationRequest, shares: readonly Share[]): readonly Share[] {
  const byRatio = usesRatio(request, shares);
  const sorted = shares
    .map((share) => ({ share, key: admissionKey(request, share.evse, byRatio) }))
    .sort(
      (a, b) =>
        a.key.group - b.key.group ||
        a.key.rank - b.key.rank ||
        a.share.evse.plugged_at_ms - b.share.evse.plugged_at_ms ||
        (a.share.evse.id < b.share.evse.id ? -1 : 1),
    );
  return outrank(request, sorted).map(({ share }) => share);
}

function usesRatio({ policy, usage }: AllocationRequest, shares: readonly Share[]): boolean {
  if (!followsNeeds(policy, usage) || (usage?.overload ?? 0) > OVERLOAD_MAX) return false;
  return shares.some(({ evse }) => evse.needed_Wh !== null && evse.departure_ms !== null);
}

/** Before every class. */
const HOLD = Number.MIN_SAFE_INTEGER;
const OTHER = 1;
const DONE = 2;

function admissionKey(request: AllocationRequest, evse: AllocationEvse, byRatio: boolean): Key {
  const { policy, now_ms } = request;
  if (policy.order === "first-come") return { group: OTHER, rank: evse.plugged_at_ms };
  const running = evse.charging_since_ms;
  if (running !== null && (evse.neverPause === true || now_ms - running < holdOf(request, evse, byRatio)))
    return { group: HOLD, rank: running };
  const base = policy.order === "priority" ? -(DONE + 1) * (evse.priorityClass ?? 0) : 0;
  if (isSatisfied(evse)) return { group: base + DONE, rank: evse.plugged_at_ms };
  if (policy.order === "departure") return { group: OTHER, rank: evse.departure_ms ?? Number.MAX_SAFE_INTEGER };
  return { group: base + OTHER, rank: byRatio ? -requiredRatio(request, evse) : attainedService(request, evse) };
}

/** A car that will have all it needs even so gives its place up after half the hold: measured fairer and no dearer. */
function holdOf(request: AllocationRequest, evse: AllocationEvse, byRatio: boolean): number {
  const { hold_ms } = request.policy;
  const isCalm = byRatio && requiredRatio(request, evse) < 1;
  return isCalm ? Math.min(hold_ms, Math.max(SHORT_HOLD_MS, hold_ms / 2)) : hold_ms;
}

/**
 * Least attained service: energy so far per phase the car loads, weighted; measured better than per ampere of its maximum.
 * On skewed sites cars that use idle phases too come first.
 */
function attainedService(request: AllocationRequest, evse: AllocationEvse): number {
  const phases = Math.max(1, evse.phases.length);
  const attained = evse.attained_Wh / (phases * Math.max(evse.weight, 1e-6));
  return request.usage?.skewed === true ? attained / phases : attained;
}
