/**
 * Handshakes of one address, sustained and at a time: each costs this process about a millisecond. All stations of a site
 * may come back at once, and from behind one router.
 */
export const HANDSHAKES_PER_S = 10;
export const HANDSHAKES_BURST = 512;
/** Of all addresses together: who has many (IPv6 gives a whole network to each) must not cost the control loop its core. */
export const HANDSHAKES_PER_S_ALL = 50;
/** Addresses that are remembered; the one unheard of for longest begins anew. */
const ADDRESSES_MAX = 1000;

type Bucket = { readonly left: number; readonly at_ms: number };

export interface HandshakeAllowance {
  /** Whether one more handshake of this address is bearable now; counts it if so. */
  readonly may: (address: string) => boolean;
  /** A station of the site has come from there: from now on a flood of strangers takes nothing from it. */
  readonly know: (address: string) => void;
}

/**
 * Bounds the handshakes of each address, of all strangers together and of all who are known together; the bounds of
 * strangers leave room for all stations of a site that come after a restart. `now_ms`: any clock that only rises.
 */
export function createHandshakeAllowance(now_ms: () => number): HandshakeAllowance {
  const byAddress = new Map<string, Bucket>();
  const known = new Set<string>();
  const together: Record<"known" | "strangers", Bucket> = {
    known: { left: HANDSHAKES_BURST, at_ms: now_ms() },
    strangers: { left: HANDSHAKES_BURST, at_ms: now_ms() },
  };
  return {
    may(address) {
      const at_ms = now_ms();
      const pool = known.has(address) ? "known" : "strangers";
      const all = filled(together[pool], at_ms, HANDSHAKES_PER_S_ALL);
      const own = filled(byAddress.get(address) ?? { left: HANDSHAKES_BURST, at_ms }, at_ms, HANDSHAKES_PER_S);
      const isBearable = all.left >= 1 && own.left >= 1;
      together[pool] = isBearable ? less(all) : all;
      latest(byAddress, address, isBearable ? less(own) : own);
      return isBearable;
    },
    know(address) {
      known.delete(address);
      known.add(address);
      const [oldest] = known;
      if (known.size > ADDRESSES_MAX && oldest !== undefined) known.delete(oldest);
    },
  };
}

const filled = ({ left, at_ms: before_ms }: Bucket, at_ms: number, perSecond: number): Bucket => ({
  left: Math.min(HANDSHAKES_BURST, left + ((at_ms - before_ms) * perSecond) / 1000),
  at_ms,
});
const less = ({ left, at_ms }: Bucket): Bucket => ({ left: left - 1, at_ms });

function latest(byAddress: Map<string, Bucket>, address: string, bucket: Bucket): void {
  byAddress.delete(address);
  byAddress.set(address, bucket);
  const [oldest] = byAddress.keys();
  if (byAddress.size > ADDRESSES_MAX && oldest !== undefined) byAddress.delete(oldest);
}
