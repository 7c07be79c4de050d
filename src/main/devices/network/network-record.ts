import type { WireProblem } from "../../../contract/index.ts";
import type { EpochMs } from "../../../core/units/index.ts";
import type { HttpRecord } from "../../links/http-peer.ts";
import { createDeviceRecord, sentAt, type DeviceRecord, type Said, type ShownValue } from "../device-record.ts";
import { RAW_CHARS_MAX, type Exchange } from "../exchanges.ts";
import type { Clock } from "../ports.ts";
import { unitByName } from "../shown-unit.ts";
import type { Heard } from "../push-meters/index.ts";
import type { ReadOutcome } from "./polled-meter.ts";
import type { Values } from "./values.ts";

/** What was said with one device of the network, in text or in telegrams. */
export interface NetworkRecord extends DeviceRecord {
  /** Takes an HTTP attempt. */
  readonly http: (record: HttpRecord) => void;
  /** Takes a command and its answer; `null`: none came within `took_ms`. */
  readonly text: (command: string, answer: string | null, took_ms: number) => void;
  /** Takes a text that nobody waited for. */
  readonly unasked: (text: string) => void;
  /** Takes what a meter said by itself. */
  readonly telegram: (bytes: Uint8Array, heard: Heard, asText: boolean) => void;
  /** Keeps what an answer was read as and passes it on. */
  readonly read: (outcome: ReadOutcome) => ReadOutcome;
}

type Problem = { readonly code: WireProblem; readonly detail: string };
const OVERHEAD_BYTES = 200;
/** Query keys whose values are no one's business. */
const SECRET = /([?&][^=&]*(?:pass|pwd|token|secret|key)[^=&]*=)[^&]*/giu;

/** The same in JSON bodies. */
const SECRET_JSON = /("[^"]{0,60}(?:pass|pwd|token|secret|psk)[^"]{0,60}"\s*:\s*")[^"]*/giu;

/** An empty record. Only bytes and texts are kept; what they show is made when somebody looks. */
export function createNetworkRecord(clock: Clock): NetworkRecord {
  let last: { readonly values: Values; readonly at_ms: EpochMs } | null = null;
  let before_ms = 0;
  const record = createDeviceRecord(() => (last === null ? [] : shownOf(last.values, last.at_ms)));
  const asked = (summary: string, body: string, answer: Answer): void => {
    const at_ms = clock.now_ms();
    const sent_at_ms = sentAt(clock, at_ms, answer.took_ms, before_ms);
    before_ms = at_ms;
    record.add(saidText({ summary, body, at_ms, sent_at_ms }, answer));
  };
  return {
    ...record,
    http({ request, reply, partial, took_ms }) {
      const status = reply.ok ? reply.status : (partial?.status ?? null);
      asked(`${request.method} ${request.path.replaceAll(SECRET, "$1…")}`, cut(request.body?.text ?? ""), {
        summary: status === null ? "no answer" : `status ${String(status)}`,
        raw: cut(reply.ok ? reply.text : (partial?.text ?? "")),
        problem: httpProblem(reply, partial),
        took_ms,
      });
    },
    text(command, answer, took_ms) {
      const silence = { code: "silence", detail: `${String(Math.round(took_ms))} ms` } as const;
      asked(command, command, {
        summary: answer === null ? "no answer" : "answer",
        raw: cut(answer ?? ""),
        problem: answer === null ? silence : null,
        took_ms,
      });
    },
    unasked(text) {
      record.add(saidUnasked(cut(text), clock.now_ms()));
    },
    telegram(bytes, heard, asText) {
      const at_ms = clock.now_ms();
      if (heard.kind === "values") last = { values: heard.values, at_ms };
      record.add(saidTelegram(bytes, heard, asText, at_ms));
    },
    read(outcome) {
      if (outcome.kind === "values") last = { values: outcome.values, at_ms: clock.now_ms() };
      return outcome;
    },
  };
}

type Question = {
  readonly summary: string;
  readonly body: string;
  readonly at_ms: EpochMs;
  readonly sent_at_ms: EpochMs;
};

const saidText = ({ summary, body, at_ms, sent_at_ms }: Question, answer: Answer): Said => ({
  bytes: 2 * (body.length + answer.raw.length) + OVERHEAD_BYTES,
  failed: answer.problem !== null,
  shown: () => [
    {
      at_ms: sent_at_ms,
      direction: "out",
      summary,
      raw: body.replaceAll(SECRET_JSON, "$1…"),
      decoded: [],
      problem: null,
      took_ms: null,
    },
    {
      at_ms,
      direction: "in",
      summary: answer.summary,
      raw: answer.raw.replaceAll(SECRET_JSON, "$1…"),
      decoded: [],
      ...problemFields(answer.problem),
      took_ms: Math.round(answer.took_ms),
    },
  ],
});

const saidUnasked = (raw: string, at_ms: EpochMs): Said => ({
  bytes: 2 * raw.length + OVERHEAD_BYTES,
  failed: false,
  shown: () => [{ at_ms, direction: "in", summary: "unasked", raw, decoded: [], problem: null, took_ms: null }],
});

function saidTelegram(bytes: Uint8Array, heard: Heard, asText: boolean, at_ms: EpochMs): Said {
  const kept = bytes.slice(0, asText ? RAW_CHARS_MAX : RAW_CHARS_MAX / 3);
  const { length } = bytes;
  const problem: Problem | null = heard.kind === "dropped" ? { code: "dropped", detail: heard.reason } : null;
  return {
    bytes: kept.length + OVERHEAD_BYTES,
    failed: problem !== null,
    shown: () => [
      {
        at_ms,
        direction: "in",
        summary: `telegram ${String(length)} bytes`,
        raw: asText ? Buffer.from(kept).toString("latin1") : hex(kept),
        decoded: heard.kind === "values" ? decodedOf(heard.values, at_ms) : [],
        ...problemFields(problem),
        took_ms: null,
      },
    ],
  };
}

type Answer = {
  readonly summary: string;
  readonly raw: string;
  readonly problem: Problem | null;
  readonly took_ms: number;
};

const problemFields = (problem: Problem | null): Pick<Exchange, "problem" | "code"> =>
  problem === null ? { problem: null } : { problem: problem.detail, code: problem.code };

function httpProblem(reply: HttpRecord["reply"], partial: HttpRecord["partial"]): Problem | null {
  if (reply.ok) return reply.status >= 400 ? { code: "refused", detail: `status ${String(reply.status)}` } : null;
  if (partial !== null) return { code: "truncated", detail: `${String(partial.text.length)} characters` };
  switch (reply.code) {
    case "timeout":
      return { code: "silence", detail: reply.detail };
    case "too-large":
      return { code: "too-large", detail: reply.detail };
    case "password-missing":
    case "password-wrong":
      return { code: "refused", detail: reply.detail };
    case "busy":
    case "refused":
    case "no-route":
    case "name-unknown":
    case "tls":
    case "broken":
      return { code: "line-down", detail: reply.detail };
  }
}

const shownOf = (values: Values, at_ms: EpochMs): readonly ShownValue[] =>
  [...values].map(([what, value]) => ({ what, value, unit: unitByName(what), raw: null, at_ms }));

const decodedOf = (values: Values, at_ms: EpochMs): Exchange["decoded"] =>
  shownOf(values, at_ms).map(({ what, value, unit }) => ({
    name: what,
    value: value === null ? "—" : `${String(value)}${unit === null ? "" : ` ${unit}`}`,
  }));

const cut = (text: string): string =>
  // Through bytes, because a slice alone would keep the whole text in memory.
  text.length > RAW_CHARS_MAX ? `${Buffer.from(text.slice(0, RAW_CHARS_MAX - 1)).toString()}…` : text;

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
