import { type Milliamp, milliamp, type Phase, PHASES, phaseIndex } from "../units/index.ts";
import { type Circuit, pathToRoot, type SiteModel, type Station, wiredPhases } from "./tree.ts";

/** What the other load of a circuit is taken from: what the site file names, or more, where its meter has shown more. */
export type OtherLoadBasis = "configured" | "seen";

/** A conductor that would carry more than it may if every box fell back to its safe current at once. */
export type CommissioningProblem = {
  readonly circuitId: string;
  readonly phase: Phase;
  readonly sum_mA: Milliamp;
  readonly limit_mA: Milliamp;
  /** The part of the sum that is not of boxes. */
  readonly otherLoad_mA: Milliamp;
  /** The boxes that the rest is of. */
  readonly stationIds: readonly string[];
  /** `seen`: with the loads that the site file names it fits. */
  readonly basis: OtherLoadBasis;
};

/** What is known better than by the site file. */
export type KnownOfSite = {
  /** What a box really keeps; left out: what the file promises. */
  readonly keeps_mA?: (station: Station) => Milliamp;
  /** The highest other load that the circuit's meter has shown; left out: nothing. */
  readonly seen_mA?: (circuit: Circuit, phase: Phase) => Milliamp;
};

/**
 * What has to hold before a site may run unattended (balancing.md R11): on every phase of every circuit, the safe
 * currents of all boxes below it and the largest other loads (its own; where it names none, those named below it) fit
 * the fuse less the margin. Empty when it holds.
 */
export function commissioningProblems(
  model: Pick<SiteModel, "circuits" | "stations">,
  { keeps_mA = (station) => station.fallback_mA, seen_mA }: KnownOfSite = {},
): readonly CommissioningProblem[] {
  const circuits = new Map(model.circuits.map((circuit) => [circuit.id, circuit]));
  const children = Map.groupBy(model.circuits, (circuit) => circuit.parentId);
  const otherLoad = (circuit: Circuit, phase: Phase, basis: OtherLoadBasis, depth = circuits.size): number => {
    const named = circuit.otherLoad_mA_max?.[phaseIndex(phase)];
    const below = (): readonly Circuit[] => (depth === 0 ? [] : (children.get(circuit.id) ?? []));
    const configured = named ?? sumOf(below(), (child) => otherLoad(child, phase, basis, depth - 1));
    return basis === "seen" ? Math.max(configured, seen_mA?.(circuit, phase) ?? 0) : configured;
  };
  const wired = model.stations.map((station) => ({
    id: station.id,
    fallback_mA: keeps_mA(station),
    phases: wiredPhases(station),
    path: new Set(pathToRoot(circuits, station.circuitId)),
  }));
  const bases: readonly OtherLoadBasis[] = seen_mA === undefined ? ["configured"] : ["configured", "seen"];
  return model.circuits.flatMap((circuit) =>
    PHASES.flatMap((phase): CommissioningProblem[] => {
      const below = wired.filter(({ phases, path }) => phases.includes(phase) && path.has(circuit));
      const boxes_mA = sumOf(below, ({ fallback_mA }) => fallback_mA);
      const limit_mA = milliamp(circuit.fuse_mA[phaseIndex(phase)] - circuit.margin_mA);
      const basis = bases.find((one) => boxes_mA + otherLoad(circuit, phase, one) > limit_mA);
      if (basis === undefined) return [];
      const otherLoad_mA = milliamp(otherLoad(circuit, phase, basis));
      const stationIds = below.filter(({ fallback_mA }) => fallback_mA > 0).map(({ id }) => id);
      const sum_mA = milliamp(boxes_mA + otherLoad_mA);
      return [{ circuitId: circuit.id, phase, sum_mA, limit_mA, otherLoad_mA, stationIds, basis }];
    }),
  );
}

const sumOf = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((sum, item) => sum + value(item), 0);
