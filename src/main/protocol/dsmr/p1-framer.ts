import { crc16Arc } from "./crc16-arc.ts";
import { parseP1, type P1Telegram } from "./telegram.ts";
import { unprotectedForm } from "./unprotected.ts";

export type P1Event =
  | { readonly kind: "telegram"; readonly telegram: P1Telegram }
  /** Bytes that looked like a telegram and were none: cut short, too long, damaged, or without a CRC and not of its meter's form. */
  | { readonly kind: "dropped"; readonly reason: "half" | "too-long" | "no-crc" | "bad-crc" };

/** The longest telegrams seen have some 2 kB. */
export const P1_BYTES_MAX = 8_192;

const SLASH = 0x2f;
const EXCLAMATION = 0x21;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** `!` and four hexadecimal digits. */
const TAIL = 5;
/** Forms of telegrams without a CRC that are remembered: the meter's own, and one that was damaged. */
const FORMS_MAX = 2;

/** Slashes that are tried as the start of a telegram; a telegram has one, its maker's words perhaps another. */
const LATER_STARTS_MAX = 4;

/** What the stream has shown of its meter. */
type Meter = { sendsCrc: boolean; forms: readonly string[] };

export interface P1Framer {
  /** Takes bytes in any pieces and tells what became whole. Never throws; holds at most one telegram. */
  push(bytes: Uint8Array): readonly P1Event[];
}

/**
 * Finds telegrams `/…!CCCC` in a stream of bytes that may start anywhere. Those that end with a bare `!` (DSMR 2 and 3)
 * are believed when their form is that of one before them, and never once the meter has sent a CRC.
 */
export function createP1Framer(): P1Framer {
  const meter: Meter = { sendsCrc: false, forms: [] };
  let held = new Uint8Array(0);
  return {
    push(bytes) {
      const events: P1Event[] = [];
      // A long piece is worked through in bites, so that nothing larger than two telegrams is ever held.
      for (let at = 0; at < bytes.length; at += P1_BYTES_MAX) {
        held = joined(held, bytes.subarray(at, at + P1_BYTES_MAX));
        held = takeAll(held, meter, events);
      }
      return events;
    },
  };
}

/** What is left over after every telegram in `bytes` was taken out. Looks at every byte once, however many starts there are. */
function takeAll(bytes: Uint8Array, meter: Meter, events: P1Event[]): Uint8Array<ArrayBuffer> {
  let from = startOf(bytes);
  let end = endOf(bytes, from);
  for (;;) {
    const next = lineStart(bytes, from + 1, end === -1 ? bytes.length : end);
    if (next !== -1) {
      events.push({ kind: "dropped", reason: "half" });
      from = next;
      continue;
    }
    const isBare = bytes[end + 1] === CARRIAGE_RETURN || bytes[end + 1] === LINE_FEED;
    if (end === -1 || (!isBare && bytes.length < end + TAIL)) {
      if (bytes.length - from <= P1_BYTES_MAX) return bytes.slice(from);
      events.push({ kind: "dropped", reason: "too-long" });
      return new Uint8Array(0);
    }
    events.push(...endedAt(bytes.subarray(from), end - from, isBare ? bareTelegramOf : telegramOf, meter));
    from = end + 1 + startOf(bytes.subarray(end + 1));
    end = endOf(bytes, from);
  }
}

/**
 * What ends at `end`: it began with `bytes`, or, where a telegram was cut in the middle of a line, with one of the
 * slashes since.
 */
function endedAt(
  bytes: Uint8Array,
  end: number,
  read: (bytes: Uint8Array, end: number, meter: Meter) => P1Event,
  meter: Meter,
): readonly P1Event[] {
  const whole = read(bytes, end, meter);
  if (whole.kind === "telegram") return [whole];
  let at = end;
  for (let tried = 0; tried < LATER_STARTS_MAX; tried += 1) {
    at = bytes.lastIndexOf(SLASH, at - 1);
    if (at <= 0) break;
    const event = read(bytes.subarray(at), end - at, meter);
    if (event.kind === "telegram") return [{ kind: "dropped", reason: "half" }, event];
  }
  return [whole];
}

function bareTelegramOf(bytes: Uint8Array, end: number, meter: Meter): P1Event {
  const text = textOf(bytes.subarray(0, end));
  const form = meter.sendsCrc ? null : unprotectedForm(text);
  if (form === null) return { kind: "dropped", reason: "no-crc" };
  const isKnown = meter.forms.includes(form);
  meter.forms = [form, ...meter.forms.filter((one) => one !== form)].slice(0, FORMS_MAX);
  return isKnown ? { kind: "telegram", telegram: parseP1(text, false) } : { kind: "dropped", reason: "no-crc" };
}

function telegramOf(bytes: Uint8Array, end: number, meter: Meter): P1Event {
  const digits = textOf(bytes.subarray(end + 1, end + TAIL));
  if (!/^[0-9A-Fa-f]{4}$/u.test(digits)) return { kind: "dropped", reason: "no-crc" };
  if (Number.parseInt(digits, 16) !== crc16Arc(bytes, 0, end + 1)) return { kind: "dropped", reason: "bad-crc" };
  meter.sendsCrc = true;
  return { kind: "telegram", telegram: parseP1(textOf(bytes.subarray(0, end)), true) };
}

/**
 * Where a telegram starts: a slash at the start of a line, and where there is none any slash, since at the very start of
 * the stream we may be in the middle of a line; the length when there is none.
 */
function startOf(bytes: Uint8Array): number {
  if (bytes[0] === SLASH) return 0;
  const at = lineStart(bytes, 1, bytes.length);
  const start = at === -1 ? bytes.indexOf(SLASH) : at;
  return start === -1 ? bytes.length : start;
}

/** The first slash after a line feed, from `from` on and before `until`; -1 when there is none. */
const lineStart = (bytes: Uint8Array, from: number, until: number): number => markOf(SLASH, bytes, from, until);

/** The first `!` after a line feed from `from` on; -1 when there is none. */
const endOf = (bytes: Uint8Array, from: number): number => markOf(EXCLAMATION, bytes, from, bytes.length);

function markOf(mark: number, bytes: Uint8Array, from: number, until: number): number {
  for (let at = from; at < until; at += 1) if (bytes[at] === mark && bytes[at - 1] === LINE_FEED) return at;
  return -1;
}

const textOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
