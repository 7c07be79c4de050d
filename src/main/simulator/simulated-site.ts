import { join } from "node:path";
import type { SiteModel, Station } from "../../core/site/index.ts";
import { assert, wattHour, type WattHour } from "../../core/units/index.ts";
import type { Clock } from "../devices/ports.ts";
import { loadAnyProfile, type AnyProfile } from "../devices/profile/index.ts";
import { createArrivals } from "./arrivals.ts";
import { createModbusBox, type ModbusBox } from "./modbus-box.ts";
import type { ModbusServer } from "./modbus/index.ts";
import { createHttpBox, createKebaUdpBox, type HttpBox, type KebaUdpBox } from "./network-box.ts";
import { OcppStation } from "./ocpp-station.ts";
import { hash32 } from "./random.ts";
import { socketProfile } from "./simulated-units.ts";
import type { Bay } from "./visits.ts";
import { openWires, type NetworkWire, type Wires } from "./wires.ts";
import { World, type SimulatedBox, type WorldTruth } from "./world.ts";

export type SimulateOptions = {
  readonly clock: Clock;
  readonly seed: number;
  readonly site: SiteModel;
  /** Who comes and goes; leave out for a site where only the caller plugs cars in. */
  readonly bays?: readonly Bay[];
  /** Chance in thousandths that a bay that would be empty at the start has a car. */
  readonly opening_permille?: number;
  /** Lifetime registers to go on from, by station or meter id. */
  readonly registers?: ReadonlyMap<string, WattHour>;
  /** `free`: listen anywhere on loopback and say where; `as-in-site`: on the ports the site names. */
  readonly ports?: "free" | "as-in-site";
  /** Our end of serial links, by link id. */
  readonly serialPaths?: ReadonlyMap<string, string>;
  /** Folders with device profiles, searched in order. */
  readonly profileFolders?: readonly string[];
  /** Stations (by id) that speak OCPP 2.0.1; every sixth of those with OCPP when left out. */
  readonly modern?: ReadonlySet<string>;
  /** Stations (by id) that send starts and stops twice, or refuse configuration. */
  readonly duplicating?: ReadonlySet<string>;
  readonly rude?: ReadonlySet<string>;
  /** What the building draws on [L1, L2, L3], and a voltage that stands still; left out: an office on a real grid. */
  readonly building_mA?: (at_ms: number) => readonly [number, number, number];
  readonly steadyVoltage_mV?: number;
  /** How registers are framed on lines behind TCP ports; left out: as their devices usually do. */
  readonly lineFraming?: "rtu" | "ascii";
};

/** Where boxes that come by TLS dial in, and the authority (PEM) that they trust. */
export type TlsWay = {
  readonly url: string;
  readonly ca: string;
  /** One box in so many comes by TLS; 3 when left out. */
  readonly everyNth?: number;
};
const ENCRYPTED_EVERY = 3;

export type SimulatedSite = {
  /** The site with the ports that are listened on. */
  readonly site: SiteModel;
  readonly world: World;
  readonly ocpp: ReadonlyMap<string, OcppStation>;
  readonly modbus: ReadonlyMap<string, ModbusBox>;
  readonly http: ReadonlyMap<string, HttpBox>;
  readonly keba: ReadonlyMap<string, KebaUdpBox>;
  /** Wires that registers are asked over, by link id. */
  readonly servers: ReadonlyMap<string, ModbusServer>;
  /** All other wires, by link id. */
  readonly network: ReadonlyMap<string, NetworkWire>;
  /** OCPP stations dial in, and cars begin to come. */
  connect(ocppUrl: string, byTls?: TlsWay): void;
  truth(): WorldTruth;
  close(): Promise<void>;
};

/** Profiles beside the sources and beside the built program. */
export const PROFILE_FOLDERS = [
  join(import.meta.dirname, "../../../resources/devices"),
  join(import.meta.dirname, "../../resources/devices"),
  join(import.meta.dirname, "../resources/devices"),
];

/** Starts a simulated device for every station and meter of a site and lets time run for them. */
export async function simulateSite(options: SimulateOptions): Promise<SimulatedSite> {
  const { clock, seed, site } = options;
  const profiles = new Map<string, AnyProfile>();
  const profileOf = (id: string): AnyProfile => {
    const known = profiles.get(id) ?? readProfile(id, options.profileFolders ?? PROFILE_FOLDERS);
    profiles.set(id, known);
    return known;
  };
  const made = { ocpp: new Map<string, OcppStation>(), ...noBoxes() };
  const boxes = site.stations.map((station) => boxOf(station, { options, profileOf, made }));
  const building = site.circuits.find((circuit) => circuit.parentId === null)?.id ?? null;
  const registers = new Map(
    site.meters.map(({ id }) => [id, options.registers?.get(id) ?? meterRegister(site, clock.now_ms())]),
  );
  const { building_mA, steadyVoltage_mV } = options;
  const world = new World({
    clock,
    seed,
    site,
    boxes,
    buildingCircuitId: building,
    registers,
    ...(building_mA === undefined ? {} : { building_mA }),
    ...(steadyVoltage_mV === undefined ? {} : { steadyVoltage_mV }),
  });
  const { ports = "free", serialPaths = new Map<string, string>() } = options;
  const lineFraming = options.lineFraming ?? null;
  const wires = await openWires({ site, world, profileOf, ...made }, { ports, serialPaths, lineFraming });
  return running({ options, world, wires, ...made });
}

const noBoxes = () => ({
  modbus: new Map<string, ModbusBox>(),
  http: new Map<string, HttpBox>(),
  keba: new Map<string, KebaUdpBox>(),
});

type Made = ReturnType<typeof noBoxes> & { readonly ocpp: Map<string, OcppStation> };

/** The box of a station, whatever it speaks. */
function boxOf(
  station: Station,
  context: {
    readonly options: SimulateOptions;
    readonly profileOf: (id: string) => AnyProfile;
    readonly made: Made;
  },
): SimulatedBox {
  const { options, profileOf, made } = context;
  const { id, connection } = station;
  const register_Wh = options.registers?.get(id) ?? firstRegister(options.seed, id);
  if (connection.kind === "ocpp") {
    const box = ocppBox(station, connection.identity, register_Wh, options);
    made.ocpp.set(id, box);
    return ocppInWorld(id, box);
  }
  const profile = profileOf(connection.profileId);
  const { phaseCount: phases, current_mA_max, fallback_mA } = station;
  const common = { stationId: id, phases, current_mA_max, fallback_mA, register_Wh };
  switch (profile.driver) {
    case "modbus": {
      const box = createModbusBox({ ...common, profile: socketProfile(profile, station) });
      made.modbus.set(id, box);
      return box;
    }
    case "http": {
      const box = createHttpBox({ ...common, profile, unitId: connection.unitId });
      made.http.set(id, box);
      return box;
    }
    case "keba-udp": {
      const box = createKebaUdpBox({ ...common, profile });
      made.keba.set(id, box);
      return box;
    }
    case "p1":
    case "sml":
    case "speedwire":
    case "sunspec":
      assert(false, `${connection.profileId} describes no charger`);
  }
}

type Parts = Made & { readonly options: SimulateOptions; readonly world: World; readonly wires: Wires };

function running({ options, world, wires, ...made }: Parts): SimulatedSite {
  const { ocpp } = made;
  const { clock, seed, site } = options;
  let arrivals: ReturnType<typeof createArrivals> | null = null;
  const parking = {
    plugIn: (visit: { stationId: string; car: Parameters<World["plugIn"]>[1]; idToken: string }) => {
      world.plugIn(visit.stationId, visit.car, visit.idToken);
    },
    unplug: (stationId: string) => {
      world.unplug(stationId);
    },
  };
  const lived = world.run((now_ms) => {
    arrivals?.step(now_ms, parking);
    wires.speak(now_ms);
  });
  return {
    site: { ...site, links: wires.links },
    world,
    ...made,
    servers: wires.servers,
    network: wires.network,
    connect(ocppUrl, byTls) {
      [...ocpp.values()].forEach((box, i) => {
        if (byTls !== undefined && i % (byTls.everyNth ?? ENCRYPTED_EVERY) === 0) box.connect(byTls.url, byTls.ca);
        else box.connect(ocppUrl);
      });
      arrivals ??= createArrivals({
        bays: options.bays ?? [],
        seed,
        timezone: site.identity.timezone,
        start_ms: clock.now_ms(),
        opening_permille: options.opening_permille ?? 0,
      });
    },
    truth: () => world.truth(),
    async close() {
      world.close();
      await lived;
      await Promise.all([...ocpp.values()].map((box) => box.close()));
      await wires.close();
    },
  };
}

/** Of what hangs on walls today, so much speaks the newer version. */
const MODERN_EACH = 6;
const modernOf = ({ stations }: SiteModel): ReadonlySet<string> =>
  new Set(
    stations
      .filter(({ connection }) => connection.kind === "ocpp")
      .filter((_, index) => index % MODERN_EACH === MODERN_EACH - 1)
      .map(({ id }) => id),
  );

function ocppBox(station: Station, identity: string, register_Wh: WattHour, options: SimulateOptions): OcppStation {
  return new OcppStation({
    identity,
    version: (options.modern ?? modernOf(options.site)).has(station.id) ? "2.0.1" : "1.6",
    clock: options.clock,
    phases: station.phaseCount,
    current_mA_max: station.current_mA_max,
    unmanaged_mA: station.fallback_mA,
    register_Wh,
    duplicates: options.duplicating?.has(station.id) ?? false,
    rude: options.rude?.has(station.id) ?? false,
  });
}

const ocppInWorld = (stationId: string, box: OcppStation): SimulatedBox => ({
  stationId,
  evse: box.evse,
  tick: (now_ms) => {
    box.tick(now_ms);
  },
  plugIn: (car, idToken) => {
    box.plugIn(car, idToken);
  },
  unplug: () => {
    box.unplug();
  },
});

/** No box is new: its register shows a few megawatt-hours. */
export const firstRegister = (seed: number, id: string): WattHour =>
  wattHour(1_000_000 + (hash32(seed, "register", id) % 9_000_000));

/**
 * A meter that was not told where it stood shows what the main fuse could have let through since New Year: so its
 * register never runs backwards when the simulator starts again later in the year.
 */
function meterRegister(site: SiteModel, now_ms: number): WattHour {
  const main = site.circuits.find((circuit) => circuit.parentId === null);
  const fuse_mA = main === undefined ? 0 : main.fuse_mA[0] + main.fuse_mA[1] + main.fuse_mA[2];
  const power_max_W = (fuse_mA * site.identity.nominal_V) / 1000;
  return wattHour(Math.round((power_max_W * (now_ms - Date.UTC(new Date(now_ms).getUTCFullYear(), 0))) / 3_600_000));
}

function readProfile(id: string, folders: readonly string[]): AnyProfile {
  const loaded = loadAnyProfile(id, folders);
  assert(
    loaded.ok,
    `the simulator needs the device profile ${id}: ${loaded.ok ? "" : JSON.stringify(loaded.problems)}`,
  );
  return loaded.profile;
}
