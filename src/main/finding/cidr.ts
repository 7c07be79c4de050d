const BITS = 32;
/** Largest network that is scanned: 1022 hosts. */
const PREFIX_MIN = 22;

/**
 * The hosts of an IPv4 network written as `192.168.1.0/24` (network and broadcast address left out where there are any),
 * or why not.
 */
export function hostsOf(
  cidr: string,
): { readonly ok: true; readonly hosts: readonly string[] } | { readonly ok: false; readonly expected: string } {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/u.exec(cidr);
  const [a = 256, b = 256, c = 256, d = 256, prefix = BITS + 1] = (match ?? []).slice(1).map(Number);
  if ([a, b, c, d].some((byte) => byte > 255) || prefix > BITS) return refuse("an IPv4 network as in 192.168.1.0/24");
  if (prefix < PREFIX_MIN) return refuse(`a network of at most 1022 hosts: /${String(PREFIX_MIN)} to /${String(BITS)}`);
  const size = 2 ** (BITS - prefix);
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const first = address - (address % size);
  const hosts = Array.from({ length: size }, (_, i) => dotted(first + i));
  return { ok: true, hosts: size > 2 ? hosts.slice(1, -1) : hosts };
}

const refuse = (expected: string): { readonly ok: false; readonly expected: string } => ({ ok: false, expected });

const dotted = (address: number): string =>
  [24, 16, 8, 0].map((shift) => String(Math.floor(address / 2 ** shift) % 256)).join(".");
