import type { BusOwner, BusReply } from "../links/bus.ts";
import {
  decodeRegister,
  toCanonical,
  valueAddress,
  valueWidth,
  type CanonicalValue,
  type DeviceProfile,
  type ProfileRegister,
} from "../devices/profile/index.ts";
import type { Fit } from "./find.ts";

/** A scan never writes: these are all that it can ask. */
export type ReadAsk = { readonly fc: 1 | 2 | 3 | 4; readonly address: number; readonly count: number };

/** Asks one unit with a scan's patience and remembers what it answered. */
export interface UnitAsker {
  ask(request: ReadAsk): Promise<BusReply>;
}

/** What tells devices apart; each is read singly, so that one missing register hides no other. */
const TELLING = /^(?:model|serial|firmware|voltage_l[123]|frequency|state)$/u;
/** A profile with less evidence than this does not fit. */
const SCORE_MIN = 3;
const SCORE = { model: 6, voltage: 3, frequency: 2, state: 2, text: 1, missing: -2, implausible: -3 } as const;
/** Values of mains that are there. */
const VOLTAGE_mV = { min: 180_000, max: 260_000 };
const FREQUENCY_Hz = { min: 45, max: 65 };
/** A unit that leaves this many questions in a row unanswered is asked no more. */
const MISSES_MAX = 3;
const WORD_LETTERS_MIN = 3;

export function createUnitAsker(options: {
  readonly bus: BusOwner;
  readonly unitId: number;
  /** Real milliseconds for one answer. */
  readonly timeout_ms: number;
  /** A controller that sleeps misses the first of two questions. */
  readonly wakes?: boolean;
}): UnitAsker {
  const { bus, unitId, timeout_ms, wakes = false } = options;
  const once = (request: ReadAsk): Promise<BusReply> =>
    bus.transact({ unitId, request, priority: "scan", timeout_ms, gap_ms: 0 });
  const answers = new Map<string, BusReply>();
  let missed = 0;
  return {
    async ask(request) {
      const name = `${String(request.fc)}:${String(request.address)}+${String(request.count)}`;
      const known = answers.get(name);
      if (known !== undefined) return known;
      if (missed >= MISSES_MAX) return { ok: false, code: "timeout" };
      const awake = await once(request);
      const reply = wakes && !awake.ok && awake.code === "timeout" ? await once(request) : awake;
      missed = reply.ok || reply.code === "exception" ? 0 : missed + 1;
      answers.set(name, reply);
      return reply;
    },
  };
}

/** Which of `profiles` describe the unit behind `asker`, by model, serial number and plausible values. */
export async function identifyByRegisters(
  asker: UnitAsker,
  profiles: readonly DeviceProfile[],
  signal: AbortSignal,
): Promise<readonly Fit[]> {
  const fits: Fit[] = [];
  for (const profile of profiles) {
    if (signal.aborted) break;
    const fit = await fitOf(asker, profile);
    if (fit.score >= SCORE_MIN) fits.push(fit);
  }
  return fits;
}

async function fitOf(asker: UnitAsker, profile: DeviceProfile): Promise<Fit> {
  let score = 0;
  let model: string | null = null;
  let serial: string | null = null;
  for (const { register, what, address } of tellingPlaces(profile)) {
    const reply = await asker.ask({ fc: register.fc, address, count: valueWidth(register) });
    const value = reply.ok ? valueOf(profile, register, what, reply) : undefined;
    if (value === undefined) {
      score += register.optional === true || register.when !== undefined ? 0 : SCORE.missing;
      continue;
    }
    score += scoreOf(profile, what, value);
    if (what === "model") model = textOf(value);
    if (what === "serial") serial = textOf(value);
  }
  return { profileId: profile.id, score, model, serial };
}

type Place = { readonly register: ProfileRegister; readonly what: string; readonly address: number };

/** A value that only a longer read gives is left out: such a device is told by the others. */
const tellingPlaces = (profile: DeviceProfile): readonly Place[] =>
  profile.registers
    .filter((register) => register.read_from === undefined)
    .flatMap((register) =>
      register.what.flatMap((what, i) =>
        TELLING.test(what) ? [{ register, what, address: valueAddress(register, i) }] : [],
      ),
    );

function valueOf(
  profile: DeviceProfile,
  register: ProfileRegister,
  what: string,
  { reply }: Extract<BusReply, { ok: true }>,
): CanonicalValue | undefined {
  const words = reply.kind === "registers" ? reply.registers : reply.kind === "bits" ? reply.bits.map(Number) : null;
  return words === null ? undefined : toCanonical(what, decodeRegister(profile, register, words), register.unit);
}

function scoreOf(profile: DeviceProfile, what: string, value: CanonicalValue): number {
  switch (what) {
    case "model":
      return namesModel(profile, value) ? SCORE.model : 0;
    case "voltage_l1":
      if (value === 0) return 0;
      return within(value, VOLTAGE_mV) ? SCORE.voltage : SCORE.implausible;
    case "voltage_l2":
    case "voltage_l3":
      return within(value, VOLTAGE_mV) ? SCORE.text : 0;
    case "frequency":
      return within(value, FREQUENCY_Hz) ? SCORE.frequency : SCORE.implausible;
    case "state": {
      const meanings = profile.enums?.state ?? {};
      return meanings[String(value)] === undefined ? SCORE.missing : SCORE.state;
    }
    default:
      return textOf(value) === null ? 0 : SCORE.text;
  }
}

const within = (value: CanonicalValue, { min, max }: { readonly min: number; readonly max: number }): boolean =>
  typeof value === "number" && value >= min && value <= max;

/** Printable text, or a number other than 0; a serial number of zeros says nothing. */
function textOf(value: CanonicalValue): string | null {
  if (typeof value === "number") return value === 0 ? null : String(value);
  return value !== null && /^[\x20-\x7e]+$/u.test(value) && !/^[0. ]*$/u.test(value) ? value : null;
}

/** Whether what the device calls itself is one of the document's models, or begins with its vendor. */
function namesModel(profile: DeviceProfile, value: CanonicalValue): boolean {
  const said = plain(String(value ?? ""));
  if (said.length < WORD_LETTERS_MIN) return false;
  const names = [profile.vendor, ...profile.models.map(String)].map(plain);
  return names.some((name) => name.length >= WORD_LETTERS_MIN && (said.includes(name) || name.includes(said)));
}

const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/gu, "");
