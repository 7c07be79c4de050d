import type { Link, MeterDevice, MulticastLink, SiteModel, Station } from "../../../core/site/index.ts";
import { createHttpPeer } from "../../links/http-peer.ts";
import { createSerialLink } from "../../links/serial-link.ts";
import { createTcpLink } from "../../links/tcp-link.ts";
import { createHttpHost, HTTP_TIMEOUT_ms, httpMeter, httpStation, type HttpHost } from "../http/index.ts";
import {
  answersAt,
  createKebaSocket,
  KEBA_TIMEOUT_ms,
  kebaStation,
  type KebaListener,
  type KebaSocket,
} from "../keba-udp/index.ts";
import type { BusOwner, WireListener } from "../../links/bus.ts";
import type { DeviceRecord } from "../device-record.ts";
import type { BusPool } from "../modbus/bus-pool.ts";
import { createRegisterRecord } from "../modbus/register-record.ts";
import { unusableStation } from "../modbus/create-modbus-devices.ts";
import type { DeviceLog } from "../modbus/running-device.ts";
import type { Clock, DeviceListener, StationPort } from "../ports.ts";
import { loadAnyProfile, type AnyProfile, type ProfileOf, type ProfileProblem } from "../profile/index.ts";
import { startSerialPushMeter, startSpeedwireGroup, type Heard, type SpeedwireMeter } from "../push-meters/index.ts";
import { sunspecMeter } from "../sunspec/index.ts";
import type { NetworkDeviceHealth, RunningNetworkDevice } from "./network-health.ts";
import { createNetworkRecord, type NetworkRecord } from "./network-record.ts";
import { startNetworkStation } from "./network-station.ts";
import { startPolledMeter, type ReadOutcome } from "./polled-meter.ts";
import type { StationTalk } from "./station-talk.ts";

/** Devices begin to poll this far apart, in time of the app's clock. */
const STAGGER_ms = 53;
const STAGGER_ms_max = 900;

export type NetworkDevices = {
  /** One for every station whose profile names a driver of the network; unusable ones answer `invalid`. */
  readonly stations: readonly StationPort[];
  /** What is wrong with profiles and links; empty on a good site. */
  readonly problems: readonly ProfileProblem[];
  /** The port KEBA boxes answer to; `null` when the site has none, or the port is taken. */
  kebaPort(): number | null;
  health(): readonly NetworkDeviceHealth[];
  /** What was said lately with each device, by its id; devices behind one address share what was said with it. */
  readonly records: ReadonlyMap<string, DeviceRecord>;
  /** Ends polling and frees all sockets and ports. Boxes keep their limit until their own watchdog takes over. */
  stop(): Promise<void>;
};

export type NetworkDevicesOptions = {
  readonly site: Pick<SiteModel, "links" | "meters" | "stations">;
  readonly clock: Clock;
  readonly profileFolders: readonly string[];
  /** Where SunSpec meters are asked for registers; shared with the Modbus devices of the same line. */
  readonly buses: BusPool;
  readonly emit: DeviceListener;
  readonly log: DeviceLog;
  /** Another port for the answers of KEBA boxes than theirs (7090); tests ask for 0. */
  readonly kebaPort?: number;
};

/** Starts one driver per station and meter that is reached over HTTP, UDP, P1, SML, speedwire or SunSpec. */
export const createNetworkDevices = (options: NetworkDevicesOptions): NetworkDevices => new Devices(options);

class Devices implements NetworkDevices {
  readonly stations: StationPort[] = [];
  readonly problems: ProfileProblem[] = [];
  readonly #options: NetworkDevicesOptions;
  readonly #running: RunningNetworkDevice[] = [];
  readonly #profiles = new Map<string, AnyProfile | null>();
  readonly records = new Map<string, DeviceRecord>();
  readonly #hosts = new Map<string, { readonly host: HttpHost; readonly record: NetworkRecord }>();
  #keba: KebaSocket | null = null;

  constructor(options: NetworkDevicesOptions) {
    this.#options = options;
    const groups = new Map<MulticastLink, SpeedwireMeter[]>();
    for (const meter of options.site.meters) this.#startMeter(meter, groups);
    for (const [link, meters] of groups) this.#startGroup(link, meters);
    for (const station of options.site.stations) this.#startStation(station);
  }

  kebaPort(): number | null {
    return this.#keba?.port ?? null;
  }

  health(): readonly NetworkDeviceHealth[] {
    return this.#running.map((device) => device.health());
  }

  async stop(): Promise<void> {
    // What is under way is answered at once when its socket is gone.
    for (const { host } of this.#hosts.values()) host.peer.close();
    await this.#keba?.close();
    await Promise.all(this.#running.map((device) => device.stop()));
  }

  #startMeter(meter: MeterDevice, groups: Map<MulticastLink, SpeedwireMeter[]>): void {
    const { clock, emit, log, buses } = this.#options;
    const profile = this.#profileOf(meter.profileId);
    if (profile === null || profile.driver === "modbus") return;
    const link = this.#linkOf(meter.linkId);
    const polled = { meter, clock, emit, log, startAfter_ms: this.#startAfter_ms() };
    if (profile.driver === "http" && profile.kind === "meter" && link?.kind === "http") {
      const { host, record } = this.#hostOf(link, profile);
      const talk = httpMeter({ profile, host, unitId: meter.unitId });
      this.#running.push(startPolledMeter({ ...polled, talk: this.#recorded(meter.id, record, talk) }));
    } else if (profile.driver === "p1" || profile.driver === "sml") {
      if (link?.kind !== "serial" && link?.kind !== "tcp-raw") return this.#misfit(meter.id, "serial or tcp-raw");
      const bytes = link.kind === "serial" ? createSerialLink(link) : createTcpLink(link);
      const record = this.#recordOf(meter.id);
      const note = (said: Uint8Array, heard: Heard): void => {
        record.telegram(said, heard, profile.driver === "p1");
      };
      this.#running.push(startSerialPushMeter({ meter, profile, link: bytes, clock, emit, log, note }));
    } else if (profile.driver === "speedwire" && link?.kind === "udp-multicast") {
      groups.set(link, [...(groups.get(link) ?? []), { meter, profile }]);
    } else if (profile.driver === "sunspec") {
      const found = buses.busOf(meter.linkId);
      if (found === null) return this.#misfit(meter.id, "serial, rtu-over-tcp or modbus-tcp");
      const record = createRegisterRecord(null, clock);
      const talk = sunspecMeter({ profile, bus: noting(found.bus, record.note), unitId: meter.unitId });
      this.#running.push(startPolledMeter({ ...polled, talk: this.#recorded(meter.id, record, talk) }));
    } else this.#misfit(meter.id, "the kind its profile needs");
  }

  #startStation(station: Station): void {
    const { clock, emit, log } = this.#options;
    const { connection } = station;
    const profile = connection.kind === "profile" ? this.#profileOf(connection.profileId) : null;
    if (connection.kind !== "profile" || profile === null || profile.driver === "modbus") return;
    const talk = this.#talkTo(station, profile, this.#linkOf(connection.linkId), connection.unitId);
    if (talk === null) {
      this.#misfit(station.id, "the kind its profile needs");
      this.stations.push(unusableStation(station));
      return;
    }
    const startAfter_ms = this.#startAfter_ms();
    const driver = startNetworkStation({ station, linkId: connection.linkId, talk, clock, emit, log, startAfter_ms });
    this.#running.push(driver);
    this.stations.push(driver.port);
  }

  #talkTo(station: Station, profile: AnyProfile, link: Link | null, unitId: number): StationTalk | null {
    const { step_mA, fallback_mA } = station;
    if (profile.driver === "http" && profile.kind === "charger" && link?.kind === "http") {
      const { host, record } = this.#hostOf(link, profile);
      return this.#recorded(station.id, record, httpStation({ profile, host, unitId }));
    }
    if (profile.driver !== "keba-udp" || link?.kind !== "udp") return null;
    const { host, port } = link;
    const { kebaPort } = this.#options;
    const place = answersAt({ host, port }, profile.transport.udp?.bind_port ?? port);
    this.#keba ??= createKebaSocket(kebaPort === undefined ? place : { port: kebaPort }, this.#options.clock);
    const timeout_ms = profile.limits.timeout_ms ?? KEBA_TIMEOUT_ms;
    const record = this.#recordOf(station.id);
    const note: KebaListener = { asked: record.text, unasked: record.unasked };
    const peer = this.#keba.peer({ host, port, timeout_ms, gap_ms: profile.limits.min_gap_ms, note });
    return this.#recorded(station.id, record, kebaStation({ profile, peer, step_mA, fallback_mA }));
  }

  /** One host per link, as the first device on it likes its connections. */
  #hostOf(
    link: Extract<Link, { kind: "http" }>,
    profile: ProfileOf<"http">,
  ): { readonly host: HttpHost; readonly record: NetworkRecord } {
    const known = this.#hosts.get(link.id);
    if (known !== undefined) return known;
    const keepAlive = profile.transport.http?.keep_alive ?? true;
    const timeout_ms = profile.limits.timeout_ms ?? HTTP_TIMEOUT_ms;
    const record = createNetworkRecord(this.#options.clock);
    const peer = createHttpPeer({ ...link, keepAlive, timeout_ms, note: record.http });
    const opened = { host: createHttpHost(peer, this.#options.clock), record };
    this.#hosts.set(link.id, opened);
    return opened;
  }

  #startGroup(link: MulticastLink, meters: readonly SpeedwireMeter[]): void {
    const records = new Map(meters.map(({ meter }) => [meter.id, this.#recordOf(meter.id)]));
    const note = (meterId: string, bytes: Uint8Array, heard: Heard): void => {
      records.get(meterId)?.telegram(bytes, heard, false);
    };
    this.#running.push(...startSpeedwireGroup({ ...this.#options, link, meters, note }));
  }

  #recordOf(deviceId: string): NetworkRecord {
    const record = createNetworkRecord(this.#options.clock);
    this.records.set(deviceId, record);
    return record;
  }

  /** The talk, with what it reads kept as what the device showed last; `wire` holds what was said for it. */
  #recorded<T extends { readonly read: (fresh: boolean) => Promise<ReadOutcome> }>(
    deviceId: string,
    wire: DeviceRecord,
    talk: T,
  ): T {
    const shown = createNetworkRecord(this.#options.clock);
    this.records.set(deviceId, { ...wire, values: shown.values });
    return { ...talk, read: async (fresh: boolean) => shown.read(await talk.read(fresh)) };
  }

  /** `null` for profiles that cannot be loaded: whoever drives registers says so. */
  #profileOf(id: string): AnyProfile | null {
    const known = this.#profiles.get(id);
    if (known !== undefined) return known;
    const loaded = loadAnyProfile(id, this.#options.profileFolders);
    const profile = loaded.ok ? loaded.profile : null;
    this.#profiles.set(id, profile);
    return profile;
  }

  #linkOf(id: string): Link | null {
    return this.#options.site.links.find((link) => link.id === id) ?? null;
  }

  #startAfter_ms(): number {
    return (this.#running.length * STAGGER_ms) % STAGGER_ms_max;
  }

  #misfit(deviceId: string, kinds: string): void {
    const problem = { file: deviceId, line: 0, field: "link", expected: `a link of kind ${kinds}` };
    this.problems.push(problem);
    this.#options.log.warn({ problem }, "device cannot be reached over its link");
  }
}

/** The same bus, where every exchange is told to `note`. */
const noting = (bus: BusOwner, note: WireListener): BusOwner => ({
  link: bus.link,
  transact: (job) => bus.transact({ ...job, note }),
  health: () => bus.health(),
  expectEndAfter: (connection_ms) => {
    bus.expectEndAfter(connection_ms);
  },
  expectWithin: (unitId, within_ms) => {
    bus.expectWithin(unitId, within_ms);
  },
  close: () => bus.close(),
});
