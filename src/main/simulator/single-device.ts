import type { Connection, Link, SerialLine, SiteModel, Station } from "../../core/site/index.ts";
import { milliamp } from "../../core/units/index.ts";
import type { AnyProfile } from "../devices/profile/index.ts";

/** Where a single device answers; `port` 0: anywhere. */
export type DevicePlace =
  | { readonly kind: "tcp"; readonly port: number; readonly framing: Framing | null }
  | { readonly kind: "serial"; readonly path: string; readonly line: SerialLine | null };
type Framing = "rtu" | "mbap" | "ascii";

export type SingleDevice = {
  readonly profile: AnyProfile;
  readonly unitId: number | null;
  readonly place: DevicePlace;
  /** Sockets of a charger. */
  readonly connectors: number;
};

const LOOPBACK = "127.0.0.1";
const FUSE_A = 63;
const CURRENT_A_max = 32;
const CURRENT_A_min = 6;
const LINE: SerialLine = { baud: 9600, parity: "none", dataBits: 8, stopBits: 1 };
/** Name of the only device; the second socket is `simulated-2`. */
export const DEVICE_ID = "simulated";

/** A site that consists of one device of a profile, or the reason why there is none at that place. */
export function siteOfDevice(device: SingleDevice): SiteModel | string {
  const { profile, connectors } = device;
  const misfit = misfitOf(device);
  if (misfit !== null) return misfit;
  const isMeter = profile.kind === "meter";
  const sockets = Array.from({ length: connectors }, (_, i) => i + 1);
  const placed = sockets.map((socket) => socketOf(device, socket));
  const fuse_mA = milliamp(FUSE_A * 1000);
  return {
    identity: { name: "Simulated", timezone: "Europe/Berlin", currency: "EUR", country: "DE", nominal_V: 230 },
    circuits: [
      {
        id: "main",
        name: "Main",
        parentId: null,
        fuse_mA: [fuse_mA, fuse_mA, fuse_mA],
        margin_mA: milliamp(0),
        meterId: isMeter ? DEVICE_ID : null,
        limit_W: null,
        otherLoad_mA_max: null,
      },
    ],
    links: [...new Map(placed.map(({ link }) => [link.id, link])).values()],
    meters: isMeter
      ? [{ id: DEVICE_ID, name: "Simulated", profileId: profile.id, linkId: "wire", unitId: unitOf(device) }]
      : [],
    stations: isMeter ? [] : placed.map(({ connection }, i) => stationOf(profile, connection, i + 1)),
  };
}

const unitOf = ({ profile, unitId }: SingleDevice): number => unitId ?? profile.transport.unit_id?.default ?? 1;

function misfitOf({ profile, place, connectors }: SingleDevice): string | null {
  const { transport, id, driver } = profile;
  const speaksRegisters = driver === "modbus" || driver === "sunspec";
  if (place.kind === "tcp" && place.framing !== null && !speaksRegisters)
    return `--framing belongs to Modbus; ${id} does not speak it.`;
  if (place.kind === "serial" && !speaksRegisters && !transport.options.includes("serial"))
    return `${id} has no serial line: --port N.`;
  const max = connectorsMax(profile);
  return connectors <= max ? null : `${id} is known with ${String(max)} socket${max === 1 ? "" : "s"}: --connectors.`;
}

const SOCKETS_max = 16;

function connectorsMax(profile: AnyProfile): number {
  if (profile.kind === "meter") return 1;
  const { connectors, unit_id } = profile.transport;
  const isByPath = profile.driver === "http" && JSON.stringify(profile.requests).includes("{connector}");
  if (connectors === undefined) return isByPath ? SOCKETS_max : 1;
  const { max, ports } = connectors;
  return Math.min(SOCKETS_max, max ?? Object.keys(ports ?? unit_id?.sockets ?? { 1: 1, 2: 2 }).length);
}

/** How one socket of the box is reached. */
function socketOf(device: SingleDevice, socket: number): { readonly link: Link; readonly connection: Connection } {
  const { profile, place } = device;
  const { connectors, unit_id } = profile.transport;
  const at = (linkId: string, unitId: number, connector?: number): Connection => ({
    kind: "profile",
    profileId: profile.id,
    linkId,
    unitId,
    ...(connector === undefined ? {} : { connector }),
  });
  const unit = unitOf(device);
  if (connectors?.by === "address_offset")
    return { link: linkOf(profile, place, "wire", 0), connection: at("wire", unit, socket) };
  if (connectors?.by === "tcp_port" && socket > 1) {
    const id = `wire-${String(socket)}`;
    const [first = 0, own = socket - 1] = [connectors.ports?.["1"], connectors.ports?.[String(socket)]];
    return { link: linkOf(profile, place, id, own - first), connection: at(id, unit) };
  }
  const own = unit_id?.sockets?.[String(socket)] ?? unit + socket - 1;
  return { link: linkOf(profile, place, "wire", 0), connection: at("wire", socket === 1 ? unit : own) };
}

/** The link of the kind that the profile speaks; a socket with its own port stands `offset` ports further. */
function linkOf(profile: AnyProfile, place: DevicePlace, id: string, offset: number): Link {
  if (place.kind === "serial") return { id, kind: "serial", path: place.path, ...(place.line ?? lineOf(profile)) };
  const port = place.port === 0 ? 0 : place.port + offset;
  const there = { id, host: LOOPBACK, port };
  switch (profile.driver) {
    case "http":
      return { ...there, kind: "http" };
    case "keba-udp":
      return { ...there, kind: "udp" };
    case "p1":
    case "sml":
      return { ...there, kind: "tcp-raw" };
    case "speedwire":
      return {
        id,
        kind: "udp-multicast",
        group: profile.transport.udp?.group ?? "239.12.255.254",
        port,
        interface: LOOPBACK,
      };
    case "modbus":
    case "sunspec":
      return { ...there, kind: framingOf(profile, place) === "mbap" ? "modbus-tcp" : "rtu-over-tcp" };
  }
}

/** What a device speaks at its place: as told, else as it usually does. */
export function framingOf(profile: AnyProfile, place: DevicePlace): Framing {
  const { options } = profile.transport;
  if (place.kind === "serial") return (place.line ?? lineOf(profile)).dataBits === 7 ? "ascii" : "rtu";
  if (place.framing !== null) return place.framing;
  if (options.includes("tcp")) return "mbap";
  return options[0] === "ascii" ? "ascii" : "rtu";
}

function lineOf({ transport }: AnyProfile): SerialLine {
  const line = transport.rtu ?? transport.serial;
  return line === undefined
    ? LINE
    : { baud: line.baud, parity: line.parity, dataBits: line.data_bits, stopBits: line.stop_bits };
}

function stationOf(profile: AnyProfile, connection: Connection, socket: number): Station {
  const setter = profile.driver === "modbus" || profile.driver === "http" ? profile.control?.set_current : undefined;
  return {
    id: socket === 1 ? DEVICE_ID : `${DEVICE_ID}-${String(socket)}`,
    name: `Socket ${String(socket)}`,
    circuitId: "main",
    phaseCount: 3,
    rotation: "L1L2L3",
    current_mA_min: milliamp(CURRENT_A_min * 1000),
    current_mA_max: milliamp(Math.round(Math.min(CURRENT_A_max, setter?.max ?? CURRENT_A_max) * 1000)),
    step_mA: milliamp(100),
    fallback_mA: milliamp(CURRENT_A_min * 1000),
    priority: 1,
    connection,
  };
}
