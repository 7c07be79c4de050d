import { assert, onPhase, PHASES } from "../units/index.ts";
import type { Phase } from "../units/index.ts";
import type { AllocationCircuit, AllocationEvse } from "./types.ts";

// The site's wires as arrays, because the allocator and the guard walk over them several times a second. A row is one
// thing that can run out. Everything that loads it is summed in one lane, or in two where currents of a delta system meet
// at 60 degrees: its load is then √(a² + b² + ab), which is plain `a` where the second lane stays empty.

/** Where an EVSE hangs and which phases it loads. */
export type Wired = Pick<AllocationEvse, "id" | "circuit" | "phases">;

/** A phase of a circuit in mA, or a circuit's power in mA·V (phase `null`). */
export type NetworkRow = {
  readonly circuit: AllocationCircuit;
  readonly phase: Phase | null;
  /** What EVSEs may use in all, ≥ 0. */
  readonly capacity: number;
};

export type Network = {
  readonly rows: readonly NetworkRow[];
  /** Capacities of the rows once more, for the loops. */
  readonly capacity: Float64Array;
  readonly laneA: Float64Array;
  readonly laneB: Float64Array;
  /** Uses of EVSE i: entries `first[i]` up to `first[i + 1]` of the next three. */
  readonly first: Int32Array;
  readonly useRow: Int32Array;
  readonly useA: Float64Array;
  readonly useB: Float64Array;
};

/** Line to neutral (star) or line to line (delta), where a request names none. */
export const DEFAULT_VOLTAGE_V = 230;
/** Rows are compared with this slack: levels are fractions of a mA until the end. */
export const EPSILON = 1e-6;
const ROWS_PER_CIRCUIT = 4;
const SQRT3 = Math.sqrt(3);

/** Compiles circuits and EVSEs; nothing is booked yet. Throws when a circuit is missing or in a cycle: check before. */
export function compileNetwork(
  circuits: readonly AllocationCircuit[],
  evses: readonly Wired[],
  voltage_V: number,
): Network {
  const at = new Map(circuits.map((circuit, index) => [circuit.id, index]));
  const parents = circuits.map((circuit) => (circuit.parent === null ? -1 : indexOf(at, circuit.parent)));
  const rows = circuits.flatMap((circuit) => rowsOf(circuit, voltage_V));
  const rowAt = firstRows(circuits);
  // EVSEs on the same circuit and phases load the same rows alike: what these are is found out once.
  const known = new Map<number, Uses>();
  let total = 0;
  const usesOfEach = evses.map((evse): Uses => {
    const leaf = indexOf(at, evse.circuit);
    const key = leaf * PHASE_SETS + phaseSetOf(evse.phases);
    const before = known.get(key);
    const uses = before ?? pathUses(circuits, parents, rowAt, leaf, evse.phases, voltage_V);
    if (before === undefined) known.set(key, uses);
    total += uses.row.length;
    return uses;
  });
  const first = new Int32Array(evses.length + 1);
  const useRow = new Int32Array(total);
  const useA = new Float64Array(total);
  const useB = new Float64Array(total);
  let next = 0;
  usesOfEach.forEach(({ row, a, b }, index) => {
    // A handful each: a plain loop is several times faster than `set`.
    for (let use = 0; use < row.length; use += 1, next += 1) {
      useRow[next] = row[use] ?? 0;
      useA[next] = a[use] ?? 0;
      useB[next] = b[use] ?? 0;
    }
    first[index + 1] = next;
  });
  return {
    rows,
    capacity: Float64Array.from(rows, (one) => one.capacity),
    laneA: new Float64Array(rows.length),
    laneB: new Float64Array(rows.length),
    first,
    useRow,
    useA,
    useB,
  };
}

const PHASE_SETS = 8;

const phaseSetOf = (phases: readonly Phase[]): number =>
  (phases.includes("L1") ? 1 : 0) + (phases.includes("L2") ? 2 : 0) + (phases.includes("L3") ? 4 : 0);

/** What an EVSE on these phases loads on its circuit and on all above. */
function pathUses(
  circuits: readonly AllocationCircuit[],
  parents: readonly number[],
  rowAt: Int32Array,
  leaf: number,
  phases: readonly Phase[],
  voltage_V: number,
): Uses {
  const uses: Uses = { row: [], a: [], b: [] };
  let next = leaf;
  for (let depth = 0; next >= 0; depth += 1) {
    assert(depth <= circuits.length, "circuits form a tree");
    const circuit = circuits[next];
    if (circuit !== undefined) addUses(circuit, phases, voltage_V, rowAt[next] ?? 0, uses);
    next = parents[next] ?? -1;
  }
  return uses;
}

function indexOf(at: ReadonlyMap<string, number>, id: string): number {
  const index = at.get(id);
  assert(index !== undefined, `circuit ${id} exists`);
  return index;
}

/** Where each circuit's rows begin: L1, L2, L3, and its power where that is limited. */
export function firstRows(circuits: readonly AllocationCircuit[]): Int32Array {
  const first = new Int32Array(circuits.length);
  let next = 0;
  circuits.forEach((circuit, index) => {
    first[index] = next;
    next += (circuit.limit_W ?? null) === null ? ROWS_PER_CIRCUIT - 1 : ROWS_PER_CIRCUIT;
  });
  return first;
}

function rowsOf(circuit: AllocationCircuit, voltage_V: number): readonly NetworkRow[] {
  const lines = PHASES.map((phase): NetworkRow => {
    const capacity = Math.max(0, onPhase(circuit.limit_mA, phase) - onPhase(circuit.otherLoad_mA, phase));
    return { circuit, phase, capacity };
  });
  const limit_W = circuit.limit_W ?? null;
  if (limit_W === null) return lines;
  const sum_mA = PHASES.reduce((sum, phase) => sum + onPhase(circuit.otherLoad_mA, phase), 0);
  // Delta: three equal line currents I carry √3·U·I, that is U/√3 for each of the three.
  const other = sum_mA * (circuit.system === "delta" ? voltage_V / SQRT3 : voltage_V);
  return [...lines, { circuit, phase: null, capacity: Math.max(0, limit_W * 1000 - other) }];
}

type Uses = { readonly row: number[]; readonly a: number[]; readonly b: number[] };

function addUses(
  circuit: AllocationCircuit,
  phases: readonly Phase[],
  voltage_V: number,
  base: number,
  uses: Uses,
): void {
  const add = (row: number, a: number, b: number): void => {
    uses.row.push(row);
    uses.a.push(a);
    uses.b.push(b);
  };
  const pairs = circuit.system === "delta" ? pairsOf(phases) : null;
  PHASES.forEach((phase, index) => {
    if (pairs === null) {
      if (phases.includes(phase)) add(base + index, 1, 0);
      return;
    }
    // The line meets the pair that begins with it and the pair that ends with it.
    const begins = pairs[index] === true ? 1 : 0;
    const ends = pairs[(index + 2) % 3] === true ? 1 : 0;
    if (begins + ends > 0) add(base + index, begins, ends);
  });
  if ((circuit.limit_W ?? null) === null) return;
  const loads = pairs === null ? phases.length : pairs.filter(Boolean).length;
  add(base + 3, loads * voltage_V, 0);
}

/** Loads between L1-L2, L2-L3, L3-L1. One line alone cannot carry a load: it is taken with the next one. */
function pairsOf(phases: readonly Phase[]): readonly [boolean, boolean, boolean] {
  const on = PHASES.map((phase) => phases.includes(phase));
  const [l1 = false, l2 = false, l3 = false] = on;
  switch (on.filter(Boolean).length) {
    case 0:
      return [false, false, false];
    case 1:
      return [l1, l2, l3];
    case 2:
      return [l1 && l2, l2 && l3, l3 && l1];
    default:
      return [true, true, true];
  }
}

/** Load of a row with what is booked on it. */
export function loadOf(network: Network, row: number): number {
  return length(network.laneA[row] ?? 0, network.laneB[row] ?? 0);
}

/** What is left on a row; below zero where more is booked than there is. */
export const leftOf = (network: Network, row: number): number => (network.capacity[row] ?? 0) - loadOf(network, row);

/** √(a² + b² + ab): two currents that meet at 60 degrees. */
export const length = (a: number, b: number): number => (b === 0 ? Math.abs(a) : Math.sqrt(a * a + b * b + a * b));

/**
 * How far along (perA, perB) the row can go from (a, b) before its load reaches the capacity: 0 when it is there already,
 * infinite when the direction does not load it.
 */
export function reach(a: number, b: number, perA: number, perB: number, capacity: number): number {
  if (perB === 0 && b === 0) return perA <= 0 ? Number.POSITIVE_INFINITY : Math.max(0, capacity - a) / perA;
  const square = perA * perA + perB * perB + perA * perB;
  if (square <= 0) return Number.POSITIVE_INFINITY;
  const half = (2 * a * perA + 2 * b * perB + a * perB + b * perA) / 2;
  const rest = a * a + b * b + a * b - capacity * capacity;
  if (rest >= 0) return 0;
  return Math.max(0, (Math.sqrt(half * half - square * rest) - half) / square);
}

/** How many mA more EVSE `index` could have, and the row that ends it (-1: none). */
export function roomOf(network: Network, index: number): { readonly left_mA: number; readonly row: number } {
  let left_mA = Number.POSITIVE_INFINITY;
  let row = -1;
  const end = network.first[index + 1] ?? 0;
  for (let use = network.first[index] ?? 0; use < end; use += 1) {
    const here = network.useRow[use] ?? 0;
    const a = network.laneA[here] ?? 0;
    const b = network.laneB[here] ?? 0;
    const more = reach(a, b, network.useA[use] ?? 0, network.useB[use] ?? 0, network.capacity[here] ?? 0);
    if (more < left_mA) [left_mA, row] = [more, here];
  }
  return { left_mA: Math.floor(left_mA + EPSILON), row };
}

/** True when EVSE `index` could have `current_mA` more: the same as asking `roomOf`, without saying which row ends it. */
export function hasRoom(network: Network, index: number, current_mA: number): boolean {
  const { first, useRow, useA, useB, laneA, laneB, capacity } = network;
  const end = first[index + 1] ?? 0;
  for (let use = first[index] ?? 0; use < end; use += 1) {
    const row = useRow[use] ?? 0;
    const more = reach(laneA[row] ?? 0, laneB[row] ?? 0, useA[use] ?? 0, useB[use] ?? 0, capacity[row] ?? 0);
    if (Math.floor(more + EPSILON) < current_mA) return false;
  }
  return true;
}

/** Books `current_mA` more (or less) for EVSE `index` on all its rows; they may end up with more than they have. */
export function book(network: Network, index: number, current_mA: number): void {
  if (current_mA === 0) return;
  const end = network.first[index + 1] ?? 0;
  for (let use = network.first[index] ?? 0; use < end; use += 1) {
    const row = network.useRow[use] ?? 0;
    network.laneA[row] = (network.laneA[row] ?? 0) + current_mA * (network.useA[use] ?? 0);
    network.laneB[row] = (network.laneB[row] ?? 0) + current_mA * (network.useB[use] ?? 0);
  }
}

/** What EVSE `index` could have on this row if nobody else were there, in mA. */
export function aloneOn(network: Network, index: number, row: number): number {
  const end = network.first[index + 1] ?? 0;
  for (let use = network.first[index] ?? 0; use < end; use += 1)
    if (network.useRow[use] === row) {
      const capacity = network.capacity[row] ?? 0;
      return Math.floor(reach(0, 0, network.useA[use] ?? 0, network.useB[use] ?? 0, capacity) + EPSILON);
    }
  return Number.POSITIVE_INFINITY;
}
