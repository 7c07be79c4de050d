/** Two typing mistakes at most; more is another word. */
const DISTANCE_MAX = 2;

/** Levenshtein distance, letters' case aside. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of Array.from(a.toLowerCase()).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(b.toLowerCase()).entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The known word that was probably meant, or `null` when none is near. */
export function didYouMean(word: string, known: readonly string[]): string | null {
  const nearest = known
    .map((candidate) => ({ candidate, far: distance(word.slice(0, 64), candidate) }))
    .filter(({ candidate, far }) => far <= Math.min(DISTANCE_MAX, candidate.length - 1))
    .sort((a, b) => a.far - b.far)[0];
  return nearest?.candidate ?? null;
}
