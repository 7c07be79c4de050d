import { assert, onPhase, PHASES } from "../units/index.ts";
import type { Milliamp, Phase } from "../units/index.ts";
import type { AllocationCircuit, AllocationEvse } from "./types.ts";

/** Where an EVSE hangs and which phases it loads: all that the rows need of it. */
export type Wired = Pick<AllocationEvse, "id" | "circuit" | "phases">;

/** One thing that can run out: a phase of a circuit in mA, or a circuit's power in mA·V (phase `null`). */
export type Row = {
  readonly circuitId: string;
  readonly phase: Phase | null;
  /** What EVSEs may use in all; below zero when the other load alone is too much. */
  readonly capacity: number;
  left: number;
};

/** A row and how much of it one mA of the EVSE takes: 1 per phase, phases × volts for power. */
export type RowUse = { readonly row: Row; readonly coefficient: number };

export type Rows = {
  readonly all: readonly Row[];
  readonly uses: ReadonlyMap<string, readonly RowUse[]>;
};

/** Rows of every circuit, and which of them each EVSE uses on its way to the root. */
export function buildRows(
  request: { readonly circuits: readonly AllocationCircuit[]; readonly evses: readonly Wired[] },
  voltage_V: number,
): Rows {
  const circuits = new Map(request.circuits.map((circuit) => [circuit.id, circuit]));
  const rows = new Map<string, readonly Row[]>(
    request.circuits.map((circuit) => [circuit.id, rowsOf(circuit, voltage_V)]),
  );
  const uses = new Map(request.evses.map((evse) => [evse.id, usesOf(evse, circuits, rows, voltage_V)]));
  return { all: [...rows.values()].flat(), uses };
}

function rowsOf(circuit: AllocationCircuit, voltage_V: number): readonly Row[] {
  const phases = PHASES.map((phase): Row => {
    const capacity = Math.max(0, onPhase(circuit.limit_mA, phase) - onPhase(circuit.otherLoad_mA, phase));
    return { circuitId: circuit.id, phase, capacity, left: capacity };
  });
  const limit_W = circuit.limit_W ?? null;
  if (limit_W === null) return phases;
  const other = PHASES.reduce((sum, phase) => sum + onPhase(circuit.otherLoad_mA, phase) * voltage_V, 0);
  const capacity = Math.max(0, limit_W * 1000 - other);
  return [...phases, { circuitId: circuit.id, phase: null, capacity, left: capacity }];
}

function usesOf(
  evse: Wired,
  circuits: ReadonlyMap<string, AllocationCircuit>,
  rows: ReadonlyMap<string, readonly Row[]>,
  voltage_V: number,
): readonly RowUse[] {
  const uses: RowUse[] = [];
  let next: string | null = evse.circuit;
  for (let depth = 0; next !== null; depth += 1) {
    assert(depth <= circuits.size, "circuits form a tree");
    const circuit: AllocationCircuit | undefined = circuits.get(next);
    assert(circuit !== undefined, `circuit ${next} of EVSE ${evse.id} exists`);
    for (const row of rows.get(circuit.id) ?? []) {
      if (row.phase === null) uses.push({ row, coefficient: evse.phases.length * voltage_V });
      else if (evse.phases.includes(row.phase)) uses.push({ row, coefficient: 1 });
    }
    next = circuit.parent;
  }
  return uses;
}

/** How many mA more the EVSE could have, and the row that ends it. */
export function room(rows: Rows, evse: Pick<Wired, "id">): { readonly left_mA: number; readonly by: Row | null } {
  let left_mA = Number.POSITIVE_INFINITY;
  let by: Row | null = null;
  for (const { row, coefficient } of rows.uses.get(evse.id) ?? []) {
    const here = Math.floor(row.left / coefficient);
    if (here < left_mA) [left_mA, by] = [here, row];
  }
  return { left_mA, by };
}

/** Books `current_mA` on every row of the EVSE. A reservation may exceed what is there: the row is then empty. */
export function take(rows: Rows, evse: Pick<Wired, "id">, current_mA: Milliamp): void {
  for (const { row, coefficient } of rows.uses.get(evse.id) ?? [])
    row.left = Math.max(0, row.left - current_mA * coefficient);
}
