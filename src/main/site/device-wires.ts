import type { DeviceWire } from "../../contract/index.ts";
import type { Link } from "../../core/site/index.ts";
import { realPath } from "./scan-devices.ts";

/** An entry of `links` in a site file. */
export type WireEntry = { readonly id: string } & Readonly<Record<string, unknown>>;

/**
 * Whether a link leads to the same place in the same way. Another speed on the same port is another wire, and a mistake
 * that the check of the site tells.
 */
export function isSameWire(link: Link, wire: DeviceWire): boolean {
  if (link.kind === "serial" && wire.kind === "serial") {
    const isSame = realPath(link.path) === realPath(wire.path);
    const hasLine = link.baud === wire.baud && link.parity === wire.parity;
    return isSame && hasLine && link.dataBits === wire.dataBits && link.stopBits === wire.stopBits;
  }
  if (link.kind === "udp-multicast" && wire.kind === "udp-multicast")
    return link.group === wire.group && link.port === wire.port && (link.interface ?? null) === wire.interface;
  return (
    link.kind === wire.kind && "host" in link && "host" in wire && link.host === wire.host && link.port === wire.port
  );
}

/** What a wire is called where nobody named it. */
export function wireName(wire: DeviceWire): string {
  if (wire.kind === "serial") return wire.path.split(/[/\\]/u).at(-1) ?? "serial";
  return `${wire.kind === "udp-multicast" ? wire.group : wire.host}-${String(wire.port)}`;
}

/** As the site file writes it. */
export function wireEntry(id: string, wire: DeviceWire): WireEntry {
  switch (wire.kind) {
    case "serial": {
      const { kind, path, baud, parity, dataBits, stopBits } = wire;
      return { id, kind, path, baud, parity, dataBits, stopBits };
    }
    case "http":
      return { id, kind: wire.kind, host: wire.host, port: wire.port, ...(wire.user ? { user: wire.user } : {}) };
    case "udp-multicast": {
      const { kind, group, port } = wire;
      return { id, kind, group, port, ...(wire.interface ? { interface: wire.interface } : {}) };
    }
    default:
      return { id, kind: wire.kind, host: wire.host, port: wire.port };
  }
}

const ID_LENGTH_MAX = 60;

/** An id of letters, digits, - and _ that nobody has yet. */
export function freeId(wanted: string, taken: ReadonlySet<string>): string {
  const base = wanted.replaceAll(/[^A-Za-z0-9_-]+/gu, "-").slice(0, ID_LENGTH_MAX);
  const others = Array.from({ length: taken.size }, (_, index) => `${base}-${String(index + 2)}`);
  return [base, ...others].find((id) => !taken.has(id)) ?? base;
}
