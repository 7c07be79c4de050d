import { isObject, readText } from "./json.ts";

// OCPP-J 1.6, clause 4: [2, id, action, payload], [3, id, payload], [4, id, code, description, details].

/** Larger messages are refused unread. The longest honest one (signed values of a long session) is far below. */
export const MESSAGE_BYTES_MAX = 256 * 1024;
const ID_CHARS_MAX = 255;
/** What firmwares leave around a message: a byte order mark before it, the zero that ends a text in C behind it. */
const AROUND = /^[\s\uFEFF]+|[\s\0]+$/gu;

/** OCPP-J 1.6, clause 4.2.3, in the spelling of the errata. */
export type CallErrorCode =
  | "NotImplemented"
  | "NotSupported"
  | "InternalError"
  | "ProtocolError"
  | "SecurityError"
  | "FormationViolation"
  | "PropertyConstraintViolation"
  | "OccurrenceConstraintViolation"
  | "TypeConstraintViolation"
  | "GenericError";

export type BadFrame =
  "empty" | "too-large" | "not-json" | "not-array" | "unknown-type" | "no-message-id" | "no-action" | "no-payload";

export type Frame =
  /** `text` is the envelope in the exact form of the standard, whatever the station sent. */
  | { readonly kind: "message"; readonly text: string }
  /** `reply` is the CALLERROR to send, or `null` where no CALL can be recognised to answer. */
  | { readonly kind: "bad"; readonly reason: BadFrame; readonly reply: string | null };

/** Text of a CALLERROR. */
export const callError = (id: string, code: CallErrorCode, description: string): string =>
  JSON.stringify([4, id, code, description.slice(0, 255), {}]);

/** Finds the id of a CALL at the start of a text that cannot be parsed as a whole. */
export function salvageCallId(text: string): string | null {
  const match = /^\s*\[\s*2\s*,\s*"([^"\\]{1,255})"\s*,/u.exec(text.slice(0, 2 * ID_CHARS_MAX));
  return match?.[1] ?? null;
}

const bad = (reason: BadFrame, id: string | null, description: string): Frame => ({
  kind: "bad",
  reason,
  reply: id === null ? null : callError(id, "FormationViolation", description),
});

/** The answer to a message above `MESSAGE_BYTES_MAX`; `start` is its beginning. */
export const tooLargeFrame = (start: string): Frame =>
  bad("too-large", salvageCallId(start), `message is larger than ${String(MESSAGE_BYTES_MAX)} bytes`);

/** Checks the envelope of a message. Payloads are looked at later, by `decodeCall`. Never throws. */
export function readFrame(text: string): Frame {
  const said = text.replace(AROUND, "");
  if (said === "") return bad("empty", null, "");
  const parsed = parseJson(said);
  if (parsed === undefined) return bad("not-json", salvageCallId(said), "message is not JSON");
  if (!isList(parsed)) return bad("not-array", null, "message is not an array");
  const [type, rawId, ...rest] = parsed;
  // OCPP-J 1.6, 4.1.3: a message type that is not known SHALL be ignored.
  if (type !== 2 && type !== 3 && type !== 4) return bad("unknown-type", null, "unknown message type");
  const id = readText(rawId);
  if (id === null || id.length > ID_CHARS_MAX) return bad("no-message-id", null, "no message id");
  const isExact = id === rawId;
  if (type !== 2) return isExact ? { kind: "message", text: said } : rewritten([type, id, ...rest], null);
  const [action, payload] = rest;
  if (typeof action !== "string" || action === "") return bad("no-action", id, "action is not text");
  if (isObject(payload)) return isExact ? { kind: "message", text: said } : rewritten([2, id, action, payload], id);
  // An empty list stands for an empty object in more than one firmware; nothing at all as well.
  const isEmpty = payload === undefined || payload === null || (isList(payload) && payload.length === 0);
  return isEmpty ? rewritten([2, id, action, {}], id) : bad("no-payload", id, "payload is not an object");
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

/** Nesting that JSON.parse still bears can be too deep for JSON.stringify. */
function rewritten(message: readonly unknown[], id: string | null): Frame {
  try {
    return { kind: "message", text: JSON.stringify(message) };
  } catch (error) {
    if (error instanceof RangeError) return bad("not-json", id, "message is nested too deeply");
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}
