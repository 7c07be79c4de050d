import { assert, floorToStep, milliamp, onPhase, PHASES } from "../units/index.ts";
import type { Milliamp } from "../units/index.ts";
import { admit } from "./admission.ts";
import { ceilingOf } from "./ladder.ts";
import { buildRows, room, take } from "./rows.ts";
import type { Row, Rows } from "./rows.ts";
import type { Allocation, AllocationEvse, AllocationRequest, Because, CircuitUse, Grant, QueuePlace } from "./types.ts";
import { fill } from "./water-fill.ts";
import type { Filled } from "./water-fill.ts";

const DEFAULT_VOLTAGE_V = 230;

/**
 * Shares what every circuit and phase has left: minimum current first in order of admission, then what is needed, then
 * equal by weight (max-min). What holds afterwards: no row hands out more than it has, each grant is 0 or between the
 * EVSE's minimum and maximum on its step grid, and its ladder ends at the grant. Pure: same request, same answer.
 */
export function allocate(request: AllocationRequest): Allocation {
  const voltage_V = request.voltage_V ?? DEFAULT_VOLTAGE_V;
  const rows = buildRows(request, voltage_V);
  const sharing = request.evses.filter((evse) => (evse.reserved ?? null) === null);
  for (const evse of request.evses) if (evse.reserved) take(rows, evse, evse.reserved.current_mA);

  const admission = admit(request, sharing, rows);
  const filled = fill(request, admission.admitted, rows, voltage_V);
  const rounded = roundToSteps(filled, rows);

  const grants = request.evses.map((evse): Grant => {
    const share = rounded.get(evse.id);
    if (share !== undefined) return share;
    if (evse.reserved) return reservedGrant(evse, request);
    return queuedGrant(evse, request, admission.blockedBy.get(evse.id) ?? null);
  });
  const queue = admission.queue.map((evse, index): QueuePlace => ({
    evse: evse.id,
    place: index + 1,
    because: blockedRung(evse, admission.blockedBy.get(evse.id) ?? null, evse.min_mA),
  }));
  for (const row of rows.all) assert(row.left >= 0, "a circuit never hands out more than it has");
  return { grants, queue, circuits: request.circuits.map((circuit) => circuitUse(circuit.id, request, grants)) };
}

/** Down to the step grid above the minimum; left-over steps go to the largest remainder that still fits. */
function roundToSteps(filled: readonly Filled[], rows: Rows): Map<string, Grant> {
  const onGrid = filled.map((share) => {
    const above = floorToStep(milliamp(share.current_mA - share.evse.min_mA), share.evse.step_mA);
    const current_mA = milliamp(share.evse.min_mA + above);
    return { ...share, current_mA, lost_mA: share.current_mA - current_mA };
  });
  for (const share of onGrid) take(rows, share.evse, milliamp(share.current_mA - share.evse.min_mA));
  const byLoss = [...onGrid].sort((a, b) => b.lost_mA - a.lost_mA || a.order - b.order);
  const raised = new Set<string>();
  for (const share of byLoss) {
    const { evse } = share;
    const next = share.current_mA + evse.step_mA;
    if (evse.step_mA <= 0 || share.lost_mA <= 0 || next > share.ceiling_mA || room(rows, evse).left_mA < evse.step_mA)
      continue;
    take(rows, evse, evse.step_mA);
    raised.add(evse.id);
  }
  return new Map(
    onGrid.map((share) => {
      const current_mA = raised.has(share.evse.id) ? milliamp(share.current_mA + share.evse.step_mA) : share.current_mA;
      const because = share.because(current_mA);
      return [share.evse.id, { evse: share.evse.id, current_mA, because }];
    }),
  );
}

function reservedGrant(evse: AllocationEvse, request: AllocationRequest): Grant {
  assert(evse.reserved !== undefined && evse.reserved !== null, "only a reserved EVSE gets a reserved grant");
  const { rungs, ceiling_mA } = ceilingOf(evse, request);
  const { current_mA, kind } = evse.reserved;
  return {
    evse: evse.id,
    current_mA,
    because: [...rungs, { kind, ref: evse.id, before_mA: ceiling_mA, after_mA: current_mA }],
  };
}

function queuedGrant(evse: AllocationEvse, request: AllocationRequest, blockedBy: Row | null): Grant {
  const { rungs, ceiling_mA } = ceilingOf(evse, request);
  const last = ceiling_mA === 0 ? [] : blockedRung(evse, blockedBy, ceiling_mA);
  return { evse: evse.id, current_mA: milliamp(0), because: [...rungs, ...last] };
}

/** IEC 61851-1: no charging below 6 A, so what is left below the minimum is nothing for this car. */
function blockedRung(evse: AllocationEvse, blockedBy: Row | null, before_mA: Milliamp): readonly Because[] {
  const after_mA = milliamp(0);
  if (blockedBy === null) return [{ kind: "min_current", ref: evse.id, before_mA, after_mA }];
  return blockedBy.phase === null
    ? [{ kind: "min_current", ref: blockedBy.circuitId, before_mA, after_mA }]
    : [{ kind: "min_current", ref: blockedBy.circuitId, phase: blockedBy.phase, before_mA, after_mA }];
}

function circuitUse(id: string, request: AllocationRequest, grants: readonly Grant[]): CircuitUse {
  const circuit = request.circuits.find((candidate) => candidate.id === id);
  assert(circuit !== undefined, "a circuit of the request");
  const below = belowCircuit(request, id);
  const granted = PHASES.map((phase) =>
    grants.reduce((sum, grant) => {
      const evse = below.get(grant.evse);
      return evse?.phases.includes(phase) === true ? sum + grant.current_mA : sum;
    }, 0),
  );
  const [l1 = 0, l2 = 0, l3 = 0] = granted;
  const used = [l1, l2, l3] as const;
  const free = PHASES.map((phase, index) =>
    Math.max(0, onPhase(circuit.limit_mA, phase) - onPhase(circuit.otherLoad_mA, phase) - (used[index] ?? 0)),
  );
  const [f1 = 0, f2 = 0, f3 = 0] = free;
  return {
    id,
    limit_mA: circuit.limit_mA,
    granted_mA: [milliamp(l1), milliamp(l2), milliamp(l3)],
    free_mA: [milliamp(f1), milliamp(f2), milliamp(f3)],
  };
}

function belowCircuit(request: AllocationRequest, circuitId: string): ReadonlyMap<string, AllocationEvse> {
  const parents = new Map(request.circuits.map((circuit) => [circuit.id, circuit.parent]));
  const isBelow = (start: string): boolean => {
    let next: string | null | undefined = start;
    for (let depth = 0; next !== null && next !== undefined && depth <= parents.size; depth += 1) {
      if (next === circuitId) return true;
      next = parents.get(next);
    }
    return false;
  };
  return new Map(request.evses.filter((evse) => isBelow(evse.circuit)).map((evse) => [evse.id, evse]));
}
