import type { CircuitLive } from "../../../contract/index.ts";

export type FlatCircuit = { readonly circuit: CircuitLive; readonly depth: number };

/** The circuits in the order of the tree, each with how deep it lies. A circle of parents is cut. */
export function flatCircuits(circuits: readonly CircuitLive[]): readonly FlatCircuit[] {
  const known = new Set(circuits.map(({ circuitId }) => circuitId));
  const below = (parentId: string, depth: number): readonly FlatCircuit[] =>
    depth > circuits.length
      ? []
      : circuits
          .filter((circuit) => circuit.parentId === parentId)
          .flatMap((circuit) => [{ circuit, depth }, ...below(circuit.circuitId, depth + 1)]);
  return circuits
    .filter(({ parentId }) => parentId === null || !known.has(parentId))
    .flatMap((circuit) => [{ circuit, depth: 0 }, ...below(circuit.circuitId, 1)]);
}
