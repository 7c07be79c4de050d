import { milliamp, onPhase } from "../units/index.ts";
import type { Milliamp } from "../units/index.ts";
import type { AllocationEvse, AllocationRequest, Because } from "./types.ts";

/**
 * What the EVSE could have if it were alone: the box's maximum, then each bound that lowers it (cable, car, owner's cap).
 * Rungs chain: each begins where the one before ended.
 */
export function ceilingOf(
  evse: AllocationEvse,
  request: AllocationRequest,
): { readonly ceiling_mA: Milliamp; readonly rungs: readonly Because[] } {
  const circuit = request.circuits.find((candidate) => candidate.id === evse.circuit);
  const wired = circuit === undefined ? [] : evse.phases.map((phase) => onPhase(circuit.limit_mA, phase));
  const start = milliamp(Math.max(evse.max_mA, wired.length === 0 ? 0 : Math.min(...wired)));
  const rungs: Because[] = [{ kind: "evse_max", ref: evse.id, before_mA: start, after_mA: evse.max_mA }];
  let ceiling_mA = evse.max_mA;
  for (const bound of evse.bounds ?? []) {
    if (bound.max_mA >= ceiling_mA) continue;
    // IEC 61851-1: below the minimum means no charging at all.
    const after_mA = bound.max_mA < evse.min_mA ? milliamp(0) : bound.max_mA;
    rungs.push({ kind: bound.kind, ref: bound.ref, before_mA: ceiling_mA, after_mA });
    ceiling_mA = after_mA;
  }
  return { ceiling_mA, rungs };
}
