import type { Rating } from "../../core/metering/index.ts";
import { isModbusLink, type Link, type MeterDevice, type Station } from "../../core/site/index.ts";
import { createHttpHost, HTTP_TIMEOUT_ms, httpMeter, httpStation } from "../devices/http/index.ts";
import { answersAt, createKebaSocket, KEBA_TIMEOUT_ms, kebaStation } from "../devices/keba-udp/index.ts";
import { createBusPool } from "../devices/modbus/bus-pool.ts";
import { METER_RATING } from "../devices/network/meter-readings.ts";
import { stationRating } from "../devices/station-rating.ts";
import { createNetworkDevices } from "../devices/network/index.ts";
import type { ReadOutcome } from "../devices/network/polled-meter.ts";
import type { StationTalk } from "../devices/network/station-talk.ts";
import type { Clock, MeterReading } from "../devices/ports.ts";
import type { AnyProfile, CanonicalValue, ProfileOf } from "../devices/profile/index.ts";
import { createHttpPeer } from "../links/http-peer.ts";
import { createSerialLink } from "../links/serial-link.ts";
import { createTcpLink } from "../links/tcp-link.ts";
import { canonicalReadings } from "./canonical-readings.ts";
import { createEventGate } from "./event-gate.ts";
import { downWords, httpTroubleCode, httpTroubleWords } from "./failure-words.ts";
import { linkUp } from "./link-up.ts";
import { kebaWithout, meterWithout, ratedReadings, webWithout, withDoubts, type NoValue } from "./no-value.ts";
import type { DeviceRead } from "./read-registers.ts";

/** One that says nothing in time is asked again while a person waits this long (real), but not more often than … */
const PATIENCE_ms = 6_000;
const TRIES_max = 3;
/** Time of the clock until a meter that speaks by itself, or has to be explored first, has shown something. */
const READING_ms = 20_000;
/** Real time until a connection must be open. */
const OPEN_TIMEOUT_ms = 6_000;

type Asked = {
  readonly device: Station | MeterDevice;
  readonly link: Link;
  readonly unitId: number;
  readonly profile: AnyProfile;
  readonly profileFolders: readonly string[];
  readonly clock: Clock;
};

/** Asks a device that is not read by registers what it shows, or listens until it says so by itself. Tells it nothing. */
export async function readNetwork(asked: Asked): Promise<DeviceRead> {
  const { device, link, unitId, profile, clock } = asked;
  const rating = "fallback_mA" in device ? stationRating(device) : METER_RATING;
  if (profile.driver === "http" && link.kind === "http") return readHttp({ link, unitId, profile, rating, clock });
  if (profile.kind === "meter" && "profileId" in device) return listenToMeter(asked, device);
  if (profile.driver === "keba-udp" && link.kind === "udp" && "fallback_mA" in device)
    return readKeba(device, link, profile, clock);
  const detail = `${profile.id} is not read over a link of kind ${link.kind}`;
  return { ok: false, code: "not-supported", detail };
}

async function readHttp(asked: {
  readonly link: Extract<Link, { kind: "http" }>;
  readonly unitId: number;
  readonly profile: ProfileOf<"http">;
  readonly rating: Rating;
  readonly clock: Clock;
}): Promise<DeviceRead> {
  const { link, unitId, profile, rating, clock } = asked;
  const keepAlive = profile.transport.http?.keep_alive ?? true;
  const timeout_ms = profile.limits.timeout_ms ?? HTTP_TIMEOUT_ms;
  const peer = createHttpPeer({ ...link, keepAlive, timeout_ms });
  try {
    const host = createHttpHost(peer, clock);
    const talk = (profile.kind === "charger" ? httpStation : httpMeter)({ profile, host, unitId });
    return await readTalk(profile, { name: peer.name, talk, rating }, (get, { values, unanswered = new Map() }) =>
      webWithout(profile, peer.name, { get, doubts: values.doubts ?? [], unanswered }),
    );
  } finally {
    peer.close();
  }
}

async function readKeba(
  station: Station,
  { host, port }: Extract<Link, { kind: "udp" }>,
  profile: ProfileOf<"keba-udp">,
  clock: Clock,
): Promise<DeviceRead> {
  const { step_mA, fallback_mA } = station;
  const socket = createKebaSocket(answersAt({ host, port }, profile.transport.udp?.bind_port ?? port), clock);
  try {
    const { timeout_ms = KEBA_TIMEOUT_ms, min_gap_ms } = profile.limits;
    const peer = socket.peer({ host, port, timeout_ms, gap_ms: min_gap_ms });
    const name = `${host}:${String(port)}`;
    const talk = kebaStation({ profile, peer, step_mA, fallback_mA });
    return await readTalk(profile, { name, talk, rating: stationRating(station) }, (get, { values }) =>
      kebaWithout(profile, { get, doubts: values.doubts ?? [] }),
    );
  } finally {
    await socket.close();
  }
}

async function readTalk(
  profile: AnyProfile,
  to: {
    readonly name: string;
    readonly talk: Pick<StationTalk, "read" | "counters" | "timeout_ms">;
    readonly rating: Rating;
  },
  without: (
    get: (what: string) => CanonicalValue,
    outcome: Extract<ReadOutcome, { kind: "values" }>,
  ) => readonly NoValue[],
): Promise<DeviceRead> {
  const { name, talk, rating } = to;
  let outcome = await talk.read(true);
  const triesMax = Math.min(TRIES_max, Math.floor(PATIENCE_ms / talk.timeout_ms));
  for (let tries = 1; tries < triesMax && isSilence(outcome); tries += 1) outcome = await talk.read(true);
  if (outcome.kind === "missed") {
    const { trouble, detail } = outcome;
    return trouble === undefined
      ? { ok: false, code: "timeout", detail: `${name} does not answer: ${detail}` }
      : { ok: false, code: httpTroubleCode(trouble), detail: httpTroubleWords(trouble, name, profile.id), trouble };
  }
  const { values } = outcome;
  const get = (what: string): CanonicalValue => values.get(what) ?? null;
  const { readings, doubts } = ratedReadings(canonicalReadings(profile, [...values.keys()], get), rating);
  const { exchanges, errors } = talk.counters;
  return { ok: true, readings, without: withDoubts(without(get, outcome), doubts), exchanges, errors };
}

const isSilence = (outcome: ReadOutcome): boolean =>
  outcome.kind === "missed" && (outcome.trouble === undefined || outcome.trouble.code === "http-timeout");

/** Through the driver that runs it in a site: P1, SML, speedwire and SunSpec meters are never written to. */
async function listenToMeter(asked: Asked, meter: MeterDevice): Promise<DeviceRead> {
  const { link, profileFolders, clock } = asked;
  const events = createEventGate(clock);
  const down = await downOf(link);
  if (down !== null) return { ok: false, code: "offline", detail: down };
  const buses = createBusPool(isModbusLink(link) ? [link] : [], clock);
  const devices = createNetworkDevices({
    site: { links: [link], meters: [meter], stations: [] },
    clock,
    profileFolders,
    buses,
    emit: events.emit,
    log: { info: () => undefined, warn: () => undefined },
  });
  try {
    const [problem] = devices.problems;
    if (problem !== undefined) return { ok: false, code: "invalid", detail: `${problem.field}: ${problem.expected}` };
    const event = await events.next(({ kind }) => kind === "meter-reading", READING_ms);
    const [health] = devices.health();
    if (event?.kind !== "meter-reading")
      return { ok: false, code: "timeout", detail: health?.problem ?? `${meter.id} says nothing` };
    const { exchanges = 0, errors = 0 } = health ?? {};
    const { reading } = event;
    return { ok: true, readings: readingsOf(reading), without: meterWithout(reading), exchanges, errors };
  } finally {
    await buses.close();
    await devices.stop();
  }
}

/** Why nobody can be listened to at all: nobody listens there, or there is no such port; `null`: somebody is there. */
async function downOf(link: Link): Promise<string | null> {
  if (link.kind !== "tcp-raw" && link.kind !== "modbus-tcp" && link.kind !== "rtu-over-tcp" && link.kind !== "serial")
    return null;
  const bytes = link.kind === "serial" ? createSerialLink(link) : createTcpLink(link);
  try {
    const opened = linkUp(bytes, OPEN_TIMEOUT_ms);
    bytes.open();
    const up = await opened;
    return up.ok ? null : downWords(bytes.name, up.detail);
  } finally {
    await bytes.close();
  }
}

const readingsOf = (reading: MeterReading) => ({
  power_W: reading.power_W,
  current_mA: reading.current_mA,
  voltage_mV: reading.voltage_mV,
  energy_import_Wh: reading.energyImport_Wh,
  energy_export_Wh: reading.energyExport_Wh,
});
