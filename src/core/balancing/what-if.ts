import { milliamp } from "../units/index.ts";
import type { Milliamp, PerPhase, Phase } from "../units/index.ts";
import { allocate } from "./allocate.ts";
import { weightFor } from "./policy.ts";
import type { Allocation, AllocationEvse, AllocationRequest, Policy } from "./types.ts";

/** One thing that could be otherwise. `first`: this car has all it can take before anybody else has anything. */
export type Change =
  | { readonly kind: "limit"; readonly circuit: string; readonly limit_mA: PerPhase<Milliamp> }
  /** `circuit: null`: the rule of the site; `policy: null`: as the circuit above. */
  | { readonly kind: "policy"; readonly circuit: string | null; readonly policy: Policy | null }
  | { readonly kind: "first"; readonly evse: string }
  | { readonly kind: "phases"; readonly evse: string; readonly phases: readonly Phase[] };

/** What one car has and what it would have; places are those in the queue, `null`: not in it. */
export type Difference = {
  readonly evse: string;
  readonly before_mA: Milliamp;
  readonly after_mA: Milliamp;
  readonly placeBefore: number | null;
  readonly placeAfter: number | null;
};

/** The allocator's answer to the same request with one change, beside the answer without it; every EVSE of the request is in it. */
export const whatIf = (request: AllocationRequest, change: Change): readonly Difference[] =>
  differences(allocate(request), allocate(changed(request, change)));

function differences(before: Allocation, after: Allocation): readonly Difference[] {
  const then = new Map(after.grants.map((grant) => [grant.evse, grant.current_mA]));
  const place = (allocation: Allocation, evse: string): number | null =>
    allocation.queue.find((entry) => entry.evse === evse)?.place ?? null;
  return before.grants.map(({ evse, current_mA }) => ({
    evse,
    before_mA: current_mA,
    after_mA: then.get(evse) ?? milliamp(0),
    placeBefore: place(before, evse),
    placeAfter: place(after, evse),
  }));
}

function changed(request: AllocationRequest, change: Change): AllocationRequest {
  switch (change.kind) {
    case "limit":
      return {
        ...request,
        circuits: request.circuits.map((circuit) =>
          circuit.id === change.circuit ? { ...circuit, limit_mA: change.limit_mA } : circuit,
        ),
      };
    case "policy":
      return withPolicy(request, change.circuit, change.policy);
    case "phases":
      return withEvse(request, change.evse, { phases: change.phases });
    case "first":
      return withFirst(request, change.evse);
  }
}

const withEvse = (request: AllocationRequest, id: string, more: Partial<AllocationEvse>): AllocationRequest => ({
  ...request,
  evses: request.evses.map((evse) => (evse.id === id ? { ...evse, ...more } : evse)),
});

function withPolicy(request: AllocationRequest, circuitId: string | null, policy: Policy | null): AllocationRequest {
  if (circuitId !== null)
    return {
      ...request,
      circuits: request.circuits.map((circuit) => {
        if (circuit.id !== circuitId) return circuit;
        const { policy: _, ...inherits } = circuit;
        return policy === null ? inherits : { ...inherits, policy };
      }),
    };
  if (policy === null) return request;
  return {
    ...request,
    policy,
    evses: request.evses.map((evse) =>
      evse.priorityClass === undefined ? evse : { ...evse, weight: weightFor(policy, evse.priorityClass) },
    ),
  };
}

/** Alone with what is reserved it has what it can have at most; that is then kept for it, and the others share the rest. */
function withFirst(request: AllocationRequest, id: string): AllocationRequest {
  const alone = allocate({ ...request, evses: request.evses.filter((evse) => evse.id === id || evse.reserved) });
  const most = alone.grants.find((grant) => grant.evse === id)?.current_mA;
  const own = request.evses.find((evse) => evse.id === id);
  if (most === undefined || own === undefined || own.reserved) return request;
  return withEvse(request, id, { reserved: { current_mA: most, kind: "manual" } });
}
