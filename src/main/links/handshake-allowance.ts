/**
 * Handshakes of one address, sustained and at a time: each costs this process about a millisecond. All stations of a site
 * may come back at once, and from behind one router.
 */
export const HANDSHAKES_PER_S = 10;
export const HANDSHAKES_BURST = 512;
/** Addresses that are remembered; the one unheard of for longest begins anew. */
const ADDRESSES_MAX = 1000;

/** Answers whether one more handshake of this address is bearable now, and counts it. `now_ms`: any clock that only rises. */
export function createHandshakeAllowance(now_ms: () => number): (address: string) => boolean {
  const byAddress = new Map<string, { readonly left: number; readonly at_ms: number }>();
  return (address) => {
    const at_ms = now_ms();
    const before = byAddress.get(address) ?? { left: HANDSHAKES_BURST, at_ms };
    const earned = ((at_ms - before.at_ms) * HANDSHAKES_PER_S) / 1000;
    const left = Math.min(HANDSHAKES_BURST, before.left + earned);
    const isBearable = left >= 1;
    byAddress.delete(address);
    byAddress.set(address, { left: isBearable ? left - 1 : left, at_ms });
    const [oldest] = byAddress.keys();
    if (byAddress.size > ADDRESSES_MAX && oldest !== undefined) byAddress.delete(oldest);
    return isBearable;
  };
}
