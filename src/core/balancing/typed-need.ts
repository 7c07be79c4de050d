// Drivers ask for more than their cars take: at two sites the median car took 0.52 to 0.65 of what was typed (ACN data,
// balancing.md §3.3). How much it is at this site is learned from sessions of which something was typed.

/** Of so many the median was within 0.1 of the whole month's in 80 to 90 % of draws from the ACN data, and always below 0.8. */
export const TYPED_STAYS_MIN = 30;
/** What is learned beyond these says more about odd sessions than about drivers. */
const FACTOR_MIN = 0.3;
const FACTOR_MAX = 1.2;

export type TypedStay = {
  readonly typed_Wh: number;
  readonly taken_Wh: number;
  /** It wanted nothing more; else it was unplugged while it charged, and wanted at least what it took. */
  readonly isFull: boolean;
};

/**
 * What cars take of what was typed: the median of taken/typed, within bounds. Those that left before they were full count
 * as "at least so much" (Kaplan-Meier), so that a site on which cars are short of time does not learn that they need
 * little. `null`: too few, or most left too early; then what was typed is not corrected, as nothing is known.
 */
export function learnTypedFactor(stays: readonly TypedStay[]): number | null {
  const ratios = stays
    .filter(({ typed_Wh, taken_Wh }) => typed_Wh > 0 && taken_Wh > 0)
    .map(({ typed_Wh, taken_Wh, isFull }) => ({ ratio: taken_Wh / typed_Wh, isFull }))
    .sort((a, b) => a.ratio - b.ratio || Number(b.isFull) - Number(a.isFull));
  if (ratios.filter(({ isFull }) => isFull).length < TYPED_STAYS_MIN) return null;
  let wantMore = 1;
  for (const [index, { ratio, isFull }] of ratios.entries()) {
    if (isFull) wantMore *= 1 - 1 / (ratios.length - index);
    if (wantMore <= 0.5) return Math.min(FACTOR_MAX, Math.max(FACTOR_MIN, ratio));
  }
  return null;
}
