import { milliamp, perPhase } from "../units/index.ts";
import type { Milliamp, PerPhase } from "../units/index.ts";
import { book, compileNetwork, DEFAULT_VOLTAGE_V, EPSILON, firstRows, leftOf, loadOf } from "./network.ts";
import type { Network } from "./network.ts";
import type { AllocationRequest, CircuitUse, Grant } from "./types.ts";

/** What is handed out on each line and what is left; currents of a delta system add as phasors. */
export function usesOf(request: AllocationRequest, network: Network): readonly CircuitUse[] {
  const rowAt = firstRows(request.circuits);
  const line = (circuit: number, value: (row: number) => number): PerPhase<Milliamp> =>
    perPhase((_, phase) => milliamp(Math.max(0, Math.round(value((rowAt[circuit] ?? 0) + phase)))));
  const load = (row: number): number => loadOf(network, row);
  const left = (row: number): number => Math.floor(leftOf(network, row) + EPSILON);
  return request.circuits.map(({ id, limit_mA }, index) => ({
    id,
    limit_mA,
    granted_mA: line(index, load),
    free_mA: line(index, left),
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
