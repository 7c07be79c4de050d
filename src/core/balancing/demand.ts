import type { AllocationEvse, AllocationRequest, Policy } from "./types.ts";

/** What a car is taken for of which nothing is known, beside cars of which something is (balancing.md §3.3). */
const USUAL_STAY_MS = 8 * 3_600_000;
const USUAL_NEED_WH = 20_000;
/** A departure that has passed means: due now, within one more tick of the slowest meter. */
const DUE_NOW_H = 5 / 60;
const HOUR_MS = 3_600_000;

type Moment = Pick<AllocationRequest, "now_ms" | "voltage_V">;

/** Constant current that would deliver what is missing by the departure, in mA; `null` when nothing is known. */
export function requiredCurrent_mA(moment: Moment, evse: AllocationEvse): number | null {
  if (evse.needed_Wh === null || evse.departure_ms === null) return null;
  return current_mA(moment, evse, evse.needed_Wh, evse.departure_ms);
}

/** Share of its maximum that the car needs all the time until it leaves; above 1 it cannot be met. Unknown cars as usual ones. */
export function requiredRatio(moment: Moment, evse: AllocationEvse): number {
  const needed_Wh = evse.needed_Wh ?? Math.max(USUAL_NEED_WH, evse.attained_Wh);
  const departure_ms = evse.departure_ms ?? Math.max(evse.plugged_at_ms + USUAL_STAY_MS, moment.now_ms + HOUR_MS);
  return current_mA(moment, evse, needed_Wh, departure_ms) / Math.max(1, evse.max_mA);
}

function current_mA(moment: Moment, evse: AllocationEvse, needed_Wh: number, departure_ms: number): number {
  const left_h = Math.max((departure_ms - moment.now_ms) / HOUR_MS, DUE_NOW_H);
  const missing_Wh = Math.max(0, needed_Wh - evse.attained_Wh);
  return (missing_Wh / left_h / ((moment.voltage_V ?? 230) * Math.max(1, evse.phases.length))) * 1000;
}

/**
 * Whether what cars need decides. Not on a skewed site: there the needs of many single-phase cars on one phase keep idle
 * phases idle, and equal sharing gave 2 to 14 % more energy at every level of information (B4 with the 6 A rule).
 */
export const followsNeeds = (policy: Policy, usage: AllocationRequest["usage"]): boolean =>
  policy.share === "need" && usage?.skewed !== true;

/** True when the car has all it is known to need. */
export const isSatisfied = (evse: AllocationEvse): boolean =>
  evse.needed_Wh !== null && evse.attained_Wh >= evse.needed_Wh;
