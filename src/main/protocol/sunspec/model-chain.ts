/** One block of a device: where its id stands and how many registers follow its length. */
export type SunspecBlock = { readonly modelId: number; readonly address: number; readonly length: number };

/** "SunS" */
export const SUNSPEC_MARKER = [0x5375, 0x6e53] as const;
const END_OF_CHAIN = 0xffff;
/** More blocks than any device has. */
export const BLOCKS_MAX = 64;

export type ChainStep =
  | { readonly kind: "block"; readonly block: SunspecBlock; readonly nextAddress: number }
  | { readonly kind: "end" }
  /** No block may be empty, and none may reach past the last register. */
  | { readonly kind: "broken" };

/** What the two registers at `address` say: a block, the end of the chain, or nonsense. */
export function chainStep(address: number, words: readonly number[]): ChainStep {
  const [modelId, length] = words;
  if (modelId === undefined || length === undefined) return { kind: "broken" };
  if (modelId === END_OF_CHAIN) return { kind: "end" };
  const nextAddress = address + 2 + length;
  if (modelId === 0 || length === 0 || nextAddress > 0xffff) return { kind: "broken" };
  return { kind: "block", block: { modelId, address, length }, nextAddress };
}
