import type { AnyProfile, DeviceProfile, ProfileOf } from "../devices/profile/index.ts";
import { createBusOwner, type BusOwner } from "../links/bus.ts";
import { probePort } from "../links/port-probe.ts";
import { createTcpLink } from "../links/tcp-link.ts";
import { findOf, type Find, type Fit, type ScanEvent } from "./find.ts";
import { identifyByHttp } from "./identify-http.ts";
import { createUnitAsker, identifyByRegisters, type UnitAsker } from "./identify-registers.ts";
import { inParallel } from "./in-parallel.ts";
import { linkUp } from "./link-up.ts";

/** Hosts looked at at the same time: gentle to the owner's network. */
const WIDTH = 16;
/** Real time for a connection in a local network. */
const CONNECT_TIMEOUT_ms = 500;
const UNIT_TIMEOUT_ms = 500;
/** A web interface that is not one of ours is often at this one too. */
const OTHER_HTTP_PORT = 8080;
const SUNSPEC_SCORE = 6;

export type NetworkScan = {
  readonly hosts: readonly string[];
  readonly profiles: readonly AnyProfile[];
  /** Left out: those of the profiles. */
  readonly ports?: readonly number[];
  /** Addresses to leave alone. */
  readonly skip?: (address: Address) => boolean;
  readonly signal: AbortSignal;
};

type Known = {
  readonly registers: readonly DeviceProfile[];
  readonly http: readonly ProfileOf<"http">[];
  readonly sunspec: readonly ProfileOf<"sunspec">[];
};

/** Looks for devices at these hosts; only reads. Each port is tried once, and asked only when it is open. */
export async function* scanNetwork(scan: NetworkScan): AsyncGenerator<ScanEvent, void> {
  const { hosts, profiles, signal } = scan;
  const known: Known = {
    // Those for RS485 too: they stand behind gateways.
    registers: profiles.filter((profile) => profile.driver === "modbus"),
    http: profiles.filter((profile) => profile.driver === "http"),
    sunspec: profiles.filter((profile) => profile.driver === "sunspec"),
  };
  const ports = scan.ports ?? knownPorts(profiles);
  const skip = scan.skip ?? (() => false);
  const jobs = hosts.flatMap((host) => ports.map((port) => ({ host, port }))).filter((address) => !skip(address));
  let done = 0;
  for await (const find of inParallel(jobs, WIDTH, signal, (address) => lookAt(address, known, signal))) {
    done += 1;
    if (find !== null) yield { kind: "found", find };
    yield { kind: "progress", done, total: jobs.length };
  }
}

/** Ports on which devices of these profiles listen. */
export const knownPorts = (profiles: readonly AnyProfile[]): readonly number[] => [
  ...new Set([
    ...profiles.flatMap(({ transport }) => [transport.tcp?.port ?? [], transport.http?.port ?? []].flat()),
    OTHER_HTTP_PORT,
  ]),
];

type Address = { readonly host: string; readonly port: number };

async function lookAt(address: Address, known: Known, signal: AbortSignal): Promise<Find | null> {
  if ((await probePort(address, CONNECT_TIMEOUT_ms, signal)) !== "open") return null;
  const { port } = address;
  const isFor = (kind: "tcp" | "http") => (profile: AnyProfile) => profile.transport[kind]?.port === port;
  const isHttp = port === OTHER_HTTP_PORT || known.http.some(isFor("http"));
  const isModbus = [...known.registers, ...known.sunspec].some(isFor("tcp"));
  // A web server is not shown frames it cannot understand, nor the other way round; where nobody knows, both are tried.
  const modbus = isHttp && !isModbus ? null : await lookForRegisters(address, known, signal);
  if (modbus !== null || signal.aborted || (isModbus && !isHttp)) return modbus;
  const fits = await identifyByHttp(address, known.http, signal);
  return fits.length === 0 ? null : findOf({ kind: "http", ...address }, fits);
}

/** A device that answers Modbus at all is a find, whether or not a profile fits. */
async function lookForRegisters(address: Address, known: Known, signal: AbortSignal): Promise<Find | null> {
  const link = createTcpLink(address);
  const bus = createBusOwner({ link, framing: "mbap", real_ms: (duration_ms) => duration_ms, baud: null });
  try {
    if (!(await linkUp(link, CONNECT_TIMEOUT_ms, signal)).ok) return null;
    return await lookAtUnits(bus, address, known, signal);
  } finally {
    await bus.close();
  }
}

async function lookAtUnits(bus: BusOwner, address: Address, known: Known, signal: AbortSignal): Promise<Find | null> {
  let unknown: Find | null = null;
  for (const unitId of usualUnits(known.registers)) {
    const asker = createUnitAsker(bus, unitId, UNIT_TIMEOUT_ms);
    const first = await asker.ask({ fc: 3, address: 0, count: 1 });
    // Bytes that are no answer, or a connection that was ended: nobody here speaks Modbus.
    if (!first.ok && (first.code === "garbled" || first.code === "line-down")) return unknown;
    if (!first.ok && first.code !== "exception") continue;
    const fits = [
      ...(await identifyByRegisters(asker, known.registers, signal)),
      ...(await identifySunSpec(asker, known.sunspec)),
    ];
    const find = findOf({ kind: "modbus-tcp", ...address, unitId }, fits);
    if (fits.length > 0) return find;
    if (signal.aborted) break;
    unknown ??= find;
  }
  return unknown;
}

/** Unit ids that boxes come with, the most frequent first. */
function usualUnits(profiles: readonly DeviceProfile[]): readonly number[] {
  const votes = new Map<number, number>([[1, 1]]);
  for (const { transport } of profiles) {
    const unitId = transport.unit_id?.default;
    if (unitId !== undefined) votes.set(unitId, (votes.get(unitId) ?? 0) + 1);
  }
  return [...votes].toSorted(([, a], [, b]) => b - a).map(([unitId]) => unitId);
}

/** The words "SunS" at one of the places where the standard puts them. */
async function identifySunSpec(asker: UnitAsker, profiles: readonly ProfileOf<"sunspec">[]): Promise<readonly Fit[]> {
  const fits: Fit[] = [];
  for (const { id, discovery } of profiles) {
    for (const address of discovery.base_addresses) {
      const reply = await asker.ask({ fc: discovery.fc, address, count: 2 });
      if (!reply.ok || reply.reply.kind !== "registers") continue;
      if (reply.reply.registers.join() !== discovery.marker.join()) continue;
      fits.push({ profileId: id, score: SUNSPEC_SCORE, model: null, serial: null });
      break;
    }
  }
  return fits;
}
