import { take, room } from "./rows.ts";
import type { Row, Rows } from "./rows.ts";
import { ceilingOf } from "./ladder.ts";
import type { AllocationEvse, AllocationRequest } from "./types.ts";

export type Admission = {
  readonly admitted: readonly AllocationEvse[];
  /** Those that cannot have their minimum now, next one first. */
  readonly queue: readonly AllocationEvse[];
  readonly blockedBy: ReadonlyMap<string, Row>;
};

/**
 * Gives everybody their minimum in order: cars within their hold first (a pause costs: some cars never wake), then those
 * that are short of what they need, then the one that got least per ampere so far, and last those that have all they need. Books the minimum of the admitted.
 */
export function admit(request: AllocationRequest, evses: readonly AllocationEvse[], rows: Rows): Admission {
  const wanting = evses.filter((evse) => ceilingOf(evse, request).ceiling_mA >= evse.min_mA && evse.min_mA > 0);
  const order = wanting
    .map((evse) => ({ evse, key: admissionKey(request, evse) }))
    .sort(
      (a, b) =>
        a.key.group - b.key.group ||
        a.key.rank - b.key.rank ||
        a.evse.plugged_at_ms - b.evse.plugged_at_ms ||
        (a.evse.id < b.evse.id ? -1 : 1),
    );
  const admitted: AllocationEvse[] = [];
  const queue: AllocationEvse[] = [];
  const blockedBy = new Map<string, Row>();
  for (const { evse } of order) {
    const space = room(rows, evse);
    if (space.left_mA >= evse.min_mA) {
      take(rows, evse, evse.min_mA);
      admitted.push(evse);
    } else {
      queue.push(evse);
      if (space.by !== null) blockedBy.set(evse.id, space.by);
    }
  }
  return { admitted, queue, blockedBy };
}

const HOLD_GROUP = 0;
const MUST_GROUP = 1;
const OTHER_GROUP = 2;
const DONE_GROUP = 3;

function admissionKey(
  request: AllocationRequest,
  evse: AllocationEvse,
): { readonly group: number; readonly rank: number } {
  const running = evse.charging_since_ms;
  if (running !== null && request.now_ms - running < request.policy.hold_ms)
    return { group: HOLD_GROUP, rank: running };
  if (evse.needed_Wh !== null && evse.attained_Wh >= evse.needed_Wh)
    return { group: DONE_GROUP, rank: evse.plugged_at_ms };
  const ratio = requiredRatio(request, evse);
  if (request.policy.share === "need" && ratio !== null && ratio >= 1) return { group: MUST_GROUP, rank: -ratio };
  // Least attained service: energy so far per ampere of what the bay could take, weighted.
  const attained = evse.attained_Wh / (evse.max_mA * Math.max(1, evse.phases.length) * Math.max(evse.weight, 1e-6));
  return { group: OTHER_GROUP, rank: attained };
}

/** Share of its maximum that the car needs all the time until it leaves; above 1 it cannot be met. `null`: not known. */
export function requiredRatio(request: AllocationRequest, evse: AllocationEvse): number | null {
  const need = requiredCurrent_mA(request, evse);
  return need === null || evse.max_mA === 0 ? null : need / evse.max_mA;
}

/** Constant current that would deliver what is missing by the departure; `null` when nothing is known. */
export function requiredCurrent_mA(request: AllocationRequest, evse: AllocationEvse): number | null {
  if (evse.needed_Wh === null || evse.departure_ms === null) return null;
  const left_h = Math.max((evse.departure_ms - request.now_ms) / 3_600_000, 1 / 60);
  const missing_Wh = Math.max(0, evse.needed_Wh - evse.attained_Wh);
  return (missing_Wh / left_h / ((request.voltage_V ?? 230) * Math.max(1, evse.phases.length))) * 1000;
}
