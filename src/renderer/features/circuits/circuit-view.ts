import type { CircuitLive, StationLive } from "../../../contract/index.ts";
import { PHASES, type Phase } from "../../../core/units/phases.ts";
import { bindingRung, sharedPlace } from "../reasons/ladder.ts";

/** One phase of one circuit as a bar. Lengths are per mille of the bar; the fuse stands at `fuse_permille`. */
export type PhaseBarView = {
  readonly phase: Phase;
  readonly other_permille: number;
  readonly ev_permille: number;
  readonly reserved_permille: number;
  readonly limit_permille: number;
  readonly fuse_permille: number;
  readonly free_mA: number;
  readonly used_mA: number;
  readonly fuse_mA: number;
  readonly over_mA: number;
  /** Other load is negative: the building feeds into the circuit. */
  readonly exports: boolean;
  /** A car is held down by this phase of this circuit right now. */
  readonly binding: boolean;
};

export type CircuitNode = {
  readonly circuit: CircuitLive;
  readonly phases: readonly PhaseBarView[];
  readonly stationCount: number;
  readonly children: readonly CircuitNode[];
};

/** The bar ends a little behind the fuse, so that the tick can be seen and an overload has room. */
const BEYOND_FUSE = 1.08;

const bindingKey = (circuitId: string, phase: Phase): string => `${circuitId}/${phase}`;

/** `circuit/phase` of everything that holds a car down. */
export function bindingPlaces(stations: Iterable<StationLive>): ReadonlySet<string> {
  const places = new Set<string>();
  for (const { because } of stations) {
    const place = sharedPlace(bindingRung(because));
    if (place !== null) places.add(bindingKey(place.circuitId, place.phase));
  }
  return places;
}

function bar(circuit: CircuitLive, at: 0 | 1 | 2, binding: ReadonlySet<string>): PhaseBarView {
  const phase = PHASES[at];
  const fuse_mA = circuit.fuse_mA[at];
  const total_mA = circuit.total_mA[at];
  const full_mA = Math.max(fuse_mA * BEYOND_FUSE, total_mA, 1);
  const permille = (value_mA: number): number => Math.round((Math.max(0, value_mA) / full_mA) * 1000);
  const other_permille = permille(circuit.other_mA[at]);
  // What the building feeds in carries a part of the cars: the bar shows what the fuse carries.
  const ev_permille = permille(circuit.ev_mA[at] + Math.min(0, circuit.other_mA[at]));
  return {
    phase,
    other_permille,
    ev_permille,
    reserved_permille: Math.min(permille(circuit.reserved_mA[at]), 1000 - other_permille - ev_permille),
    limit_permille: permille(circuit.limit_mA[at]),
    fuse_permille: permille(fuse_mA),
    free_mA: circuit.free_mA[at],
    used_mA: total_mA,
    fuse_mA,
    over_mA: circuit.over_mA[at],
    exports: circuit.other_mA[at] < 0,
    binding: binding.has(bindingKey(circuit.circuitId, phase)),
  };
}

/** The circuits as a tree, each with its bars and how many chargers hang below it. A circuit of a missing parent is a root. */
export function circuitTree(
  circuits: readonly CircuitLive[],
  stations: readonly StationLive[],
): readonly CircuitNode[] {
  const binding = bindingPlaces(stations);
  const known = new Set(circuits.map(({ circuitId }) => circuitId));
  const build = (circuit: CircuitLive, depth: number): CircuitNode => {
    const below = depth > circuits.length ? [] : circuits.filter(({ parentId }) => parentId === circuit.circuitId);
    const children = below.map((child) => build(child, depth + 1));
    const own = stations.filter(({ circuitId }) => circuitId === circuit.circuitId).length;
    return {
      circuit,
      phases: [bar(circuit, 0, binding), bar(circuit, 1, binding), bar(circuit, 2, binding)],
      stationCount: own + children.reduce((sum, { stationCount }) => sum + stationCount, 0),
      children,
    };
  };
  return circuits
    .filter(({ parentId }) => parentId === null || !known.has(parentId))
    .map((circuit) => build(circuit, 0));
}

/** "3 × 63 A" needs one number; `null` when the phases have different fuses. */
export const equalFuse_mA = ({ fuse_mA: [l1, l2, l3] }: CircuitLive): number | null =>
  l1 === l2 && l2 === l3 ? l1 : null;
