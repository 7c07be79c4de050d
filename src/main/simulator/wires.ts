import type { HttpLink, Link, MeterDevice, ModbusLink, UdpLink } from "../../core/site/index.ts";
import { assert } from "../../core/units/index.ts";
import { meterValue } from "./meter-values.ts";
import { createModbusServer, type ModbusServer } from "./modbus/index.ts";
import {
  createHttpServer,
  createKebaServer,
  createMulticastMeter,
  createSerialPushMeter,
  createTcpPushMeter,
  freeMulticastPort,
  p1Telegram,
  smlFile,
  speedwireDatagram,
  type NetworkFaultSwitch,
  type SimulatedPushMeter,
} from "./network/index.ts";
import { hash32 } from "./random.ts";
import { httpUnits, metersOn, registerUnits, stationsOn, type SimulatedParts } from "./simulated-units.ts";

/** A wire that speaks something else than registers. */
export interface NetworkWire {
  readonly port: number;
  readonly faults: NetworkFaultSwitch;
  close(): Promise<void>;
}

/** The real sockets and lines on which a simulated site answers. */
export type Wires = {
  /** By link id. */
  readonly servers: ReadonlyMap<string, ModbusServer>;
  /** By link id; of several meters of one group the second and later ones by their own ids. */
  readonly network: ReadonlyMap<string, NetworkWire>;
  /** The links as they are listened on: all on loopback. */
  readonly links: readonly Link[];
  /** Lets meters that speak by themselves say what is due. */
  speak(now_ms: number): void;
  close(): Promise<void>;
};

export type WireOptions = {
  /** `free`: listen anywhere on loopback and say where; `as-in-site`: on the ports the site names. */
  readonly ports: "free" | "as-in-site";
  /** Our end of serial links, by link id. */
  readonly serialPaths: ReadonlyMap<string, string>;
  /** How registers are framed on lines behind TCP ports; `null`: as their devices usually do. */
  readonly lineFraming: "rtu" | "ascii" | null;
};

const LOOPBACK = "127.0.0.1";
/** Meters say something this often in time of the world, … */
const SPEECH_ms = 1_000;
/** … and, however fast the world is, no more often than this in real time. */
const SPEECH_real_ms = 20;

/** Listens for every link of the site. Rejects when a port is taken or a system refuses; then nothing listens. */
export async function openWires(parts: SimulatedParts, options: WireOptions): Promise<Wires> {
  const opening = new Opening(parts, options);
  try {
    for (const link of parts.site.links) await opening.open(link);
  } catch (error) {
    await opening.close();
    throw error;
  }
  return opening;
}

class Opening implements Wires {
  readonly servers = new Map<string, ModbusServer>();
  readonly network = new Map<string, NetworkWire>();
  readonly links: Link[] = [];
  readonly #parts: SimulatedParts;
  readonly #options: WireOptions;
  readonly #speakers: SimulatedPushMeter[] = [];
  #spoken_ms = -Infinity;
  #spoken_real_ms = -Infinity;

  constructor(parts: SimulatedParts, options: WireOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  speak(now_ms: number): void {
    const real_ms = performance.now();
    if (now_ms - this.#spoken_ms < SPEECH_ms || real_ms - this.#spoken_real_ms < SPEECH_real_ms) return;
    this.#spoken_ms = now_ms;
    this.#spoken_real_ms = real_ms;
    for (const speaker of this.#speakers) speaker.speak();
  }

  async close(): Promise<void> {
    await Promise.all([...this.servers.values(), ...this.network.values()].map((wire) => wire.close()));
  }

  async open(link: Link): Promise<void> {
    switch (link.kind) {
      case "serial":
        return this.#spokenOn(link.id).length > 0 ? this.#openPush(link) : this.#openModbus(link);
      case "rtu-over-tcp":
      case "modbus-tcp":
        return this.#openModbus(link);
      case "tcp-raw":
        return this.#openPush(link);
      case "udp-multicast":
        return this.#openGroup(link);
      case "http":
        return this.#openWeb(link);
      case "udp":
        return this.#openUdp(link);
    }
  }

  async #openWeb(link: HttpLink): Promise<void> {
    const { user = "admin", password } = link;
    const auth = password === undefined ? {} : { auth: { kind: this.#authOn(link.id), user, password } };
    const units = httpUnits(this.#parts, link.id);
    this.#add(link, await createHttpServer({ port: this.#port(link), units, ...auth }));
  }

  async #openUdp(link: UdpLink): Promise<void> {
    const [box] = stationsOn(this.#parts, link.id).flatMap(({ id }) => this.#parts.keba.get(id) ?? []);
    const host = hostOf(link.host);
    if (box === undefined) this.links.push(link);
    else this.#add(link, await createKebaServer({ unit: box.unit, port: this.#port(link), address: host }), host);
  }

  #port({ port }: { readonly port: number }): number {
    return this.#options.ports === "as-in-site" ? port : 0;
  }

  #add(link: Extract<Link, { host: string }>, wire: NetworkWire, host = LOOPBACK): void {
    this.network.set(link.id, wire);
    this.links.push({ ...link, host, port: wire.port });
  }

  async #openModbus(link: ModbusLink): Promise<void> {
    const units = registerUnits(this.#parts, link.id);
    if (link.kind === "serial") {
      this.servers.set(link.id, await createModbusServer({ transport: { ...link, path: this.#path(link.id) }, units }));
      this.links.push(link);
      return;
    }
    const line = this.#options.lineFraming ?? (this.#speaksAscii(link.id) ? "ascii" : "rtu");
    const framing = link.kind === "modbus-tcp" ? "mbap" : line;
    const server = await createModbusServer({ transport: { kind: "tcp", port: this.#port(link), framing }, units });
    this.servers.set(link.id, server);
    this.links.push({ ...link, host: LOOPBACK, port: server.port });
  }

  async #openPush(link: Extract<Link, { kind: "serial" | "tcp-raw" }>): Promise<void> {
    const [meter] = this.#spokenOn(link.id);
    const telegram = meter === undefined ? () => new Uint8Array() : this.#telegramOf(meter);
    const wire =
      link.kind === "serial"
        ? await createSerialPushMeter({ ...link, path: this.#path(link.id) }, telegram)
        : await createTcpPushMeter(telegram, this.#port(link));
    this.#speakers.push(wire);
    if (link.kind === "tcp-raw") this.#add(link, wire);
    else {
      this.network.set(link.id, wire);
      this.links.push(link);
    }
  }

  /** All meters of a group, each with a serial number of its own; on the loopback interface and nowhere else. */
  async #openGroup(link: Extract<Link, { kind: "udp-multicast" }>): Promise<void> {
    const free = this.#options.ports === "free" ? await freeMulticastPort(link.group) : link.port;
    assert(free !== null, `this system refuses multicast on loopback, and ${link.id} needs it`);
    const onLoopback = { ...link, port: free, interface: LOOPBACK };
    let added = false;
    for (const meter of metersOn(this.#parts, link.id)) {
      const wire = await createMulticastMeter(onLoopback, this.#telegramOf(meter));
      this.#speakers.push(wire);
      this.network.set(added ? meter.id : link.id, wire);
      added = true;
    }
    this.links.push(onLoopback);
  }

  /** Meters on a link that speak a serial port's telegrams without being asked. */
  #spokenOn(linkId: string): readonly MeterDevice[] {
    return metersOn(this.#parts, linkId).filter(({ profileId }) => {
      const { driver } = this.#parts.profileOf(profileId);
      return driver === "p1" || driver === "sml";
    });
  }

  #telegramOf({ id, profileId, serial }: MeterDevice): () => Uint8Array {
    const { profileOf, world } = this.#parts;
    const profile = profileOf(profileId);
    const values = (what: string): ReturnType<typeof meterValue> => meterValue(what, world.meter(id));
    const number = hash32(0, "serial", id);
    switch (profile.driver) {
      case "p1":
        return () => p1Telegram(profile, values, `E${String(number)}`);
      case "sml":
        return () => smlFile(profile, values);
      case "speedwire":
        return () => speedwireDatagram(profile, values, serial === undefined ? number : Number(serial));
      case "modbus":
      case "http":
      case "keba-udp":
      case "sunspec":
        assert(false, `${profileId} speaks only when it is asked`);
    }
  }

  #path(linkId: string): string {
    const path = this.#options.serialPaths.get(linkId);
    assert(path !== undefined, `the simulator needs its own end of the serial link ${linkId}`);
    return path;
  }

  #speaksAscii(linkId: string): boolean {
    const { profileOf } = this.#parts;
    return stationsOn(this.#parts, linkId).some(
      ({ connection }) =>
        connection.kind === "profile" && profileOf(connection.profileId).transport.options[0] === "ascii",
    );
  }

  #authOn(linkId: string): "basic" | "digest" {
    const ids = [
      ...stationsOn(this.#parts, linkId).flatMap(({ connection }) =>
        connection.kind === "profile" ? [connection.profileId] : [],
      ),
      ...metersOn(this.#parts, linkId).map(({ profileId }) => profileId),
    ];
    const asks = ids.map((id) => this.#parts.profileOf(id).transport.http?.auth ?? "");
    return asks.some((auth) => auth.startsWith("digest")) ? "digest" : "basic";
  }
}

/** Boxes on several loopback addresses keep theirs; all others answer on the first one. */
const hostOf = (host: string): string => (/^127(?:\.\d{1,3}){3}$/u.test(host) ? host : LOOPBACK);
