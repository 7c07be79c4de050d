import { z } from "zod";
import type { Milliamp } from "../../../core/units/index.ts";
import { NOT_ASKED } from "../modbus/fail-safe.ts";
import type { CommandFailure, FailSafe } from "../ports.ts";
import type { ProfileOf } from "../profile/index.ts";
import type { ReadOutcome } from "../network/polled-meter.ts";
import type { StationTalk } from "../network/station-talk.ts";
import { completed, ShownValues, type Values } from "../network/values.ts";
import type { KebaPeer } from "./keba-socket.ts";

const PERIOD_ms = 1_000;
/** Real milliseconds; the box answers at once on a LAN. */
export const KEBA_TIMEOUT_ms = 1_000;
/** Seconds without us after which the box falls back. */
const TIMEOUT_s = 60;
/** A lost round must not let the box fall back. */
const BEATS_PER_TIMEOUT = 3;
const CURRENT_MIN_mA = 6_000;

const reportSchema = z.record(z.string(), z.unknown());
/** Its values by `keyOf` of their names. */
type Report = ReadonlyMap<string, unknown>;

/** Firmware differs in the case of a key (`Authreq`, `AuthReq`), and some has a space at its end. */
const keyOf = (name: string): string => name.trim().toLowerCase();

/** Names that are only told once. */
const IDENTITY_REPORT = 1;

/** A KEBA box spoken to by text commands. `fallback_mA`: what it is to keep when it hears nothing. */
export function kebaStation(options: {
  readonly profile: ProfileOf<"keba-udp">;
  readonly peer: KebaPeer;
  readonly step_mA: number;
  readonly fallback_mA: number;
}): StationTalk {
  const { profile, peer, fallback_mA } = options;
  const { set_current: setter, enable } = profile.control;
  const timeout_s = Math.min(Math.max(TIMEOUT_s, profile.failsafe.timeout.min), profile.failsafe.timeout.max);
  let identity: Report | null = null;
  const sessions = { roundsToSkip: 0 };
  const command = (template: string, values: Readonly<Record<string, number>>): Promise<CommandFailure | null> =>
    order(peer, profile.messages.ack, filled(template, values));
  const tell = async (limit_mA: Milliamp, resumes: boolean): Promise<CommandFailure | null> => {
    if (limit_mA === 0) return command(enable.command, { "0|1": 0 });
    const failure = await command(setter.command, { ma: limit_mA });
    return failure !== null || !resumes ? failure : command(enable.command, { "0|1": 1 });
  };
  return {
    profile,
    period_ms: Math.max(PERIOD_ms, profile.limits.min_poll_ms ?? 0),
    timeout_ms: profile.limits.timeout_ms ?? KEBA_TIMEOUT_ms,
    async read() {
      identity ??= await report(peer, IDENTITY_REPORT);
      return readReports(profile, peer, identity ?? new Map<string, unknown>(), sessions);
    },
    async setUp() {
      const current_mA = fallback_mA < CURRENT_MIN_mA ? 0 : fallback_mA;
      const failure = await command(profile.failsafe.command, { t_s: timeout_s, c_ma: current_mA, save: 0 });
      if (failure?.retry === true) return { kind: "missed" };
      return { kind: "done", refused: failure === null ? [] : [`failsafe: ${failure.detail}`] };
    },
    limits: {
      step_mA: Math.max(options.step_mA, Math.round(setter.scale * 1_000)),
      min_mA: setter.raw_min,
      max_mA: setter.raw_max,
      tell,
    },
    heartbeat: {
      period_ms: (timeout_s * 1_000) / BEATS_PER_TIMEOUT,
      // After its time-out the box wants both again: current and enable.
      beat: async (told_mA) => (told_mA === null ? null : tell(told_mA, true)),
    },
    phases: null,
    wakeUp: null,
    failSafe: (shown) => failSafeOf(shown, fallback_mA),
    counters: peer.counters,
  };
}

/** A guard that is switched off (0 s), or that the firmware does not show, is none to rely on. */
function failSafeOf(shown: Values, fallback_mA: number): FailSafe {
  if (shown.size === 0) return NOT_ASKED;
  const [current_mA, timeout_s] = [shown.get("failsafe_current"), shown.get("setpoint_valid_for")];
  if (typeof current_mA !== "number" || typeof timeout_s !== "number")
    return { kind: "unknown", current_mA: null, timeout_ms: null, doubt: "not-readable" };
  if (timeout_s <= 0) return { kind: "unknown", current_mA, timeout_ms: null, doubt: "switched-off" };
  const timeout_ms = timeout_s * 1_000;
  return current_mA <= fallback_mA
    ? { kind: "known", current_mA, timeout_ms }
    : { kind: "unsafe", current_mA, timeout_ms, doubt: "more-than-promised" };
}

/** `curr {ma}`, `ena {0|1}`, `failsafe {t_s} {c_ma} {save}` with the values put in. */
const filled = (template: string, values: Readonly<Record<string, number>>): string =>
  template.replaceAll(/\{([^}]+)\}/gu, (whole, name: string) => String(values[name] ?? whole));

async function order(peer: KebaPeer, ack: string, command: string): Promise<CommandFailure | null> {
  const answer = await peer.ask(command, (text) => text.startsWith("TCH-"));
  if (answer === null) return { ok: false, code: "timeout", retry: true, detail: `no answer to ${command}` };
  return answer.startsWith(ack)
    ? null
    : { ok: false, code: "rejected", retry: false, detail: `${command}: ${answer.trim().slice(0, 40)}` };
}

async function report(peer: KebaPeer, id: number): Promise<Report | null> {
  const answer = await peer.ask(`report ${String(id)}`, (text) => String(parsed(text)?.get("id")) === String(id));
  return answer === null ? null : parsed(answer);
}

function parsed(text: string): Report | null {
  if (!text.trimStart().startsWith("{")) return null;
  try {
    const result = reportSchema.safeParse(JSON.parse(text));
    if (!result.success) return null;
    return new Map(Object.entries(result.data).map(([key, value]) => [keyOf(key), value]));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Reports of single sessions (100: the one that runs) tell whose card it was; older boxes do not know them. */
const SESSION_REPORTS_FROM = 100;
/** A box that did not answer such a one is not asked for it in as many rounds: each time costs its time-outs. */
const SKIPPED_ROUNDS = 60;

async function readReports(
  profile: ProfileOf<"keba-udp">,
  peer: KebaPeer,
  identity: Report,
  sessions: { roundsToSkip: number },
): Promise<ReadOutcome> {
  const values = new ShownValues();
  sessions.roundsToSkip = Math.max(0, sessions.roundsToSkip - 1);
  for (const id of new Set(profile.readings.map((reading) => reading.report))) {
    const isOfSession = id >= SESSION_REPORTS_FROM;
    if (isOfSession && sessions.roundsToSkip > 0) continue;
    const content = await report(peer, id);
    if (content === null && isOfSession) {
      sessions.roundsToSkip = SKIPPED_ROUNDS;
      continue;
    }
    if (content === null) return { kind: "missed", detail: `no answer to report ${String(id)}` };
    for (const reading of profile.readings.filter((one) => one.report === id)) {
      reading.what.forEach((what, index) => {
        values.take(what, content.get(keyOf(reading.keys[index] ?? "")), reading);
      });
    }
  }
  for (const [what, key] of [
    ["model", "Product"],
    ["serial", "Serial"],
    ["firmware", "Firmware"],
  ] as const)
    values.take(what, identity.get(keyOf(key)), {});
  return { kind: "values", values: completed(values, profile) };
}
