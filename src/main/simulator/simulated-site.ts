import { join } from "node:path";
import { isModbusLink, type Link, type ModbusLink, type SiteModel, type Station } from "../../core/site/index.ts";
import { assert, wattHour, type WattHour } from "../../core/units/index.ts";
import type { Clock } from "../devices/ports.ts";
import { loadProfile, type DeviceProfile } from "../devices/profile/index.ts";
import { createArrivals } from "./arrivals.ts";
import { createMeterBank, createModbusBox, type ModbusBox } from "./modbus-box.ts";
import { createModbusServer, type ModbusServer, type RegisterBank } from "./modbus/index.ts";
import { OcppStation } from "./ocpp-station.ts";
import { hash32 } from "./random.ts";
import type { Bay } from "./visits.ts";
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
  /** Stations (by id) that send starts and stops twice, or refuse configuration. */
  readonly duplicating?: ReadonlySet<string>;
  readonly rude?: ReadonlySet<string>;
};

export type SimulatedSite = {
  /** The site with the ports that are listened on. */
  readonly site: SiteModel;
  readonly world: World;
  readonly ocpp: ReadonlyMap<string, OcppStation>;
  readonly modbus: ReadonlyMap<string, ModbusBox>;
  readonly servers: ReadonlyMap<string, ModbusServer>;
  /** OCPP stations dial in, and cars begin to come. */
  connect(ocppUrl: string): void;
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
  const profiles = new Map<string, DeviceProfile>();
  const profileOf = (id: string): DeviceProfile => {
    const known = profiles.get(id) ?? readProfile(id, options.profileFolders ?? PROFILE_FOLDERS);
    profiles.set(id, known);
    return known;
  };
  const ocpp = new Map<string, OcppStation>();
  const modbus = new Map<string, ModbusBox>();
  const boxes = site.stations.map((station): SimulatedBox => {
    const register_Wh = options.registers?.get(station.id) ?? firstRegister(seed, station.id);
    if (station.connection.kind === "ocpp") {
      const box = ocppBox(station, station.connection.identity, register_Wh, options);
      ocpp.set(station.id, box);
      return ocppInWorld(station.id, box);
    }
    const box = createModbusBox({
      stationId: station.id,
      profile: profileOf(station.connection.profileId),
      phases: station.phaseCount,
      current_mA_max: station.current_mA_max,
      fallback_mA: station.fallback_mA,
      register_Wh,
    });
    modbus.set(station.id, box);
    return box;
  });
  const building = site.circuits.find((circuit) => circuit.parentId === null)?.id ?? null;
  const registers = new Map(
    site.meters.map(({ id }) => [id, options.registers?.get(id) ?? meterRegister(site, clock.now_ms())]),
  );
  const world = new World({ clock, seed, site, boxes, buildingCircuitId: building, registers });
  const servers = await listenAll(options, profileOf, modbus, world);
  return running({ options, world, ocpp, modbus, servers });
}

type Parts = {
  readonly options: SimulateOptions;
  readonly world: World;
  readonly ocpp: ReadonlyMap<string, OcppStation>;
  readonly modbus: ReadonlyMap<string, ModbusBox>;
  readonly servers: ReadonlyMap<string, ModbusServer>;
};

function running({ options, world, ocpp, modbus, servers }: Parts): SimulatedSite {
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
  const lived = world.run((now_ms) => arrivals?.step(now_ms, parking));
  return {
    site: { ...site, links: site.links.map((link) => withPort(link, servers.get(link.id))) },
    world,
    ocpp,
    modbus,
    servers,
    connect(ocppUrl) {
      for (const box of ocpp.values()) box.connect(ocppUrl);
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
      await Promise.all([...servers.values()].map((server) => server.close()));
    },
  };
}

function ocppBox(station: Station, identity: string, register_Wh: WattHour, options: SimulateOptions): OcppStation {
  return new OcppStation({
    identity,
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

function readProfile(id: string, folders: readonly string[]): DeviceProfile {
  const loaded = loadProfile(id, folders);
  assert(
    loaded.ok,
    `the simulator needs the device profile ${id}: ${loaded.ok ? "" : JSON.stringify(loaded.problems)}`,
  );
  return loaded.profile;
}

async function listenAll(
  options: SimulateOptions,
  profileOf: (id: string) => DeviceProfile,
  modbus: ReadonlyMap<string, ModbusBox>,
  world: World,
): Promise<ReadonlyMap<string, ModbusServer>> {
  const servers = new Map<string, ModbusServer>();
  for (const link of options.site.links.filter(isModbusLink)) {
    const units = new Map<number, RegisterBank>();
    for (const { id, connection } of options.site.stations) {
      const box = modbus.get(id);
      if (connection.kind === "profile" && connection.linkId === link.id && box !== undefined)
        units.set(connection.unitId, box.bank);
    }
    for (const meter of options.site.meters) {
      if (meter.linkId === link.id)
        units.set(
          meter.unitId,
          createMeterBank({ profile: profileOf(meter.profileId), read: () => world.meter(meter.id) }),
        );
    }
    servers.set(link.id, await listen(link, units, options));
  }
  return servers;
}

function listen(
  link: ModbusLink,
  units: ReadonlyMap<number, RegisterBank>,
  options: SimulateOptions,
): Promise<ModbusServer> {
  if (link.kind === "serial") {
    const path = options.serialPaths?.get(link.id);
    assert(path !== undefined, `the simulator needs its own end of the serial link ${link.id}`);
    return createModbusServer({ transport: { ...link, path }, units });
  }
  const port = options.ports === "as-in-site" ? link.port : 0;
  return createModbusServer({
    transport: { kind: "tcp", port, framing: link.kind === "modbus-tcp" ? "mbap" : "rtu" },
    units,
  });
}

const withPort = (link: Link, server: ModbusServer | undefined): Link =>
  !isModbusLink(link) || link.kind === "serial" || server === undefined ? link : { ...link, port: server.port };
