import type { SiteModel, Station } from "../../../core/site/index.ts";
import type { BusHealth } from "../../links/bus.ts";
import type { DeviceRecord } from "../device-record.ts";
import type { Clock, DeviceListener, StationPort } from "../ports.ts";
import { loadAnyProfile, profileForConnector, type DeviceProfile, type ProfileProblem } from "../profile/index.ts";
import { createBusPool, type BusPool } from "./bus-pool.ts";
import { createDeviceWire, type DeviceWire } from "./device-wire.ts";
import { failure } from "./limit-control.ts";
import { startMeterDriver } from "./meter-driver.ts";
import { createRegisterRecord } from "./register-record.ts";
import type { DeviceHealth, DeviceLog, RunningDevice } from "./running-device.ts";
import { startStationDriver } from "./station-driver.ts";

/** Devices begin to poll this far apart, in time of the app's clock, so that a large site does not speak in bursts. */
const STAGGER_ms = 37;
const STAGGER_ms_max = 900;

export type ModbusHealth = {
  readonly buses: readonly (BusHealth & { readonly linkId: string })[];
  readonly devices: readonly DeviceHealth[];
};

export type ModbusDevices = {
  /** One for every Modbus station of the site, also for those whose profile could not be used: these answer `invalid`. */
  readonly stations: readonly StationPort[];
  /** The buses of the site's links, for other drivers that ask registers on them. */
  readonly buses: BusPool;
  /** What is wrong with profiles, links and ids; empty on a good site. */
  readonly problems: readonly ProfileProblem[];
  /** Ends polling and frees all ports. Boxes keep their limit until their own watchdog takes over. */
  stop(): Promise<void>;
  health(): ModbusHealth;
  /** What was said lately with each device that could be opened, by its id. */
  readonly records: ReadonlyMap<string, DeviceRecord>;
};

export type ModbusDevicesOptions = {
  readonly site: Pick<SiteModel, "links" | "meters" | "stations">;
  readonly clock: Clock;
  /** Folders of profiles; the first that has an id wins. Each may have `chargers` and `meters` below it. */
  readonly profileFolders: readonly string[];
  readonly emit: DeviceListener;
  readonly log: DeviceLog;
};

/**
 * Opens the links that devices use and starts one driver per Modbus station and meter. Devices whose profile names
 * another driver are left to that driver.
 */
export function createModbusDevices(options: ModbusDevicesOptions): ModbusDevices {
  const { site, clock, emit, log } = options;
  const problems: ProfileProblem[] = [];
  const buses = createBusPool(site.links, clock);
  const profiles = new Map<string, DeviceProfile | "foreign" | null>();
  const running: RunningDevice[] = [];
  const records = new Map<string, DeviceRecord>();
  const stations: StationPort[] = [];

  const profileOf = (id: string, kind: DeviceProfile["kind"]): DeviceProfile | "foreign" | null => {
    const ready = profiles.get(id);
    if (ready !== undefined) return ready;
    const loaded = loadAnyProfile(id, options.profileFolders);
    const profile = loaded.ok ? (loaded.profile.driver === "modbus" ? loaded.profile : "foreign") : null;
    if (!loaded.ok) problems.push(...loaded.problems);
    const misfit = profile !== null && profile !== "foreign" && profile.kind !== kind;
    if (misfit) problems.push({ file: id, line: 0, field: "kind", expected: kind });
    profiles.set(id, misfit ? null : profile);
    return misfit ? null : profile;
  };

  const wireOf = ({ id, linkId, unitId }: Place, profile: DeviceProfile): DeviceWire | null => {
    const found = buses.busOf(linkId, profile.transport.options[0] === "ascii");
    if (found === null) {
      problems.push({ file: linkId, line: 0, field: "link", expected: "the id of a Modbus link" });
      return null;
    }
    const { max_connection_s } = profile.limits;
    if (max_connection_s !== undefined) found.bus.expectEndAfter(max_connection_s * 1_000);
    const record = createRegisterRecord(profile, clock);
    records.set(id, record);
    const behindGateway = found.link.kind === "rtu-over-tcp";
    return createDeviceWire({ bus: found.bus, unitId, profile, behindGateway, note: record.note });
  };
  const startAfter_ms = (): number => (running.length * STAGGER_ms) % STAGGER_ms_max;

  for (const meter of site.meters) {
    const profile = profileOf(meter.profileId, "meter");
    if (profile === "foreign") continue;
    const wire = profile === null ? null : wireOf(meter, profile);
    if (profile === null || wire === null) continue;
    running.push(startMeterDriver({ meter, profile, wire, clock, emit, log, startAfter_ms: startAfter_ms() }));
  }
  for (const station of site.stations) {
    const { connection } = station;
    if (connection.kind !== "profile") continue;
    const found = profileOf(connection.profileId, "charger");
    if (found === "foreign") continue;
    const profile = found === null ? null : profileForConnector(found, connection.connector ?? 1);
    const wire = profile === null ? null : wireOf({ ...connection, id: station.id }, profile);
    if (profile === null || wire === null) {
      stations.push(unusableStation(station));
      continue;
    }
    const driver = startStationDriver({ station, profile, wire, clock, emit, log, startAfter_ms: startAfter_ms() });
    running.push(driver);
    stations.push(driver.port);
  }
  for (const problem of problems) log.warn({ problem }, "device description cannot be used");

  return {
    stations,
    buses,
    problems,
    records,
    async stop() {
      // Closing the buses first answers everything under way at once.
      await buses.close();
      await Promise.all(running.map((device) => device.stop()));
    },
    health: () => ({ buses: buses.health(), devices: running.map((device) => device.health()) }),
  };
}

type Place = { readonly id: string; readonly linkId: string; readonly unitId: number };

/** Stands for a station we cannot talk to, so that the site still counts it at its fallback. */
export function unusableStation(station: Station): StationPort {
  const refuse = (): Promise<ReturnType<typeof failure>> =>
    Promise.resolve(failure("invalid", false, "device profile or link cannot be used"));
  return {
    stationId: station.id,
    reportsTransactions: false,
    setLimit: refuse,
    start: refuse,
    stop: refuse,
    unlock: refuse,
    reset: refuse,
  };
}
