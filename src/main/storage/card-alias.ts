const SHOWN_MAX = 4;

/** Last characters of a card, at most four and never more than half of it: enough to tell one's own cards apart. */
export function cardAlias(idToken: string): string {
  const shown = Math.min(SHOWN_MAX, Math.floor(idToken.length / 2));
  return shown === 0 ? "" : idToken.slice(-shown);
}
