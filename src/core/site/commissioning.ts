import { type Milliamp, milliamp, type Phase, PHASES, phaseIndex } from "../units/index.ts";
import { type Circuit, pathToRoot, type SiteModel, type Station, wiredPhases } from "./tree.ts";

/** A conductor that would carry more than it may if every box fell back to its safe current at once. */
export type CommissioningProblem = {
  readonly circuitId: string;
  readonly phase: Phase;
  readonly sum_mA: Milliamp;
  readonly limit_mA: Milliamp;
};

/**
 * What has to hold before a site may run unattended: on every phase of every circuit, the safe currents of all boxes
 * below it and the largest other loads (its own; where it names none, those named below it) fit the fuse less the
 * margin. Empty when it holds.
 */
export function commissioningProblems(
  model: Pick<SiteModel, "circuits" | "stations">,
  /** What a box really keeps, where that is known better than by the site file. */
  keeps_mA: (station: Station) => Milliamp = (station) => station.fallback_mA,
): readonly CommissioningProblem[] {
  const circuits = new Map(model.circuits.map((circuit) => [circuit.id, circuit]));
  const children = Map.groupBy(model.circuits, (circuit) => circuit.parentId);
  const otherLoad = (circuit: Circuit, phase: Phase, depth: number): number =>
    circuit.otherLoad_mA_max?.[phaseIndex(phase)] ??
    (depth === 0 ? 0 : sumOf(children.get(circuit.id) ?? [], (child) => otherLoad(child, phase, depth - 1)));
  const wired = model.stations.map((station) => ({
    fallback_mA: keeps_mA(station),
    phases: wiredPhases(station),
    path: new Set(pathToRoot(circuits, station.circuitId)),
  }));
  return model.circuits.flatMap((circuit) =>
    PHASES.flatMap((phase): CommissioningProblem[] => {
      const below = wired.filter(({ phases, path }) => phases.includes(phase) && path.has(circuit));
      const sum = sumOf(below, ({ fallback_mA }) => fallback_mA) + otherLoad(circuit, phase, circuits.size);
      const limit_mA = milliamp(circuit.fuse_mA[phaseIndex(phase)] - circuit.margin_mA);
      return sum > limit_mA ? [{ circuitId: circuit.id, phase, sum_mA: milliamp(sum), limit_mA }] : [];
    }),
  );
}

const sumOf = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((sum, item) => sum + value(item), 0);
