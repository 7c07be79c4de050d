import { milliamp, onPhase, perPhase } from "../units/index.ts";
import { circuitUses } from "./circuit-use.ts";
import type { Allocation, AllocationCircuit, AllocationRequest } from "./types.ts";

/**
 * Lets every circuit with a policy of its own share what its cars got in all by that policy: the sums per phase stay within
 * what was granted, so no limit above it is touched. Circuits nearest to the root first. A delta system has one policy only: equal
 * line currents could be made of other loads between the lines, which circuits above would feel.
 */
export function shareWithin(
  request: AllocationRequest,
  whole: Allocation,
  share: (request: AllocationRequest) => Allocation,
): Allocation {
  const own = request.circuits.filter((circuit) => circuit.policy !== undefined && circuit.system !== "delta");
  const ordered = own
    .map((circuit) => ({ circuit, depth: depthOf(request, circuit) }))
    .sort((a, b) => a.depth - b.depth);
  let result = whole;
  for (const { circuit } of ordered) {
    const part = merged(result, shareBelow(request, result, circuit, share));
    result = { ...part, circuits: circuitUses(request, part.grants) };
  }
  return result;
}

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
    queue: [...others, ...part.queue].map((entry, index) => ({ ...entry, place: index + 1 })),
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
