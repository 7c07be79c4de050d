import type { AnyProfile, DeviceProfile, ProfileOf } from "../devices/profile/index.ts";
import { announcedServices, type Announced } from "../links/announced-services.ts";
import { createBusOwner, type BusOwner } from "../links/bus.ts";
import { createDatagramLink } from "../links/datagram-link.ts";
import { probePort } from "../links/port-probe.ts";
import { createTcpLink } from "../links/tcp-link.ts";
import { findOf, type Find, type Fit, type ScanEvent } from "./find.ts";
import { identifyByHttp } from "./identify-http.ts";
import { createUnitAsker, identifyByRegisters, type UnitAsker } from "./identify-registers.ts";
import { inParallel } from "./in-parallel.ts";
import { linkUp } from "./link-up.ts";
import { gatewayUnits, scanGateway, type Gateway } from "./scan-gateway.ts";
import { isFromGateway } from "./scan-units.ts";

/** Hosts looked at at the same time: gentle to the owner's network. */
const WIDTH = 16;
/** Real time for a connection in a local network. */
const CONNECT_TIMEOUT_ms = 500;
const UNIT_TIMEOUT_ms = 500;
/** A web interface that is not one of ours is often at this one too. */
const OTHER_HTTP_PORT = 8080;
const SUNSPEC_SCORE = 6;
const MODBUS_PORT = 502;
/** Ports on which serial gateways listen as their makers deliver them: Waveshare, USR and Elfin, USR, Moxa. */
const GATEWAY_PORTS: readonly number[] = [4196, 8899, 20_108, 26, 4001];
/** Services under which any kind of device may announce itself. */
const ANYBODYS_SERVICES = ["_http._tcp", "_modbus._tcp"] as const;

export type NetworkScan = {
  readonly hosts: readonly string[];
  readonly profiles: readonly AnyProfile[];
  /** Left out: those of the profiles and of gateways, and whatever announces itself. */
  readonly ports?: readonly number[];
  /** Addresses to leave alone. */
  readonly skip?: (address: Address) => boolean;
  readonly signal: AbortSignal;
  /** Who announces these services on the network; left out: asked on all interfaces, unless `ports` are given. */
  readonly announced?: (types: readonly string[], signal: AbortSignal) => Promise<readonly Announced[]>;
};

type Known = {
  readonly registers: readonly DeviceProfile[];
  readonly http: readonly ProfileOf<"http">[];
  readonly sunspec: readonly ProfileOf<"sunspec">[];
};
type Address = { readonly host: string; readonly port: number };
/** What one address turned out to be; `gateway`: a line with units of its own stands behind it. */
type Look = { readonly find: Find | null; readonly gateway: Gateway | null };
const NOBODY: Look = { find: null, gateway: null };

/**
 * Looks for devices at these hosts; only reads. Each port is tried once, and asked only when it is open; then whatever
 * announced itself there at other ports; then the units behind each gateway, one gateway after the other.
 */
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
  const listening = heard(scan);
  const jobs = hosts.flatMap((host) => ports.map((port) => ({ host, port }))).filter((address) => !skip(address));
  const gateways: Gateway[] = [];
  let [done, total] = [0, jobs.length];
  const looked = function* ({ find, gateway }: Look): Generator<ScanEvent> {
    done = Math.min(done + 1, total);
    if (gateway !== null) gateways.push(gateway);
    if (find !== null) yield { kind: "found", find };
    yield { kind: "progress", done, total };
  };
  for await (const look of inParallel(jobs, WIDTH, signal, (address) => lookAt(address, known, signal)))
    yield* looked(look);
  const inNetwork = new Set(hosts);
  const taken = new Set(jobs.map(addressName));
  const others = (await listening).filter(
    (one) => inNetwork.has(one.host) && !skip(one) && (one.type.endsWith("_udp") || !taken.has(addressName(one))),
  );
  total += others.length;
  for await (const look of inParallel(others, WIDTH, signal, (one) => lookAtAnnounced(one, known, signal)))
    yield* looked(look);
  for (const gateway of gateways) {
    if (signal.aborted) return;
    const units = gatewayUnits(gateway, known.registers);
    const before = done;
    total += units.length;
    for await (const find of scanGateway(gateway, units, known.registers, signal))
      yield* looked({ find, gateway: null });
    // Where nobody speaks Modbus it ends early.
    total -= units.length - (done - before);
  }
}

/** Ports on which devices of these profiles listen, and those that gateways come with. */
const knownPorts = (profiles: readonly AnyProfile[]): readonly number[] => [
  ...new Set([
    ...profiles.flatMap(({ transport }) => [transport.tcp?.port ?? [], transport.http?.port ?? []].flat()),
    OTHER_HTTP_PORT,
    ...GATEWAY_PORTS,
  ]),
];

const addressName = ({ host, port }: Address): string => `${host}:${String(port)}`;

/** Listens while the ports are tried; the services are those of the profiles, and two that anybody uses. */
function heard({ ports, announced, signal, profiles }: NetworkScan): Promise<readonly Announced[]> {
  if (announced === undefined && ports !== undefined) return Promise.resolve([]);
  const types = [...new Set([...ANYBODYS_SERVICES, ...profiles.flatMap(({ transport }) => transport.mdns ?? [])])];
  return (announced ?? ((all, until) => announcedServices({ types: all, signal: until })))(types, signal);
}

async function lookAtAnnounced(one: Announced, known: Known, signal: AbortSignal): Promise<Look> {
  const { host, port, type } = one;
  if (!type.endsWith("_udp")) return lookAt({ host, port }, known, signal);
  const registers = known.registers.filter(({ transport }) => transport.options.includes("udp"));
  const find = await lookForRegisters({ kind: "udp", host, port }, { ...known, registers, sunspec: [] }, signal);
  return find === "gateway" ? NOBODY : { find, gateway: null };
}

async function lookAt(address: Address, known: Known, signal: AbortSignal): Promise<Look> {
  if ((await probePort(address, CONNECT_TIMEOUT_ms, signal)) !== "open") return NOBODY;
  const { host, port } = address;
  const isFor = (kind: "tcp" | "http") => (profile: AnyProfile) => profile.transport[kind]?.port === port;
  const isHttp = port === OTHER_HTTP_PORT || known.http.some(isFor("http"));
  const isModbus = [...known.registers, ...known.sunspec].some(isFor("tcp"));
  const isGateway = GATEWAY_PORTS.includes(port);
  // A web server is not shown frames it cannot understand, nor the other way round; where nobody knows, all are tried.
  const modbus = isHttp && !isModbus ? null : await lookForRegisters({ kind: "modbus-tcp", host, port }, known, signal);
  if (modbus === "gateway") return { find: null, gateway: { kind: "modbus-tcp", host, port, isKnown: true } };
  if (modbus !== null || signal.aborted) return { find: modbus, gateway: null };
  if (isHttp || (!isModbus && !isGateway)) {
    const fits = await identifyByHttp(address, known.http, signal);
    if (fits.length > 0) return { find: findOf({ kind: "http", host, port }, fits), gateway: null };
  }
  const mayBeLine = isGateway || (!isHttp && !isModbus) || port === MODBUS_PORT;
  return mayBeLine ? { find: null, gateway: { kind: "rtu-over-tcp", host, port, isKnown: isGateway } } : NOBODY;
}

type Place = Address & { readonly kind: "modbus-tcp" | "udp" };

/** A device that answers Modbus at all is a find, whether or not a profile fits. */
async function lookForRegisters(place: Place, known: Known, signal: AbortSignal): Promise<Find | "gateway" | null> {
  const link = place.kind === "udp" ? createDatagramLink(place) : createTcpLink(place);
  const bus = createBusOwner({ link, framing: "mbap", real_ms: (duration_ms) => duration_ms, baud: null });
  try {
    if (!(await linkUp(link, CONNECT_TIMEOUT_ms, signal)).ok) return null;
    return await lookAtUnits(bus, place, known, signal);
  } finally {
    await bus.close();
  }
}

async function lookAtUnits(
  bus: BusOwner,
  place: Place,
  known: Known,
  signal: AbortSignal,
): Promise<Find | "gateway" | null> {
  let unknown: Find | null = null;
  for (const unitId of usualUnits(known.registers)) {
    const asker = createUnitAsker({ bus, unitId, timeout_ms: UNIT_TIMEOUT_ms });
    const first = await asker.ask({ fc: 3, address: 0, count: 1 });
    // Bytes that are no answer, or a connection that was ended: nobody here speaks Modbus.
    if (!first.ok && (first.code === "garbled" || first.code === "line-down")) return unknown;
    if (!first.ok && first.code !== "exception") continue;
    if (!first.ok && isFromGateway(first.exception)) return "gateway";
    const fits = [
      ...(await identifyByRegisters(asker, known.registers, signal)),
      ...(await identifySunSpec(asker, known.sunspec)),
    ];
    const find = findOf({ ...place, unitId }, fits);
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
