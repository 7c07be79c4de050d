import { milliamp } from "../units/index.ts";
import type { Milliamp } from "../units/index.ts";
import { requiredCurrent_mA } from "./admission.ts";
import { ceilingOf } from "./ladder.ts";
import type { Row, Rows, RowUse } from "./rows.ts";
import type { AllocationEvse, AllocationRequest, Because } from "./types.ts";

/** A share before rounding, with the ladder it will have once the final current is known. */
export type Filled = {
  readonly evse: AllocationEvse;
  /** Place in the admission order: ties in rounding go to the earlier one. */
  readonly order: number;
  readonly current_mA: Milliamp;
  readonly ceiling_mA: Milliamp;
  readonly because: (granted_mA: Milliamp) => readonly Because[];
};

type Share = {
  readonly evse: AllocationEvse;
  readonly order: number;
  readonly uses: readonly RowUse[];
  readonly weight: number;
  readonly ceiling: number;
  readonly rungs: readonly Because[];
  /** Where this pass stops for this car: its need, or its ceiling. */
  target: number;
  current: number;
  stoppedBy: Row | null;
};

/** Rows are compared with this slack, because levels are fractions of a mA until the end. */
const EPSILON = 1e-6;

/**
 * Raises everybody admitted from the minimum: first towards what each needs (all by the same fraction), then equally by
 * weight until a row is full or the car has its ceiling. Result: the weighted max-min vector above the minimum.
 */
export function fill(
  request: AllocationRequest,
  admitted: readonly AllocationEvse[],
  rows: Rows,
  voltage_V: number,
): readonly Filled[] {
  const left = new Map<Row, number>(rows.all.map((row) => [row, row.left]));
  const shares = admitted.map((evse, order) => startShare(request, evse, order, rows));
  if (request.policy.share === "need") fillNeeds({ ...request, voltage_V }, shares, left);
  for (const share of shares) share.target = share.ceiling;
  raise(shares, left, (share) => share.weight);
  return shares.map((share) => finished(share));
}

function startShare(request: AllocationRequest, evse: AllocationEvse, order: number, rows: Rows): Share {
  const { ceiling_mA, rungs } = ceilingOf(evse, request);
  const perCar = request.policy.per === "energy" ? Math.max(1, evse.phases.length) : 1;
  return {
    evse,
    order,
    uses: rows.uses.get(evse.id) ?? [],
    weight: Math.max(evse.weight, EPSILON) / perCar,
    ceiling: ceiling_mA,
    rungs,
    target: ceiling_mA,
    current: evse.min_mA,
    stoppedBy: null,
  };
}

/** Everybody's required current, all by the same fraction of it; those with nothing known stay at the minimum. */
function fillNeeds(request: AllocationRequest, shares: readonly Share[], left: Map<Row, number>): void {
  const needs = new Map<Share, number>();
  for (const share of shares) {
    const need = requiredCurrent_mA(request, share.evse);
    if (need === null) continue;
    const clipped = Math.min(Math.max(need, share.evse.min_mA), share.ceiling);
    needs.set(share, clipped);
    share.target = clipped;
  }
  const known = shares.filter((share) => needs.has(share));
  if (known.length > 0) raise(known, left, (share) => needs.get(share) ?? 1);
}

/**
 * Lifts a common level from 0; a car rises along `weight × level` once that is above what it has, and stops at its target
 * or when one of its rows is full. Every step ends at the next such event, so the result is exact, not iterated.
 */
function raise(shares: readonly Share[], left: Map<Row, number>, weightOf: (share: Share) => number): void {
  const active = new Set(shares.filter((share) => share.current < share.target - EPSILON));
  for (const share of shares) share.stoppedBy = null;
  let level = 0;
  // Each turn ends with a car or a row reached, so this bound is never met but by rounding noise; what is there then fits.
  const turns_max = 4 * (shares.length + left.size) + 16;
  for (let turn = 0; active.size > 0 && turn < turns_max; turn += 1) {
    const rising = [...active].filter((share) => weightOf(share) * level >= share.current - EPSILON);
    const load = loadPerLevel(rising, weightOf);
    const next = nextEvent(active, rising, load, left, level, weightOf);
    const step = Math.max(0, next - level);
    for (const share of rising) {
      const before = share.current;
      share.current = Math.min(share.target, before + weightOf(share) * step);
      for (const { row, coefficient } of share.uses)
        left.set(row, (left.get(row) ?? 0) - (share.current - before) * coefficient);
    }
    level = next;
    for (const share of rising) {
      const full = share.uses.find(({ row, coefficient }) => (left.get(row) ?? 0) < EPSILON * coefficient + EPSILON);
      if (share.current >= share.target - EPSILON) active.delete(share);
      else if (full !== undefined) {
        share.stoppedBy = full.row;
        active.delete(share);
      }
    }
  }
}

function loadPerLevel(rising: readonly Share[], weightOf: (share: Share) => number): ReadonlyMap<Row, number> {
  const load = new Map<Row, number>();
  for (const share of rising)
    for (const { row, coefficient } of share.uses) load.set(row, (load.get(row) ?? 0) + weightOf(share) * coefficient);
  return load;
}

function nextEvent(
  active: ReadonlySet<Share>,
  rising: readonly Share[],
  load: ReadonlyMap<Row, number>,
  left: ReadonlyMap<Row, number>,
  level: number,
  weightOf: (share: Share) => number,
): number {
  let next = Number.POSITIVE_INFINITY;
  for (const share of rising) next = Math.min(next, level + (share.target - share.current) / weightOf(share));
  for (const [row, perLevel] of load) next = Math.min(next, level + Math.max(0, left.get(row) ?? 0) / perLevel);
  const risingNow = new Set(rising);
  for (const share of active) if (!risingNow.has(share)) next = Math.min(next, share.current / weightOf(share));
  return next;
}

function finished(share: Share): Filled {
  const current_mA = milliamp(Math.floor(share.current + EPSILON));
  const because = (granted_mA: Milliamp): readonly Because[] => [
    ...share.rungs,
    ...sharingRungs(share, current_mA, granted_mA),
  ];
  return { evse: share.evse, order: share.order, current_mA, ceiling_mA: milliamp(Math.floor(share.ceiling)), because };
}

/** From the ceiling to the grant: what the full row had for cars at all, this car's share of it, the box's step. */
function sharingRungs(share: Share, current_mA: Milliamp, granted_mA: Milliamp): readonly Because[] {
  const rungs: Because[] = [];
  let at = milliamp(Math.floor(share.ceiling));
  const row = share.stoppedBy;
  if (row !== null && current_mA < at) {
    const place = row.phase === null ? { ref: row.circuitId } : { ref: row.circuitId, phase: row.phase };
    const kind = row.phase === null ? "circuit_power" : "circuit_phase";
    const coefficient = share.uses.find((use) => use.row === row)?.coefficient ?? 1;
    const alone = milliamp(Math.max(current_mA, Math.min(at, Math.floor(row.capacity / coefficient))));
    if (alone < at) rungs.push({ kind, ...place, before_mA: at, after_mA: alone });
    if (current_mA < alone) rungs.push({ kind: "policy_share", ...place, before_mA: alone, after_mA: current_mA });
    at = current_mA;
  }
  if (granted_mA !== at) rungs.push({ kind: "step_round", ref: share.evse.id, before_mA: at, after_mA: granted_mA });
  return rungs;
}
