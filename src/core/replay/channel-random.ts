/** Numbers that look like chance and follow from a seed alone. */
export type Chance = {
  /** In [0, 1). */
  readonly next: () => number;
  readonly between: (range: readonly [low: number, high: number]) => number;
  /** True with this probability. */
  readonly happens: (probability: number) => boolean;
};

/** The mulberry32 generator; `stream` gives every user of one seed a series of its own. */
export function createChance(seed: number, stream: number): Chance {
  let state = (Math.imul(seed >>> 0, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b)) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  return {
    next,
    between: ([low, high]) => low + (high - low) * next(),
    happens: (probability) => probability > 0 && next() < probability,
  };
}
