import { assert, onPhase, PHASES } from "../units/index.ts";
import type { PerPhase, Phase } from "../units/index.ts";
import type { Scenario, ScenarioCircuit } from "./scenario.ts";

// The replay's own picture of the wires, in amperes: what the simple policies fill and what every policy is judged by. It
// is written apart from the allocator's on purpose, so that one checks the other. Currents are phasors: in a star every
// load of a line points the same way, in a delta two meet at 60 degrees.

/** A line of a circuit (or its power, phase `null`) that can be full. */
export type WireRow = {
  readonly circuit: string;
  readonly phase: Phase | null;
  readonly limit: number;
};

/** What one ampere of a car adds to each row on its way to the root. */
export type Uses = { readonly row: Int32Array; readonly re: Float64Array; readonly im: Float64Array };

export type Wires = {
  readonly rows: readonly WireRow[];
  /** What cars may use of each row at this time, never below 0. */
  readonly capacity: Float64Array;
  readonly re: Float64Array;
  readonly im: Float64Array;
};

/** A further row over whole EVSEs, for networks that no tree of circuits tells (a transformer's other side). */
export type FurtherRow = {
  readonly name: string;
  readonly limit_A: number;
  /** EVSE → phasor that one ampere of its load adds. */
  readonly phasors: ReadonlyMap<string, readonly [re: number, im: number]>;
};

const ROWS_PER_CIRCUIT = 4;
const SQRT3 = Math.sqrt(3);
/** Loads between L1-L2, L2-L3, L3-L1, as ACN-Sim has them: 30, -90 and 150 degrees. */
const PAIR_DEGREES = [30, -90, 150] as const;
const NO_LOAD: PerPhase<number> = [0, 0, 0];
/** Rounding noise of sums of amperes. */
const NOISE_A = 1e-9;

export function buildWires(circuits: readonly ScenarioCircuit[], further: readonly FurtherRow[]): Wires {
  const rows = [
    ...circuits.flatMap((circuit): readonly WireRow[] => [
      ...PHASES.map((phase): WireRow => ({ circuit: circuit.id, phase, limit: onPhase(circuit.limit_A, phase) })),
      { circuit: circuit.id, phase: null, limit: circuit.limit_W ?? Number.POSITIVE_INFINITY },
    ]),
    ...further.map(({ name, limit_A }): WireRow => ({ circuit: name, phase: null, limit: limit_A })),
  ];
  return {
    rows,
    capacity: Float64Array.from(rows, (row) => row.limit),
    re: new Float64Array(rows.length),
    im: new Float64Array(rows.length),
  };
}

export type Wired = { readonly evse: string; readonly circuit: string; readonly phases: readonly Phase[] };

/** What one ampere of a load on these phases adds to each row. */
export function usesOf(site: Scenario["site"], further: readonly FurtherRow[], wired: Wired): Uses {
  const row: number[] = [];
  const re: number[] = [];
  const im: number[] = [];
  const add = (at: number, [x, y]: readonly [number, number]): void => {
    row.push(at);
    re.push(x);
    im.push(y);
  };
  let next: string | null = wired.circuit;
  for (let depth = 0; next !== null; depth += 1) {
    assert(depth <= site.circuits.length, "circuits form a tree");
    const index = site.circuits.findIndex((circuit) => circuit.id === next);
    const circuit = site.circuits[index];
    assert(circuit !== undefined, "the circuit of an EVSE exists");
    const base = index * ROWS_PER_CIRCUIT;
    linePhasors(circuit.system, wired.phases).forEach((phasor, line) => {
      if (Math.hypot(...phasor) > NOISE_A) add(base + line, phasor);
    });
    if (circuit.limit_W !== null) add(base + 3, [loadsOf(circuit.system, wired.phases).length * site.voltage_V, 0]);
    next = circuit.parent;
  }
  further.forEach(({ phasors }, index) => {
    const phasor = phasors.get(wired.evse);
    if (phasor !== undefined) add(site.circuits.length * ROWS_PER_CIRCUIT + index, phasor);
  });
  return { row: Int32Array.from(row), re: Float64Array.from(re), im: Float64Array.from(im) };
}

/** The loads of an EVSE: one for each line in a star; between lines in a delta, where three lines are three equal loads. */
export function loadsOf(system: ScenarioCircuit["system"], phases: readonly Phase[]): readonly number[] {
  const lines = PHASES.flatMap((phase, line) => (phases.includes(phase) ? [line] : []));
  const [first = 0, second] = lines;
  if (system === "star" || lines.length !== 2 || second === undefined) return lines;
  return [second - first === 1 ? first : second];
}

function linePhasors(system: ScenarioCircuit["system"], phases: readonly Phase[]): PerPhase<readonly [number, number]> {
  const lines: [[number, number], [number, number], [number, number]] = [
    [0, 0],
    [0, 0],
    [0, 0],
  ];
  for (const load of loadsOf(system, phases)) {
    const begins = lines[load];
    if (system === "star") {
      if (begins !== undefined) begins[0] += 1;
      continue;
    }
    const angle = ((PAIR_DEGREES[load] ?? 0) * Math.PI) / 180;
    const ends = lines[(load + 1) % 3];
    if (begins === undefined || ends === undefined) continue;
    begins[0] += Math.cos(angle);
    begins[1] += Math.sin(angle);
    ends[0] -= Math.cos(angle);
    ends[1] -= Math.sin(angle);
  }
  return lines;
}

/** What is left for cars beside this other load of each circuit (from `totalOtherLoad`). */
export function setOtherLoad(
  wires: Wires,
  site: Scenario["site"],
  total_A: ReadonlyMap<string, PerPhase<number>>,
): void {
  wires.rows.forEach((row, index) => {
    const [l1, l2, l3] = total_A.get(row.circuit) ?? NO_LOAD;
    const watts = (l1 + l2 + l3) * site.voltage_V;
    const system = site.circuits.find((circuit) => circuit.id === row.circuit)?.system ?? "star";
    // Delta: three equal line currents I carry √3·U·I, that is U/√3 for each of the three.
    const other = row.phase === null ? watts / (system === "delta" ? SQRT3 : 1) : onPhase([l1, l2, l3], row.phase);
    wires.capacity[index] = Math.max(0, row.limit - other);
  });
}

/**
 * Other load of each circuit. What is told of a circuit holds what its sub-circuits carry; where less is told than those
 * carry together, their sum counts: nothing reaches them on another way.
 */
export function totalOtherLoad(
  { circuits }: Pick<Scenario["site"], "circuits">,
  load_A: ReadonlyMap<string, PerPhase<number>>,
): ReadonlyMap<string, PerPhase<number>> {
  const total = new Map<string, PerPhase<number>>();
  const of = (id: string): PerPhase<number> => {
    const told = load_A.get(id) ?? NO_LOAD;
    const below = circuits.filter(({ parent }) => parent === id).map((circuit) => of(circuit.id));
    const sum = (line: 0 | 1 | 2): number => below.reduce((all, load) => all + load[line], 0);
    const load = [Math.max(told[0], sum(0)), Math.max(told[1], sum(1)), Math.max(told[2], sum(2))] as const;
    total.set(id, load);
    return load;
  };
  for (const { id, parent } of circuits) if (parent === null) of(id);
  return total;
}

export function clearLoad(wires: Wires): void {
  wires.re.fill(0);
  wires.im.fill(0);
}

export function addLoad(wires: Wires, uses: Uses, current_A: number): void {
  for (let use = 0; use < uses.row.length; use += 1) {
    const row = uses.row[use] ?? 0;
    wires.re[row] = (wires.re[row] ?? 0) + current_A * (uses.re[use] ?? 0);
    wires.im[row] = (wires.im[row] ?? 0) + current_A * (uses.im[use] ?? 0);
  }
}

export const loadOf = (wires: Wires, row: number): number => Math.hypot(wires.re[row] ?? 0, wires.im[row] ?? 0);

/** How many amperes more this car could have before the first of its rows is full; never below 0. */
export function roomOf(wires: Wires, uses: Uses): number {
  let room = Number.POSITIVE_INFINITY;
  for (let use = 0; use < uses.row.length && room > 0; use += 1) {
    const row = uses.row[use] ?? 0;
    const [a, b] = [wires.re[row] ?? 0, wires.im[row] ?? 0];
    const [x, y] = [uses.re[use] ?? 0, uses.im[use] ?? 0];
    const capacity = wires.capacity[row] ?? 0;
    room = Math.min(room, reach({ a, b, x, y, capacity }));
  }
  return Math.max(0, room);
}

/** Largest t with |(a, b) + t (x, y)| ≤ capacity; 0 when (a, b) is beyond it already. */
function reach(at: {
  readonly a: number;
  readonly b: number;
  readonly x: number;
  readonly y: number;
  readonly capacity: number;
}): number {
  const { a, b, x, y, capacity } = at;
  if (capacity === Number.POSITIVE_INFINITY) return capacity;
  if (b === 0 && y === 0) return Math.max(0, capacity - a) / x;
  const square = x * x + y * y;
  const half = a * x + b * y;
  const rest = a * a + b * b - capacity * capacity;
  if (rest >= 0) return 0;
  return (Math.sqrt(half * half - square * rest) - half) / square;
}
