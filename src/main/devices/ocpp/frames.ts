import type { EpochMs } from "../../../core/units/index.ts";
import type { WireMessage } from "../../links/ocpp-server.ts";
import { decodeCall, decodeCall201, isObject, readText, type JsonObject } from "../../protocol/ocpp/index.ts";
import { createExchangeLog, type Exchange } from "../exchanges.ts";
import type { OcppVersion } from "./ocpp-host.ts";
import { schemaDeviation } from "./schema-check.ts";
import { mayHoldSecret } from "./secrets.ts";

// The last messages of one box as they went over the wire. They are kept as text alone; what they say is read from it
// only when somebody looks.

/** Messages kept per identity. */
const FRAMES_MAX = 200;
/** CALLs whose answers are still to come; in each direction there is one (OCPP-J 1.6, 4.1.1). */
const OPEN_CALLS_MAX = 16;
/** Envelope of OCPP-J: type, id, and action of a CALL or code of a CALLERROR. */
const ENVELOPE = /^\s*\[\s*([234])\s*,\s*"([^"]{0,255})"\s*(?:,\s*"([^"]{0,100})"\s*(?:,\s*"([^"]{0,300})")?)?/u;
/** Of a message with a password, type, id and action. */
const SECRET_SHOWN_CHARS = 64;
const NAMES: Readonly<Record<string, string>> = { "2": "CALL", "3": "CALLRESULT", "4": "CALLERROR" };

type Decoded = Exchange["decoded"];
export interface FrameLog {
  note(message: WireMessage, at_ms: EpochMs): void;
  /** Oldest first, with what each message was taken for. */
  list(version: OcppVersion): readonly Exchange[];
  /** Those with a problem; they are kept longer. */
  errors(version: OcppVersion): readonly Exchange[];
}

/** An empty log; its size is bounded whatever the box sends. */
export function createFrameLog(): FrameLog {
  const log = createExchangeLog(FRAMES_MAX);
  const open = new Map<string, { readonly action: string; readonly since_ms: number }>();

  const opened = (key: string, action: string): void => {
    open.set(key, { action, since_ms: performance.now() });
    const [oldest] = open.keys();
    if (open.size > OPEN_CALLS_MAX && oldest !== undefined) open.delete(oldest);
  };
  return {
    note({ direction, text, dropped }, at_ms) {
      const [, type = "", id = "", name = "", words = ""] = ENVELOPE.exec(text) ?? [];
      const isReply = type === "3" || type === "4";
      // An answer belongs to a CALL of the other direction.
      const key = `${isReply === (direction === "in") ? "ours" : "theirs"} ${id}`;
      const call = isReply ? open.get(key) : undefined;
      if (isReply) open.delete(key);
      else if (dropped === null) opened(key, name);
      const action = isReply ? (call?.action ?? "") : name;
      log.add({
        at_ms,
        direction,
        summary: `${NAMES[type] ?? "message"} ${action}`.trim(),
        raw: mayHoldSecret(text) ? `${text.slice(0, SECRET_SHOWN_CHARS)}… (a password is not kept)` : text,
        decoded: [],
        problem: dropped === null ? (type === "4" ? `${name} ${words}`.trim() : null) : `not taken: ${dropped}`,
        took_ms: call === undefined ? null : Math.round(performance.now() - call.since_ms),
      });
    },
    list: (version) => log.list().map((one) => read(one, version)),
    errors: (version) => log.errors().map((one) => read(one, version)),
  };
}

function read(exchange: Exchange, version: OcppVersion): Exchange {
  const message = parsed(exchange.raw);
  if (message === null) return exchange;
  const [type, , second, third] = message;
  if (type === 3) return { ...exchange, decoded: isObject(second) ? entries(second) : [] };
  if (type !== 2 || typeof second !== "string" || !isObject(third)) return exchange;
  return {
    ...exchange,
    decoded: exchange.direction === "out" ? entries(third) : takenFor(exchange, second, third, version),
  };
}

/** What a CALL of the box was taken for, and where it had to be mended for that. */
function takenFor({ at_ms }: Exchange, action: string, payload: JsonObject, version: OcppVersion): Decoded {
  const decoded = (version === "1.6" ? decodeCall : decodeCall201)(action, payload, at_ms);
  const deviation = schemaDeviation(action, payload, version);
  const { action: _action, ...said } =
    decoded.kind === "message" ? decoded.message : { action, refused: `${decoded.code} ${decoded.detail}` };
  return [...entries(said), ...(deviation === null ? [] : [{ name: "schema", value: deviation }])];
}

const entries = (object: object): Decoded =>
  Object.entries(object).map(([name, value]: [string, unknown]) => ({ name, value: words(value) }));

function words(value: unknown): string {
  if (value instanceof Map) return words(Object.fromEntries(value));
  return readText(value) ?? JSON.stringify(value);
}

function parsed(raw: string): readonly unknown[] | null {
  try {
    const value: unknown = JSON.parse(raw);
    return Array.isArray(value) ? value : null;
  } catch (error) {
    // Cut, or never JSON: its text is all there is.
    if (error instanceof SyntaxError || error instanceof RangeError) return null;
    throw error;
  }
}
