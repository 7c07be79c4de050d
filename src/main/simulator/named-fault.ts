import type { Fault } from "./modbus/index.ts";
import type { NetworkFault } from "./network/index.ts";
import type { SimulatedSite } from "./simulated-site.ts";

/** Where a word names a fault without saying how long or which. */
const DELAY_ms = 2_000;
const EXCEPTION_CODE = 4;

const plain = <K extends string>(kinds: readonly K[]): ReadonlyMap<string, () => { readonly kind: K }> =>
  new Map(kinds.map((kind) => [kind, () => ({ kind })]));

const REGISTER_FAULTS: ReadonlyMap<string, (value: number | null) => Fault> = new Map<
  string,
  (value: number | null) => Fault
>([
  ...plain([
    "drop",
    "bad-crc",
    "wrong-unit",
    "half-frame",
    "noise-before",
    "garbage",
    "echo",
    "echo-only",
    "joined",
    "stale",
    "reset",
  ] as const),
  // One word for every family.
  ["half", () => ({ kind: "half-frame" })],
  ["delay", (value) => ({ kind: "delay", delay_ms: value ?? DELAY_ms })],
  ["exception", (value) => ({ kind: "exception", code: value ?? EXCEPTION_CODE })],
]);

const NETWORK_FAULTS: ReadonlyMap<string, (value: number | null) => NetworkFault> = new Map<
  string,
  (value: number | null) => NetworkFault
>([
  ...plain([
    "drop",
    "hang",
    "reset",
    "half",
    "gap",
    "bad-crc",
    "stale",
    "garbage",
    "bad-json",
    "status-500",
    "wrong-auth",
    "endless",
    "deaf",
  ] as const),
  ["delay", (value) => ({ kind: "delay", delay_ms: value ?? DELAY_ms })],
  ["slow", (value) => ({ kind: "slow", delay_ms: value ?? DELAY_ms })],
]);

const NAMED = /^([a-z0-9-]+)(?:=(\d{1,5}))?$/u;

/** Names of the faults that the wires of this site can have. */
export const faultNames = ({ servers, network }: Pick<SimulatedSite, "servers" | "network">): readonly string[] => [
  ...new Set([...(servers.size > 0 ? REGISTER_FAULTS.keys() : []), ...(network.size > 0 ? NETWORK_FAULTS.keys() : [])]),
];

/**
 * Lets the next `times` answers on every wire of a simulated site suffer the fault of that name (`delay=3000` says how
 * many milliseconds, `exception=6` which one), in place of those before; `off`: all is well again. False when no wire
 * knows the fault; then nothing has changed.
 */
export function switchFault(
  { servers, network }: Pick<SimulatedSite, "servers" | "network">,
  named: string,
  times: number,
): boolean {
  const [, name = "", number] = NAMED.exec(named) ?? [];
  const value = number === undefined ? null : Number(number);
  const register = REGISTER_FAULTS.get(name)?.(value);
  const other = NETWORK_FAULTS.get(name)?.(value);
  const isKnown = (servers.size > 0 && register !== undefined) || (network.size > 0 && other !== undefined);
  if (named !== "off" && !isKnown) return false;
  for (const { faults } of servers.values()) {
    faults.clear();
    if (register !== undefined) faults.set(register, { times });
  }
  for (const { faults } of network.values()) {
    faults.clear();
    if (other !== undefined) faults.set(other, { times });
  }
  return true;
}
