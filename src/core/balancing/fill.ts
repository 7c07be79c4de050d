import { admissionOrder } from "./admission.ts";
import { followsNeeds, isSatisfied, requiredCurrent_mA } from "./demand.ts";
import { book, roomOf } from "./network.ts";
import type { Network } from "./network.ts";
import { onGrid } from "./rounding.ts";
import type { Share } from "./share.ts";
import type { AllocationEvse, AllocationRequest } from "./types.ts";
import { raise } from "./water-fill.ts";
import type { Water } from "./water-fill.ts";

const WEIGHT_MIN = 1e-6;

/** Everybody's share in whole or broken mA, in the arrays of the water; all of it is booked on the network. */
export function startWater(evses: readonly AllocationEvse[]): Water {
  return {
    members: [],
    current: new Float64Array(evses.length),
    target: new Float64Array(evses.length),
    weight: new Float64Array(evses.length),
    stoppedBy: new Int32Array(evses.length).fill(-1),
  };
}

/**
 * Raises everybody admitted from the minimum, as the policy says: towards what each needs (all by the same fraction), then
 * equally by weight until a row is full or the car has its ceiling.
 */
export function fill(request: AllocationRequest, admitted: readonly Share[], network: Network, water: Water): void {
  const { policy } = request;
  for (const { index, evse } of admitted) water.current[index] = evse.min_mA;
  if (policy.order === "departure") fillByDeparture(request, admitted, network, water);
  for (const group of policy.order === "priority" ? byClass(admitted) : [admitted]) {
    if (followsNeeds(policy, request.usage) && policy.order !== "departure") fillNeeds(request, group, network, water);
    fillFairly(request, group, network, water);
  }
}

/**
 * Each takes all it can in the order of arrival; who finds less than the minimum waits. Returns admitted and queue; what
 * the box's step cannot give of a share is booked for nobody, so that it belongs to the next in line.
 */
export function serveInOrder(
  request: AllocationRequest,
  shares: readonly Share[],
  network: Network,
  water: Water,
): { readonly admitted: readonly Share[]; readonly queue: readonly Share[] } {
  const admitted: Share[] = [];
  const queue: Share[] = [];
  for (const share of admissionOrder(request, shares)) {
    const { left_mA, row } = roomOf(network, share.index);
    if (left_mA < share.evse.min_mA || left_mA <= 0) {
      share.blockedBy = row;
      queue.push(share);
      continue;
    }
    const most = Math.min(share.ceiling_mA, left_mA);
    book(network, share.index, onGrid(share, most));
    water.current[share.index] = most;
    if (most < share.ceiling_mA) water.stoppedBy[share.index] = row;
    admitted.push(share);
  }
  return { admitted, queue };
}

function byClass(shares: readonly Share[]): readonly (readonly Share[])[] {
  const classes = Map.groupBy(shares, ({ evse }) => evse.priorityClass ?? 0);
  return [...classes].sort(([a], [b]) => b - a).map(([, members]) => members);
}

/** Everybody's required current, all by the same fraction of it; those with nothing known stay at the minimum. */
function fillNeeds(request: AllocationRequest, shares: readonly Share[], network: Network, water: Water): void {
  const members: number[] = [];
  for (const { evse, index, ceiling_mA } of shares) {
    const need = requiredCurrent_mA(request, evse);
    if (need === null) continue;
    const clipped = Math.min(Math.max(need, evse.min_mA), ceiling_mA);
    water.target[index] = clipped;
    water.weight[index] = Math.max(clipped, WEIGHT_MIN);
    members.push(index);
  }
  raise(network, { ...water, members });
}

function fillFairly(request: AllocationRequest, shares: readonly Share[], network: Network, water: Water): void {
  for (const { evse, index, ceiling_mA } of shares) {
    const perCar = request.policy.per === "energy" ? Math.max(1, evse.phases.length) : 1;
    water.target[index] = ceiling_mA;
    water.weight[index] = Math.max(evse.weight, WEIGHT_MIN) / perCar;
  }
  raise(network, { ...water, members: shares.map(({ index }) => index) });
}

/** Who leaves first has its required current first. */
function fillByDeparture(request: AllocationRequest, shares: readonly Share[], network: Network, water: Water): void {
  const leaving = shares.filter(({ evse }) => evse.departure_ms !== null && !isSatisfied(evse));
  const order = [...leaving].sort(
    (a, b) => (a.evse.departure_ms ?? 0) - (b.evse.departure_ms ?? 0) || (a.evse.id < b.evse.id ? -1 : 1),
  );
  for (const { evse, index, ceiling_mA } of order) {
    const at = water.current[index] ?? 0;
    const need = Math.min(requiredCurrent_mA(request, evse) ?? 0, ceiling_mA);
    const more = Math.min(need - at, roomOf(network, index).left_mA);
    if (more <= 0) continue;
    book(network, index, more);
    water.current[index] = at + more;
  }
}
