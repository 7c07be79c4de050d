import { realpathSync } from "node:fs";
import { join } from "node:path";
import type { ScanEvent, ScanRequest } from "../../contract/index.ts";
import type { Link, SiteModel } from "../../core/site/index.ts";
import { hostsOf } from "../finding/cidr.ts";
import { readAllProfiles } from "../finding/known-devices.ts";
import { scanNetwork } from "../finding/scan-network.ts";
import { scanSerial } from "../finding/scan-serial.ts";

/** Why a scan cannot begin. */
export type ScanRefusal = "conflict" | "invalid";
export type Scanner = (
  request: ScanRequest,
  links: SiteModel["links"],
  signal: AbortSignal,
) => AsyncGenerator<ScanEvent, void> | ScanRefusal;

/**
 * Looks for devices beside a running site, one scan at a time, and only reads. Wires and addresses of `links` belong to
 * the site: its serial ports are refused, its addresses left out.
 */
export function createScanner(folders: { readonly resources: string; readonly dataFolder: string }): Scanner {
  let scanning = false;
  return (request, links, signal) => {
    if (scanning) return "conflict";
    const events = eventsOf(request, links, folders, signal);
    return typeof events === "string" ? events : alone(events);
  };

  async function* alone(events: AsyncGenerator<ScanEvent, void>): AsyncGenerator<ScanEvent, void> {
    scanning = true;
    try {
      yield* events;
    } finally {
      scanning = false;
    }
  }
}

function eventsOf(
  request: ScanRequest,
  links: SiteModel["links"],
  folders: { readonly resources: string; readonly dataFolder: string },
  signal: AbortSignal,
): AsyncGenerator<ScanEvent, void> | ScanRefusal {
  const profiles = readAllProfiles([join(folders.dataFolder, "devices"), join(folders.resources, "devices")]);
  if (request.kind === "network") {
    const network = hostsOf(request.cidr);
    if (!network.ok) return "invalid";
    const only = request.ports === undefined ? {} : { ports: request.ports };
    const skip = (address: Address): boolean => links.some((link) => isAt(link, address));
    return scanNetwork({ hosts: network.hosts, profiles, ...only, skip, signal });
  }
  const { path, line, units } = request;
  if (links.some((link) => link.kind === "serial" && realPath(link.path) === realPath(path))) return "conflict";
  const [from, to] = units ?? [1, 0];
  const only = {
    ...(line === undefined ? {} : { lines: [line] }),
    ...(units === undefined ? {} : { units: Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i) }),
  };
  return scanSerial({ path, profiles, ...only, signal });
}

type Address = { readonly host: string; readonly port: number };

const isAt = (link: Link, { host, port }: Address): boolean =>
  "host" in link && link.host === host && link.port === port;

/** A port has a name that stays and one that does not; both are the same port. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    // What is not there is nobody's.
    if (error instanceof Error && "code" in error) return path;
    throw error;
  }
}
