import { assert, milliamp, onPhase, perPhase } from "../units/index.ts";
import { keepBalance, pathOf } from "./asymmetry.ts";
import { circuitUses, usesOf } from "./circuit-use.ts";
import { rowPlace, rowRung, shareRung } from "./ladder.ts";
import { book, compileNetwork, DEFAULT_VOLTAGE_V, leftOf } from "./network.ts";
import type { Network, NetworkRow } from "./network.ts";
import type { Share } from "./share.ts";
import type { Allocation, AllocationCircuit, AllocationRequest, Because, QueuePlace } from "./types.ts";

/**
 * Lets every circuit with a policy of its own share what its cars got in all by that policy: the sums per phase stay within
 * what was granted, so no limit above it is touched. Circuits nearest to the root first. A delta system and all below it has one policy only: equal
 * line currents could be made of other loads between the lines, which circuits above would feel. At the end the balance of
 * circuits above is kept once more.
 */
export function shareWithin(
  request: AllocationRequest,
  whole: Allocation,
  share: (request: AllocationRequest) => Allocation,
): Allocation {
  const byId = new Map(request.circuits.map((circuit) => [circuit.id, circuit]));
  const ruled = request.circuits.filter(
    ({ id, policy }) => policy !== undefined && pathOf(byId, id).every(({ system }) => system !== "delta"),
  );
  const ordered = ruled
    .map((circuit) => ({ circuit, depth: depthOf(request, circuit) }))
    .sort((a, b) => a.depth - b.depth || (a.circuit.id < b.circuit.id ? -1 : 1));
  if (ordered.length === 0) return whole;
  // The wires are the same each time: they are compiled once, and what is on them is booked anew.
  const network = compileNetwork(request.circuits, request.evses, request.voltage_V ?? DEFAULT_VOLTAGE_V);
  let result = whole;
  for (const { circuit } of ordered) {
    const part = merged(result, shareBelow(request, result, circuit, share));
    bookGrants(network, part);
    result = { ...part, circuits: usesOf(request, network) };
  }
  const own = ordered.map(({ circuit }) => circuit);
  return withTrueReasons(request, network, inBalance(request, result), own);
}

/** Afterwards exactly these grants are booked. */
function bookGrants(network: Network, { grants }: Allocation): void {
  network.laneA.fill(0);
  network.laneB.fill(0);
  grants.forEach(({ current_mA }, index) => {
    book(network, index, current_mA);
  });
}

/** The policy of the main circuit is the one of the whole site. */
export function withPolicyOfMain(request: AllocationRequest): AllocationRequest {
  const main = request.circuits.find((circuit) => circuit.parent === null);
  if (main?.policy === undefined) return request;
  const { policy, ...plain } = main;
  return { ...request, policy, circuits: request.circuits.map((circuit) => (circuit === main ? plain : circuit)) };
}

/**
 * Who shares what a circuit with a policy of its own got is held down by what it got, which is less than its fuse where
 * another row is full: of all that the car loads the fullest one is named.
 */
function withTrueReasons(
  request: AllocationRequest,
  network: Network,
  result: Allocation,
  own: readonly AllocationCircuit[],
): Allocation {
  bookGrants(network, result);
  const byId = new Map(request.circuits.map((circuit) => [circuit.id, circuit]));
  const cars = new Map(request.evses.map((evse, index) => [evse.id, { evse, index }]));
  const toldTo = <T extends { readonly evse: string; readonly because: readonly Because[] }>(one: T): T => {
    const car = cars.get(one.evse);
    const path = car === undefined ? [] : pathOf(byId, car.evse.circuit);
    const at = path.findIndex((circuit) => own.includes(circuit));
    const root = path[at];
    if (car === undefined || root === undefined) return one;
    const within = new Set(path.slice(0, at + 1));
    return {
      ...one,
      because: one.because.map((rung) => {
        if (!isOfPart(rung, root)) return rung;
        return trueRung(rung, fullestRow(request, network, car.index), { root, within });
      }),
    };
  };
  return { ...result, grants: result.grants.map(toldTo), queue: result.queue.map(toldTo) };
}

/** True for a rung about what the circuit got: as a limit, as a share of it, or as too little of it. */
const isOfPart = ({ kind, ref, phase }: Because, root: AllocationCircuit): boolean =>
  phase !== undefined &&
  ((kind === "min_current" && ref === root.id) ||
    (kind === "policy_share" && (ref === root.id || ref === root.parent)));

function trueRung(
  { kind, ref, before_mA, after_mA }: Because,
  row: NetworkRow,
  of: { readonly root: AllocationCircuit; readonly within: ReadonlySet<AllocationCircuit> },
): Because {
  if (kind === "min_current") return { kind, ...rowPlace(row), before_mA, after_mA };
  const isLimit = ref === of.root.parent && of.within.has(row.circuit);
  return isLimit ? rowRung(row, before_mA, after_mA) : shareRung(row, before_mA, after_mA);
}

/** Of the rows that a car loads the one with least left for it; of those that are equally full the nearest. */
function fullestRow(request: AllocationRequest, network: Network, index: number): NetworkRow {
  const voltage_V = request.voltage_V ?? DEFAULT_VOLTAGE_V;
  let fullest: NetworkRow | undefined;
  let least_mA = Infinity;
  for (let use = network.first[index] ?? 0; use < (network.first[index + 1] ?? 0); use += 1) {
    const at = network.useRow[use] ?? 0;
    const row = network.rows[at];
    if (row === undefined) continue;
    // A power limit as the current it leaves to each phase of the car.
    const per = row.phase === null ? Math.max(voltage_V, network.useA[use] ?? 0) : 1;
    const left_mA = leftOf(network, at) / per;
    if (left_mA < least_mA) [fullest, least_mA] = [row, left_mA];
  }
  assert(fullest !== undefined, "a car loads the lines of its circuit");
  return fullest;
}

/** Sums per phase can only have become less, but that too can put a circuit above out of balance. */
function inBalance(request: AllocationRequest, result: Allocation): Allocation {
  const shares = request.evses.map((evse, index): Share => {
    const ceiling_mA = result.grants[index]?.current_mA ?? milliamp(0);
    return { evse, index, ceiling_mA, rungs: [], blockedBy: -1 };
  });
  const free = shares.filter(({ evse }) => !evse.reserved);
  const capped = keepBalance(request, free, new Map(free.map((share) => [share, share.ceiling_mA])));
  if (capped.size === 0) return result;
  const rungs = new Map(
    [...capped].map(([{ evse }, cap]): readonly [string, Because] => {
      const { circuitId: ref, phase, before_mA, after_mA } = cap;
      return [evse.id, { kind: "asymmetry", ref, phase, before_mA, after_mA }];
    }),
  );
  const grants = result.grants.map((grant) => {
    const rung = rungs.get(grant.evse);
    return rung === undefined ? grant : { ...grant, current_mA: rung.after_mA, because: [...grant.because, rung] };
  });
  const stopped = [...capped].flatMap(([{ evse }, { circuitId: ref, phase, after_mA }]) => {
    if (after_mA > 0 || evse.min_mA <= 0 || evse.finished === true) return [];
    const because: readonly Because[] = [{ kind: "asymmetry", ref, phase, before_mA: evse.min_mA, after_mA }];
    return [{ evse: evse.id, because }];
  });
  return { grants, queue: inPlaces([...result.queue, ...stopped]), circuits: circuitUses(request, grants) };
}

const inPlaces = (queue: readonly Omit<QueuePlace, "place">[]): readonly QueuePlace[] =>
  queue.map((entry, index) => ({ ...entry, place: index + 1 }));

function shareBelow(
  request: AllocationRequest,
  result: Allocation,
  root: AllocationCircuit,
  share: (request: AllocationRequest) => Allocation,
): Allocation {
  const below = subtree(request, root);
  const uses = new Map(result.circuits.map((use) => [use.id, use]));
  const granted = uses.get(root.id)?.granted_mA ?? [milliamp(0), milliamp(0), milliamp(0)];
  const given = perPhase((phase) => milliamp(onPhase(granted, phase) + onPhase(root.otherLoad_mA, phase)));
  const limit_mA = perPhase((phase) => milliamp(Math.min(onPhase(root.limit_mA, phase), onPhase(given, phase))));
  const from = root.parent;
  const lowered: AllocationCircuit = {
    ...root,
    parent: null,
    limit_mA,
    ...(from === null ? {} : { limitedBy: { kind: "policy_share", ref: from } }),
  };
  return share({
    ...request,
    policy: root.policy ?? request.policy,
    circuits: request.circuits.filter(({ id }) => below.has(id)).map((one) => (one.id === root.id ? lowered : one)),
    evses: request.evses.filter((evse) => below.has(evse.circuit)),
  });
}

/** The new answer for the circuits and EVSEs it is about, the old one for the rest; places in the queue are counted anew. */
function merged(whole: Allocation, part: Allocation): Allocation {
  const grants = new Map(part.grants.map((grant) => [grant.evse, grant]));
  const others = whole.queue.filter(({ evse }) => !grants.has(evse));
  return {
    grants: whole.grants.map((grant) => grants.get(grant.evse) ?? grant),
    queue: inPlaces([...others, ...part.queue]),
    circuits: whole.circuits,
  };
}

function subtree(request: AllocationRequest, root: AllocationCircuit): ReadonlySet<string> {
  const found = new Set([root.id]);
  for (let before = 0; before < found.size;) {
    before = found.size;
    for (const { id, parent } of request.circuits) if (parent !== null && found.has(parent)) found.add(id);
  }
  return found;
}

function depthOf(request: AllocationRequest, circuit: AllocationCircuit): number {
  const parents = new Map(request.circuits.map(({ id, parent }) => [id, parent]));
  let depth = 0;
  for (let next = circuit.parent; next !== null && depth <= parents.size; next = parents.get(next) ?? null) depth += 1;
  return depth;
}
