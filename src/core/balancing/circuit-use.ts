import { milliamp, perPhase } from "../units/index.ts";
import type { Milliamp, PerPhase } from "../units/index.ts";
import { book, compileNetwork, DEFAULT_VOLTAGE_V, EPSILON, leftOf, loadOf } from "./network.ts";
import type { Network } from "./network.ts";
import type { AllocationCircuit, AllocationRequest, CircuitUse, Grant } from "./types.ts";

/** What is handed out on each line and what is left; currents of a delta system add as phasors. */
export function usesOf(request: AllocationRequest, network: Network): readonly CircuitUse[] {
  const rowOf = new Map(
    network.rows.map((row, index) => [row.phase === null ? "" : row.circuit.id + row.phase, index]),
  );
  const line = (circuit: AllocationCircuit, value: (row: number) => number): PerPhase<Milliamp> =>
    perPhase((phase) => milliamp(Math.max(0, Math.round(value(rowOf.get(circuit.id + phase) ?? -1)))));
  return request.circuits.map((circuit) => ({
    id: circuit.id,
    limit_mA: circuit.limit_mA,
    granted_mA: line(circuit, (row) => loadOf(network, row)),
    free_mA: line(circuit, (row) => Math.floor(leftOf(network, row) + EPSILON)),
  }));
}

/** The same for grants that were put together from several decisions. */
export function circuitUses(request: AllocationRequest, grants: readonly Grant[]): readonly CircuitUse[] {
  const network = compileNetwork(request.circuits, request.evses, request.voltage_V ?? DEFAULT_VOLTAGE_V);
  const granted = new Map(grants.map((grant) => [grant.evse, grant.current_mA]));
  request.evses.forEach((evse, index) => {
    book(network, index, granted.get(evse.id) ?? 0);
  });
  return usesOf(request, network);
}
