import type { HttpTrouble } from "../../contract/index.ts";
import type { ModbusLink } from "../../core/site/index.ts";
import type { Clock } from "../devices/ports.ts";
import type { Rating } from "../../core/metering/index.ts";
import type { CanonicalValue, DeviceProfile } from "../devices/profile/index.ts";
import { createBusPool } from "../devices/modbus/bus-pool.ts";
import { createDeviceWire } from "../devices/modbus/device-wire.ts";
import { createRegisterReader } from "../devices/modbus/register-reader.ts";
import { canonicalReadings, type CanonicalReadings } from "./canonical-readings.ts";
import { createHearing, downWords, refusalWords, silenceWords } from "./failure-words.ts";
import { linkUp } from "./link-up.ts";
import { ratedReadings, registersWithout, withDoubts, type NoValue } from "./no-value.ts";

export type DeviceRead =
  | {
      readonly ok: true;
      readonly readings: CanonicalReadings;
      /** What the document names and the device did not give, with the reason. */
      readonly without: readonly NoValue[];
      readonly exchanges: number;
      readonly errors: number;
    }
  | {
      readonly ok: false;
      readonly code: "offline" | "timeout" | "rejected" | "not-supported" | "invalid";
      readonly detail: string;
      /** What keeps a device on HTTP from being read. */
      readonly trouble?: HttpTrouble;
    };

/** Real time until a link must be open. */
const OPEN_TIMEOUT_ms = 6_000;
/** A sleeping box misses the first question, a busy one the second. */
const TRIES_MAX = 3;
/** Each round of a poll teaches what the device lacks; more than this many are never needed. */
const ROUNDS_MAX = 8;

/** Opens the link, asks for every value of the profile once, and frees the link. Writes nothing. */
export async function readRegisters(options: {
  readonly link: ModbusLink;
  readonly unitId: number;
  readonly profile: DeviceProfile;
  /** Beyond it a current or power is not believed. */
  readonly rating: Rating;
  readonly clock: Clock;
}): Promise<DeviceRead> {
  const { link, unitId, profile, rating, clock } = options;
  const pool = createBusPool([link], clock);
  try {
    const found = pool.busOf(link.id, profile.transport.options[0] === "ascii");
    if (found === null) return { ok: false, code: "invalid", detail: `registers cannot be asked over ${link.id}` };
    const { bus } = found;
    const up = await linkUp(bus.link, OPEN_TIMEOUT_ms);
    if (!up.ok) return { ok: false, code: "offline", detail: downWords(bus.link.name, up.detail) };
    const wire = createDeviceWire({ bus, unitId, profile, behindGateway: link.kind === "rtu-over-tcp" });
    const heard = createHearing(wire);
    const reader = createRegisterReader({ profile, wire: heard, now_ms: () => clock.now_ms(), wants: /./u });
    const isAnswered = await tried(async () => {
      if ((await reader.meet()) === "missed") return false;
      return (await reader.read(reader.groups)) === "answered";
    });
    if (!isAnswered) {
      const detail = silenceWords({ unitId, link, name: bus.link.name, heard, counters: bus.health().total });
      return { ok: false, code: "timeout", detail };
    }
    for (let round = 1, known = -1; round < ROUNDS_MAX && known !== learnedOf(reader); round += 1) {
      known = learnedOf(reader);
      await reader.read(reader.groups);
    }
    await reader.readStation();
    if (heard.answers === 0 && heard.exception !== null)
      return { ok: false, code: "rejected", detail: refusalWords(unitId, profile.id, heard.exception) };
    const total = bus.health().total;
    const get = (what: string): CanonicalValue => reader.get(what)?.value ?? null;
    const { readings, doubts } = ratedReadings(canonicalReadings(profile, namesOf(profile), get), rating);
    const missing = registersWithout(reader.profile, { get, doubts: reader.doubts, asked: heard.asked });
    return {
      ok: true,
      readings,
      without: withDoubts(missing, doubts),
      exchanges: total.frames,
      errors: total.frames - total.replies,
    };
  } finally {
    await pool.close();
  }
}

async function tried(attempt: () => Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) if (await attempt()) return true;
  return false;
}

const learnedOf = ({ learned }: ReturnType<typeof createRegisterReader>): number =>
  learned.missing.size + learned.cuts.size + learned.otherFc.size;

const namesOf = (profile: DeviceProfile): readonly string[] => [
  ...profile.registers.flatMap((register) => register.what),
  ...(profile.station_registers ?? []).flatMap((register) => register.what),
  ...Object.keys(profile.derived ?? {}),
];
