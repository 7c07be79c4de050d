import type { HttpTrouble } from "../../contract/index.ts";
import { isModbusLink, type Link, type ModbusLink, type Station } from "../../core/site/index.ts";
import { milliamp } from "../../core/units/index.ts";
import { createBusPool } from "../devices/modbus/bus-pool.ts";
import { createDeviceWire } from "../devices/modbus/device-wire.ts";
import { createModbusDevices, type ModbusDevices } from "../devices/modbus/index.ts";
import { createRegisterReader } from "../devices/modbus/register-reader.ts";
import { createNetworkDevices } from "../devices/network/index.ts";
import type { Clock, CommandFailure, StationPort } from "../devices/ports.ts";
import {
  profileForConnector,
  type AnyProfile,
  type DeviceProfile,
  type ProfileProblem,
} from "../devices/profile/index.ts";
import { createEventGate, type EventGate } from "./event-gate.ts";
import { downWords, silenceWords } from "./failure-words.ts";
import { linkUp } from "./link-up.ts";
import { readNetwork } from "./read-network.ts";

/** Real time until a link must be open. */
const OPEN_TIMEOUT_ms = 6_000;
/** Time of the clock until a box must have been found and set up; slow ones take two attempts. */
const ONLINE_ms = 20_000;
/** One that gave no answer to the first attempt must have been found after this long; the second comes after 5 s. */
const FOUND_AFTER_ALL_ms = 8_000;
/** … and until a box on the network tells its setpoint by its next answer. */
const SHOWN_ms = 10_000;
/** What a box needs in its own steps above 6 A is its 6 A, not another current: 100 W are up to 87 mA on three phases. */
const ROUNDS_UP_mA = 100;

type Options = {
  readonly station: Station;
  readonly link: Link;
  readonly profile: AnyProfile;
  readonly limit_mA: number;
  readonly profileFolders: readonly string[];
  readonly clock: Clock;
};

export type LimitSet =
  | { readonly ok: true; readonly written_mA: number; readonly readback_mA: number | null }
  | {
      readonly ok: false;
      readonly code: CommandFailure["code"];
      readonly detail: string;
      readonly trouble?: HttpTrouble;
    };

type Silence = { readonly code: "offline" | "timeout"; readonly detail: string };

/** The driver that runs this box in a site, alone on its link. */
type Driver = {
  readonly stations: readonly StationPort[];
  readonly problems: readonly ProfileProblem[];
  /** The setpoint that the box shows after it was told. */
  shown(): Promise<number | null>;
  /** Whether its link can be opened at all; a person does not wait for a port that is not there. */
  opens(): Promise<boolean>;
  /** Why nothing was heard of the box. */
  silence(): Silence;
  stop(): Promise<void>;
};

/**
 * Tells a box its limit through the driver that runs it in a site, settings and reading back included, and frees the
 * link. `readback_mA` is `null` where the box shows no setpoint.
 */
export async function setLimit(options: Options): Promise<LimitSet> {
  const { station, limit_mA, clock } = options;
  const absent = await absence(options);
  if (absent !== null) return absent;
  const events = createEventGate(clock);
  const driver = driverOf(options, events);
  try {
    const [port] = driver.stations;
    const [problem] = driver.problems;
    if (problem !== undefined || port === undefined)
      return { ok: false, code: "invalid", detail: `${problem?.field ?? "profile"}: ${problem?.expected ?? ""}` };
    const met = isMet(events);
    if (!(await driver.opens()) || !(await met)) return { ok: false, ...driver.silence() };
    const least_mA = port.least_mA?.() ?? 0;
    const told_mA = limit_mA > 0 && limit_mA < least_mA ? least_mA : limit_mA;
    if (told_mA - limit_mA > ROUNDS_UP_mA)
      return { ok: false, code: "invalid", detail: tooLittle(station.id, least_mA) };
    const reply = await port.setLimit(milliamp(told_mA));
    if (!reply.ok) return { ok: false, code: reply.code, detail: failureWords(station.id, reply) };
    const { confirmed_mA } = reply;
    // A pause is confirmed by whatever its profile names; the setpoint may stay what it was.
    if (confirmed_mA === 0) return { ok: true, written_mA: 0, readback_mA: 0 };
    return { ok: true, written_mA: confirmed_mA, readback_mA: await driver.shown() };
  } finally {
    await driver.stop();
  }
}

/** Why a box on the network gives no answer, so that nobody waits for a driver that goes on asking; `null`: it does. */
async function absence({ station, link, profile, profileFolders, clock }: Options): Promise<LimitSet | null> {
  const { connection } = station;
  if (profile.driver === "modbus" || connection.kind !== "profile") return null;
  const { unitId } = connection;
  const read = await readNetwork({ device: station, link, unitId, profile, profileFolders, clock });
  // What fits no link is told by the driver, with the field of the site file.
  return read.ok || read.code === "not-supported" ? null : read;
}

/** Whether the box was found and set up. */
async function isMet(events: EventGate): Promise<boolean> {
  const first = await events.next(({ kind }) => kind === "online" || kind === "offline", ONLINE_ms);
  if (first?.kind === "online") return true;
  return first !== null && (await events.next(({ kind }) => kind === "online", FOUND_AFTER_ALL_ms)) !== null;
}

const tooLittle = (id: string, least_mA: number): string =>
  `${id} can be told 0 or at least ${String(Math.ceil(least_mA / 10) / 100)} A in its own steps`;

function failureWords(id: string, { code, detail }: CommandFailure): string {
  switch (code) {
    case "rejected":
      return `${id} refuses: ${detail}`;
    case "not-followed":
      return `${id} does not follow: ${detail}`;
    case "timeout":
      return `${id} does not answer: ${detail}`;
    case "offline":
    case "not-supported":
    case "invalid":
      return detail;
  }
}

function driverOf({ station, link, profile, profileFolders, clock }: Options, events: EventGate): Driver {
  const options = {
    site: { links: [link], meters: [], stations: [station] },
    clock,
    profileFolders,
    emit: events.emit,
    log: { info: () => undefined, warn: () => undefined },
  };
  if (profile.driver === "modbus" && isModbusLink(link)) {
    const devices = createModbusDevices(options);
    return {
      ...devices,
      shown: () => shownSetpoint(devices, { station, link, profile, clock }),
      opens: async () => {
        const found = devices.buses.busOf(link.id, isAscii(profile));
        return found !== null && (await linkUp(found.bus.link, OPEN_TIMEOUT_ms)).ok;
      },
      silence: () => silenceOnBus(devices, station, link, profile),
    };
  }
  const buses = createBusPool([], clock);
  const devices = createNetworkDevices({ ...options, buses });
  return {
    stations: devices.stations,
    problems: devices.problems,
    shown: async () => {
      const event = await events.next(({ kind }) => kind === "reading", SHOWN_ms);
      return event?.kind === "reading" ? event.reading.limit_mA : null;
    },
    opens: () => Promise.resolve(true),
    silence: () => {
      const [health] = devices.health();
      return { code: "timeout", detail: `${station.id} does not answer${because(health?.problem)}` };
    },
    stop: () => devices.stop(),
  };
}

const because = (problem: string | null | undefined): string => (problem ? `: ${problem}` : "");

function silenceOnBus(devices: ModbusDevices, station: Station, link: ModbusLink, profile: DeviceProfile): Silence {
  const bus = devices.buses.busOf(link.id, isAscii(profile))?.bus;
  const { state, name } = bus?.link ?? { state: null, name: link.id };
  if (state?.kind === "down") return { code: "offline", detail: downWords(name, state.detail) };
  const unitId = station.connection.kind === "profile" ? station.connection.unitId : 0;
  const counters = bus?.health().total ?? { crcErrors: 0, staleBytes: 0, wrongUnit: 0 };
  return { code: "timeout", detail: silenceWords({ unitId, link, name, heard: { exception: null }, counters }) };
}

const isAscii = ({ transport }: DeviceProfile): boolean => transport.options[0] === "ascii";

/** The setpoint register itself, asked anew on the line that is still open. */
async function shownSetpoint(
  devices: ModbusDevices,
  {
    station,
    link,
    profile,
    clock,
  }: {
    readonly station: Station;
    readonly link: ModbusLink;
    readonly profile: DeviceProfile;
    readonly clock: Clock;
  },
): Promise<number | null> {
  const found = devices.buses.busOf(link.id, isAscii(profile));
  const { connection } = station;
  if (found === null || connection.kind !== "profile") return null;
  const { unitId, connector = 1 } = connection;
  const wire = createDeviceWire({ bus: found.bus, unitId, profile, behindGateway: link.kind === "rtu-over-tcp" });
  const own = profileForConnector(profile, connector);
  const reader = createRegisterReader({ profile: own, wire, now_ms: () => clock.now_ms(), wants: /^current_limit$/u });
  if ((await reader.meet()) === "missed" || (await reader.read(reader.groups)) === "missed") return null;
  const value = reader.get("current_limit")?.value;
  return typeof value === "number" ? value : null;
}
