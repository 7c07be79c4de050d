import { milliamp, onPhase } from "../units/index.ts";
import type { Milliamp } from "../units/index.ts";
import type { NetworkRow } from "./network.ts";
import type { AllocationCircuit, AllocationEvse, Because } from "./types.ts";

export type Ceiling = { readonly ceiling_mA: Milliamp; readonly rungs: readonly Because[] };

/**
 * What the EVSE could have if it were alone: the box's maximum, then each bound that lowers it (cable, car, owner's cap).
 * Rungs chain: each begins where the one before ended.
 */
export function ceilingOf(evse: AllocationEvse, circuit: AllocationCircuit | undefined): Ceiling {
  let wired_mA = Number.POSITIVE_INFINITY;
  if (circuit !== undefined)
    for (const phase of evse.phases) wired_mA = Math.min(wired_mA, onPhase(circuit.limit_mA, phase));
  const start = milliamp(Math.max(evse.max_mA, Number.isFinite(wired_mA) ? wired_mA : 0));
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

/** Where a row stands in a ladder: what it is, and on which phase. */
export const rowPlace = (row: NetworkRow): { readonly ref: string; readonly phase?: NonNullable<Because["phase"]> } =>
  row.phase === null ? { ref: row.circuit.id } : { ref: row.circuit.id, phase: row.phase };

/** Written out and not spread: every car has one or two of these in every decision. */
function placed(
  kind: Because["kind"],
  { circuit, phase }: NetworkRow,
  before_mA: Milliamp,
  after_mA: Milliamp,
): Because {
  if (phase === null) return { kind, ref: circuit.id, before_mA, after_mA };
  return { kind, ref: circuit.id, phase, before_mA, after_mA };
}

/** The row as a rung: the fuse, the power limit, or whatever lowered the circuit's limit. */
export function rowRung(row: NetworkRow, before_mA: Milliamp, after_mA: Milliamp): Because {
  const lowered = row.circuit.limitedBy ?? null;
  if (row.phase !== null && lowered !== null)
    return { kind: lowered.kind, ref: lowered.ref, phase: row.phase, before_mA, after_mA };
  const power = row.circuit.powerLimitedBy ?? null;
  if (row.phase === null && power !== null) return { kind: power.kind, ref: power.ref, before_mA, after_mA };
  return placed(row.phase === null ? "circuit_power" : "circuit_phase", row, before_mA, after_mA);
}

/** What cars share of a row. Where it was lowered from outside, that is what holds them down, and it is named instead. */
export function shareRung(row: NetworkRow, before_mA: Milliamp, after_mA: Milliamp): Because {
  const { limitedBy, powerLimitedBy } = row.circuit;
  const lowered = (row.phase === null ? powerLimitedBy : limitedBy) ?? null;
  if (lowered !== null && lowered.kind !== "policy_share") return rowRung(row, before_mA, after_mA);
  return placed("policy_share", row, before_mA, after_mA);
}

/** IEC 61851-1: no charging below the minimum, so what is left below it is nothing for this car. */
export function blockedRung(evse: AllocationEvse, row: NetworkRow | null, before_mA: Milliamp): Because {
  const after_mA = milliamp(0);
  if (row === null) return { kind: "min_current", ref: evse.id, before_mA, after_mA };
  return placed("min_current", row, before_mA, after_mA);
}
