import type { Circuit, Connection, Link, MeterDevice, Rotation, SiteModel, Station } from "../../core/site/index.ts";
import { milliamp } from "../../core/units/index.ts";
import type { StoredSite } from "../storage/types.ts";
import { BUILDING_mA_max } from "./building-load.ts";
import { DEMO_CARDS, DEMO_GUEST_CARDS } from "./demo-people.ts";
import type { Bay, Pattern } from "./visits.ts";

const LOOPBACK = "127.0.0.1";
const METER_PROFILE = "eastron-sdm630";
const RTU_PROFILE = "heidelberg-energy-control";
/** A box with a lifetime register, so that its sessions can be billed. */
const TCP_PROFILE = "alfen-eve";
const HTTP_PROFILE = "goe-http";
const UDP_PROFILE = "keba-p30-udp";
const WEB_METER_PROFILE = "shelly-pro3em-rpc";
const GROUP_METER_PROFILE = "sma-energy-meter";
/** Where SMA's meters speak; in the demo only on the loopback interface, on a port of its own. */
export const DEMO_GROUP = "239.12.255.254";
const DEMO_METER_SERIAL = "1901234567";

const same = (current_A: number): Circuit["fuse_mA"] => [
  milliamp(current_A * 1000),
  milliamp(current_A * 1000),
  milliamp(current_A * 1000),
];

function circuit(
  id: string,
  name: string,
  parentId: string | null,
  fuse_A: number,
  meterId: string | null = null,
): Circuit {
  const building: Circuit["otherLoad_mA_max"] = parentId === null ? same(BUILDING_mA_max / 1000) : null;
  // Nothing but chargers hangs on a garage that is measured.
  const otherLoad_mA_max = parentId !== null && meterId !== null ? same(0) : building;
  return {
    id,
    name,
    parentId,
    fuse_mA: same(fuse_A),
    margin_mA: milliamp(2000),
    meterId,
    limit_W: null,
    otherLoad_mA_max,
  };
}

function station(
  number: number,
  circuitId: string,
  rotation: Rotation,
  max_A: number,
  connection: Connection,
  fallback_A = 6,
): Station {
  return {
    id: stationId(number),
    name: `Bay ${String(number)}`,
    circuitId,
    phaseCount: rotation.length === 2 ? 1 : 3,
    rotation,
    current_mA_min: milliamp(6000),
    current_mA_max: milliamp(max_A * 1000),
    step_mA: milliamp(connection.kind === "ocpp" ? 100 : 1000),
    fallback_mA: milliamp(fallback_A * 1000),
    priority: 1,
    connection,
  };
}

const stationId = (number: number): string => `P${String(number).padStart(2, "0")}`;
const ocpp = (number: number): Connection => ({
  kind: "ocpp",
  identity: `CP-${String(number).padStart(4, "0")}`,
  connectorId: 1,
});
const wired = (profileId: string, linkId: string, unitId = 1): Connection => ({
  kind: "profile",
  profileId,
  linkId,
  unitId,
});
const link = (id: string, kind: "rtu-over-tcp" | "modbus-tcp" | "http" | "udp"): Link => ({
  id,
  kind,
  host: LOOPBACK,
  port: 0,
});

/**
 * The demo site: 12 bays of every kind of wire in two garages that want more than their fuses carry, below a main fuse
 * with a building on it. The safe currents and the building's worst case fit the main fuse; the box on the web keeps
 * its last limit when it hears nothing, so that its safe current is its largest. Ports are 0 until somebody listens.
 * `hasMulticast`: this system lets a meter speak to a group on its loopback interface.
 */
export function demoSite(hasMulticast = true): StoredSite {
  const groupMeter: MeterDevice = {
    id: "garage-a-meter",
    name: "Zähler Garage A",
    profileId: GROUP_METER_PROFILE,
    linkId: "energy-meter",
    unitId: 1,
    serial: DEMO_METER_SERIAL,
  };
  const group: Link = {
    id: "energy-meter",
    kind: "udp-multicast",
    group: DEMO_GROUP,
    port: 0,
    interface: LOOPBACK,
  };
  const model: SiteModel = {
    identity: { name: "Parkhaus Nord", timezone: "Europe/Berlin", currency: "EUR", country: "DE", nominal_V: 230 },
    circuits: [
      circuit("main", "Hausanschluss", null, 80, "grid"),
      circuit("garage-a", "Garage A", "main", 50, hasMulticast ? groupMeter.id : null),
      circuit("garage-b", "Garage B", "main", 40, "garage-b-meter"),
    ],
    links: [
      link("gw-boxes", "rtu-over-tcp"),
      link("gw-meter", "rtu-over-tcp"),
      link("tcp-11", "modbus-tcp"),
      link("web-9", "http"),
      link("udp-12", "udp"),
      link("web-meter", "http"),
      ...(hasMulticast ? [group] : []),
    ],
    meters: [
      { id: "grid", name: "Netzzähler", profileId: METER_PROFILE, linkId: "gw-meter", unitId: 1 },
      ...(hasMulticast ? [groupMeter] : []),
      {
        id: "garage-b-meter",
        name: "Zähler Garage B",
        profileId: WEB_METER_PROFILE,
        linkId: "web-meter",
        unitId: 1,
      },
    ],
    stations: [
      station(1, "garage-a", "L1L2L3", 16, ocpp(1)),
      station(2, "garage-a", "L2L3L1", 32, ocpp(2)),
      station(3, "garage-a", "L1", 32, ocpp(3)),
      station(4, "garage-a", "L2", 32, ocpp(4)),
      station(5, "garage-a", "L3L1L2", 16, wired(RTU_PROFILE, "gw-boxes", 2)),
      station(6, "garage-a", "L1L2L3", 16, wired(RTU_PROFILE, "gw-boxes", 3)),
      station(7, "garage-b", "L2L3L1", 16, ocpp(5)),
      station(8, "garage-b", "L3L1L2", 32, ocpp(6)),
      station(9, "garage-b", "L3", 13, wired(HTTP_PROFILE, "web-9"), 13),
      station(10, "garage-b", "L1", 16, ocpp(7)),
      station(11, "garage-b", "L1L2L3", 32, wired(TCP_PROFILE, "tcp-11", 1), 0),
      station(12, "garage-b", "L2L3L1", 16, wired(UDP_PROFILE, "udp-12"), 0),
    ],
  };
  return { model, access: { cards: "any" }, demo: true };
}

const DEMO_PATTERN: Readonly<Record<string, Pattern>> = {
  P01: "office",
  P02: "visitors",
  P03: "office",
  P04: "office",
  P05: "office",
  P06: "residents",
  P07: "residents",
  P08: "visitors",
  P09: "residents",
  P10: "residents",
  P11: "visitors",
  P12: "residents",
};

/** Who parks at the bays of the demo site. */
export const demoBays = (site: SiteModel): readonly Bay[] =>
  site.stations.map(({ id }) => ({
    stationId: id,
    pattern: DEMO_PATTERN[id] ?? "visitors",
    cards: DEMO_CARDS[id] ?? [DEMO_GUEST_CARDS[0]],
  }));

/** Fuse ratings one can buy, in amperes. */
const FUSES_A = [16, 20, 25, 32, 40, 50, 63, 80, 100, 125, 160, 200, 250, 315, 400, 500, 630, 800, 1000] as const;
const fuseAbove = (current_A: number): number => FUSES_A.find((rating) => rating >= current_A) ?? 1000;

const BAYS_PER_GARAGE = 10;
/** Boxes that share one RS-485 line behind a gateway. */
const BOXES_PER_LINE = 4;
const ROTATIONS: readonly Rotation[] = ["L1L2L3", "L2L3L1", "L3L1L2", "L1", "L2", "L3"];

/** A site of `points` bays for tests and measurements: every second kind of wire when `mixed`, otherwise all OCPP. */
export function siteOf(points: number, mixed: boolean): StoredSite {
  const garages = Math.ceil(points / BAYS_PER_GARAGE);
  const links: Link[] = [link("gw-meter", "rtu-over-tcp")];
  const have = (id: string, kind: "rtu-over-tcp" | "modbus-tcp"): string => {
    if (!links.some((one) => one.id === id)) links.push(link(id, kind));
    return id;
  };
  const connectionOf = (number: number): Connection => {
    if (mixed && number % 6 === 5) {
      const nth = Math.floor(number / 6);
      return wired(
        RTU_PROFILE,
        have(`gw-${String(Math.floor(nth / BOXES_PER_LINE) + 1)}`, "rtu-over-tcp"),
        2 + (nth % BOXES_PER_LINE),
      );
    }
    return mixed && number % 6 === 0
      ? wired(TCP_PROFILE, have(`tcp-${String(number)}`, "modbus-tcp"), 1)
      : ocpp(number);
  };
  const stations = Array.from({ length: points }, (_, i) => {
    const garage = `garage-${String(1 + Math.floor(i / BAYS_PER_GARAGE))}`;
    const connection = connectionOf(i + 1);
    const heidelberg = connection.kind === "profile" && connection.profileId === RTU_PROFILE;
    return station(
      i + 1,
      garage,
      ROTATIONS[i % ROTATIONS.length] ?? "L1L2L3",
      heidelberg || i % 4 === 0 ? 16 : 32,
      connection,
    );
  });
  const circuits = [
    circuit("main", "Main fuse", null, fuseAbove(BUILDING_mA_max / 1000 + 2 + points * 7), "grid"),
    ...Array.from({ length: garages }, (_, i) =>
      circuit(
        `garage-${String(i + 1)}`,
        `Garage ${String(i + 1)}`,
        "main",
        fuseAbove(2 + 8 * Math.min(BAYS_PER_GARAGE, points - i * BAYS_PER_GARAGE)),
      ),
    ),
  ];
  const model: SiteModel = {
    identity: {
      name: `Site of ${String(points)}`,
      timezone: "Europe/Berlin",
      currency: "EUR",
      country: "DE",
      nominal_V: 230,
    },
    circuits,
    links,
    meters: [{ id: "grid", name: "Grid", profileId: METER_PROFILE, linkId: "gw-meter", unitId: 1 }],
    stations,
  };
  return { model, access: { cards: "any" }, demo: false };
}
