/** Numbers in [0, 1) that follow from a state; pass `next` on to draw again. The same seed gives the same series. */
export type Draw = { readonly value: number; readonly next: number };

/** 32-bit hash of a seed and what it is for (FNV-1a with a final mix), so that every use has its own series. */
export function hash32(seed: number, ...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5 ^ (seed >>> 0);
  for (const part of parts) {
    const text = `${String(part)}\u0000`;
    for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** One step of the mulberry32 generator. */
export function draw(state: number): Draw {
  const next = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(next ^ (next >>> 15), next | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return { value: ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000, next };
}

/** A generator that remembers its state; for shells and for building plans. */
export function createRandom(seed: number, ...parts: readonly (string | number)[]) {
  let state = hash32(seed, ...parts);
  const uniform = (): number => {
    const drawn = draw(state);
    state = drawn.next;
    return drawn.value;
  };
  return {
    uniform,
    between: (low: number, high: number): number => low + (high - low) * uniform(),
    /** Whole number in [low, high]. */
    whole: (low: number, high: number): number => low + Math.floor(uniform() * (high - low + 1)),
    chance: (probability: number): boolean => uniform() < probability,
    /** Roughly normal: the mean of four draws, never further than two spreads from the middle. */
    around: (middle: number, spread: number): number =>
      middle + (uniform() + uniform() + uniform() + uniform() - 2) * spread,
    pick: <T>(from: readonly [T, ...T[]]): T => from[Math.floor(uniform() * from.length)] ?? from[0],
  };
}
export type Random = ReturnType<typeof createRandom>;
