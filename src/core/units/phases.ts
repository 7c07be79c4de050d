/** A conductor of the site's supply. The box's own L1 L2 L3 meet them in the order of its rotation. */
export type Phase = "L1" | "L2" | "L3";

export const PHASES = ["L1", "L2", "L3"] as const satisfies readonly Phase[];

/** One value per site phase, always in the order L1, L2, L3. */
export type PerPhase<T> = readonly [T, T, T];

export const perPhase = <T>(make: (phase: Phase, index: 0 | 1 | 2) => T): PerPhase<T> => [
  make("L1", 0),
  make("L2", 1),
  make("L3", 2),
];

export const phaseIndex = (phase: Phase): 0 | 1 | 2 => (phase === "L1" ? 0 : phase === "L2" ? 1 : 2);

export const onPhase = <T>(values: PerPhase<T>, phase: Phase): T => values[phaseIndex(phase)];
