import type { CircuitLive, StationLive } from "../../../contract/index.ts";
import { type Phase, phaseIndex } from "../../../core/units/phases.ts";
import { bindingRung, sharedPlace } from "../reasons/ladder.ts";

export type Sharer = {
  readonly stationId: string;
  readonly name: string;
  readonly granted_mA: number;
  readonly self: boolean;
};

/** The sum that proves the shares: fuse − margin − other load = for cars; Σ shares ≤ for cars. */
export type Proof = {
  readonly circuit: CircuitLive;
  readonly phase: Phase;
  readonly fuse_mA: number;
  readonly margin_mA: number;
  readonly other_mA: number;
  readonly kept_mA: number;
  readonly forCars_mA: number;
  readonly sharers: readonly Sharer[];
  readonly shared_mA: number;
  readonly left_mA: number;
};

/** Every circuit below and including `rootId`. */
function within(circuits: readonly CircuitLive[], rootId: string): ReadonlySet<string> {
  const found = new Set([rootId]);
  for (let before = 0; before !== found.size;) {
    before = found.size;
    for (const { circuitId, parentId } of circuits) {
      if (parentId !== null && found.has(parentId)) found.add(circuitId);
    }
  }
  return found;
}

/** The proof for what holds a charger down; `null` when that is not one phase of one circuit. */
export function proofFor(
  station: StationLive,
  circuits: readonly CircuitLive[],
  stations: readonly StationLive[],
): Proof | null {
  const place = sharedPlace(bindingRung(station.because));
  const circuit = circuits.find(({ circuitId }) => circuitId === place?.circuitId);
  if (place === null || circuit === undefined) return null;
  const { phase } = place;
  const at = phaseIndex(phase);
  const below = within(circuits, circuit.circuitId);
  const sharers = stations
    .filter((one) => below.has(one.circuitId) && one.countedPhases.includes(phase) && one.granted_mA > 0)
    .map(({ stationId, name, granted_mA }) => ({ stationId, name, granted_mA, self: stationId === station.stationId }))
    .sort((a, b) => b.granted_mA - a.granted_mA);
  const shared_mA = sharers.reduce((sum, { granted_mA }) => sum + granted_mA, 0);
  const forCars_mA = circuit.limit_mA[at] - circuit.other_mA[at] - circuit.kept_mA[at];
  return {
    circuit,
    phase,
    fuse_mA: circuit.fuse_mA[at],
    margin_mA: circuit.fuse_mA[at] - circuit.limit_mA[at],
    other_mA: circuit.other_mA[at],
    kept_mA: circuit.kept_mA[at],
    forCars_mA,
    sharers,
    shared_mA,
    left_mA: forCars_mA - shared_mA,
  };
}
