import type { NetworkInterfaceInfo } from "node:os";
import { addressBytes } from "../../protocol/x509/index.ts";

/** A machine with many virtual networks has dozens; a certificate with more would not fit where boxes read it. */
const NAMES_MAX = 40;
const DNS_NAME = /^(?=.{1,64}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/u;
const ALWAYS = ["localhost", "127.0.0.1", "::1"] as const;
const EVERYWHERE: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/**
 * All by which a charger may dial this machine: what it listens on, its own LAN addresses, its host name (also as mDNS
 * has it). Addresses that hold on one wire only (fe80…) cannot be typed into a box. The first names the machine.
 */
export function ownNames(machine: {
  readonly hostname: string;
  readonly listensOn: string;
  readonly interfaces: Readonly<
    Record<string, readonly Pick<NetworkInterfaceInfo, "address" | "family" | "internal">[] | undefined>
  >;
}): readonly [string, ...string[]] {
  const host = machine.hostname.toLowerCase();
  const hosts = DNS_NAME.test(host) ? [host, ...(host.includes(".") ? [] : [`${host}.local`])] : [];
  const own = Object.values(machine.interfaces).flatMap((addresses) => addresses ?? []);
  const isForAll = ({ address }: { readonly address: string }): boolean => !/^fe[89ab]/iu.test(address);
  const reachable = own.filter((one) => !one.internal && isForAll(one) && addressBytes(one.address) !== null);
  const four = reachable.filter(({ family }) => family === "IPv4").map(({ address }) => address);
  const six = reachable.filter(({ family }) => family === "IPv6").map(({ address }) => address);
  const listensOn = machine.listensOn.toLowerCase();
  const isSayable = DNS_NAME.test(listensOn) || addressBytes(listensOn) !== null;
  const bound = isSayable && !EVERYWHERE.has(listensOn) ? [listensOn] : [];
  const [first, ...rest] = new Set([...hosts, ...bound, ...ALWAYS, ...four.toSorted(), ...six.toSorted()]);
  return [first ?? ALWAYS[0], ...rest.slice(0, NAMES_MAX - 1)];
}
