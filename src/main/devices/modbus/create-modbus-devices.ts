import { isModbusLink, type Link, type ModbusLink, type SiteModel, type Station } from "../../../core/site/index.ts";
import { createBusOwner, type BusHealth, type BusOwner } from "../../links/bus.ts";
import { createSerialLink } from "../../links/serial-link.ts";
import { createTcpLink } from "../../links/tcp-link.ts";
import type { Clock, DeviceListener, StationPort } from "../ports.ts";
import { loadProfile, type DeviceProfile, type ProfileProblem } from "../profile/index.ts";
import { createDeviceWire, type DeviceWire } from "./device-wire.ts";
import { failure } from "./limit-control.ts";
import { startMeterDriver } from "./meter-driver.ts";
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
  /** What is wrong with profiles, links and ids; empty on a good site. */
  readonly problems: readonly ProfileProblem[];
  /** Ends polling and frees all ports. Boxes keep their limit until their own watchdog takes over. */
  stop(): Promise<void>;
  health(): ModbusHealth;
};

export type ModbusDevicesOptions = {
  readonly site: Pick<SiteModel, "links" | "meters" | "stations">;
  readonly clock: Clock;
  /** Folders of profiles; the first that has an id wins. Each may have `chargers` and `meters` below it. */
  readonly profileFolders: readonly string[];
  readonly emit: DeviceListener;
  readonly log: DeviceLog;
};

/** Opens the links that devices use and starts one driver per Modbus station and meter. */
export function createModbusDevices(options: ModbusDevicesOptions): ModbusDevices {
  const { site, clock, emit, log } = options;
  const problems: ProfileProblem[] = [];
  const buses = new Map<string, BusOwner>();
  const profiles = new Map<string, DeviceProfile | null>();
  const running: RunningDevice[] = [];
  const stations: StationPort[] = [];

  const profileOf = (id: string, kind: DeviceProfile["kind"]): DeviceProfile | null => {
    const ready = profiles.get(id);
    if (ready !== undefined) return ready;
    const loaded = loadProfile(id, options.profileFolders);
    if (!loaded.ok) problems.push(...loaded.problems);
    else if (loaded.profile.kind !== kind) problems.push({ file: id, line: 0, field: "kind", expected: kind });
    const profile = loaded.ok && loaded.profile.kind === kind ? loaded.profile : null;
    profiles.set(id, profile);
    return profile;
  };

  const busOf = (linkId: string): { readonly bus: BusOwner; readonly link: ModbusLink } | null => {
    const link = site.links.filter(isModbusLink).find((one) => one.id === linkId);
    if (link === undefined) {
      problems.push({ file: linkId, line: 0, field: "link", expected: "the id of a link of this site" });
      return null;
    }
    const place = placeOf(link);
    const bus = buses.get(place) ?? openBus(link, clock);
    buses.set(place, bus);
    return { bus, link };
  };

  const wireOf = (linkId: string, unitId: number, profile: DeviceProfile): DeviceWire | null => {
    const found = busOf(linkId);
    return found === null
      ? null
      : createDeviceWire({ bus: found.bus, unitId, profile, behindGateway: found.link.kind === "rtu-over-tcp" });
  };
  const startAfter_ms = (): number => (running.length * STAGGER_ms) % STAGGER_ms_max;

  for (const meter of site.meters) {
    const profile = profileOf(meter.profileId, "meter");
    const wire = profile === null ? null : wireOf(meter.linkId, meter.unitId, profile);
    if (profile === null || wire === null) continue;
    running.push(startMeterDriver({ meter, profile, wire, clock, emit, log, startAfter_ms: startAfter_ms() }));
  }
  for (const station of site.stations) {
    const { connection } = station;
    if (connection.kind !== "profile") continue;
    const profile = profileOf(connection.profileId, "charger");
    const wire = profile === null ? null : wireOf(connection.linkId, connection.unitId, profile);
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
    problems,
    async stop() {
      // Closing the buses first answers everything under way at once.
      await Promise.all([...buses.values()].map((bus) => bus.close()));
      await Promise.all(running.map((device) => device.stop()));
    },
    health: () => ({
      buses: [...buses].map(([place, bus]) => ({ ...bus.health(), linkId: linkIdOf(site.links, place) })),
      devices: running.map((device) => device.health()),
    }),
  };
}

const placeOf = (link: ModbusLink): string =>
  link.kind === "serial" ? link.path : `${link.host}:${String(link.port)}`;
const linkIdOf = (links: readonly Link[], place: string): string =>
  links.filter(isModbusLink).find((link) => placeOf(link) === place)?.id ?? place;

function openBus(link: ModbusLink, clock: Clock): BusOwner {
  const real_ms = (duration_ms: number): number => clock.real_ms(duration_ms);
  return link.kind === "serial"
    ? createBusOwner({
        link: createSerialLink(link),
        // RTU needs all 8 bits of a byte (Modbus over Serial Line 2.5.1), so 7 data bits mean ASCII.
        framing: link.dataBits === 7 ? "ascii" : "rtu",
        real_ms,
        baud: link.baud,
      })
    : createBusOwner({
        link: createTcpLink(link),
        framing: link.kind === "modbus-tcp" ? "mbap" : "rtu",
        real_ms,
        baud: null,
      });
}

/** Stands for a station we cannot talk to, so that the site still counts it at its fallback. */
function unusableStation(station: Station): StationPort {
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
