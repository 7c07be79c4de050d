import { crc16Kermit, crc16X25 } from "./crc16.ts";

export type SmlTransportEvent =
  /** Contents of one file, escapes and fill bytes taken out, whose CRC was right. */
  | { readonly kind: "file"; readonly content: Uint8Array }
  | { readonly kind: "dropped"; readonly reason: "half" | "too-long" | "bad-escape" | "bad-crc" };

/** Push meters send some 200 to 500 bytes; with signatures below 2 kB. */
export const SML_BYTES_MAX = 8_192;

const ESCAPE = 0x1b;
const START = [ESCAPE, ESCAPE, ESCAPE, ESCAPE, 1, 1, 1, 1];
const GROUP = 4;
const END_MARK = 0x1a;
const FILL_MAX = 3;

export interface SmlFramer {
  /** Takes bytes in any pieces and tells what became whole. Never throws; holds at most one file. */
  push(bytes: Uint8Array): readonly SmlTransportEvent[];
}

/** SML transport protocol version 1 over a stream that may start anywhere. Escapes stand at multiples of four bytes. */
export function createSmlFramer(): SmlFramer {
  let held: number[] = [];
  return {
    push(bytes) {
      const events: SmlTransportEvent[] = [];
      for (const byte of bytes) {
        held.push(byte);
        if (startsAnew(held)) {
          // Bytes were lost or added, so that its end was not seen where it belongs, or it never came.
          events.push({ kind: "dropped", reason: "half" });
          held = [...START];
        } else if (held.length <= START.length) {
          held = fromStart(held);
        } else if (held.length % GROUP === 0) held = afterGroup(held, events);
      }
      return events;
    },
  };
}

/** Ones that follow four escape bytes are a start; eight are one escaped group, with ones as content behind it. */
function startsAnew(held: readonly number[]): boolean {
  const ones = held.length - GROUP;
  if (ones <= GROUP || held[ones - 1] !== ESCAPE || !held.slice(ones).every((byte) => byte === 1)) return false;
  let escapes = 0;
  while (held[ones - 1 - escapes] === ESCAPE && escapes < 2 * GROUP) escapes += 1;
  return escapes >= GROUP && escapes < 2 * GROUP;
}

/** Looks at the last two groups; what is still to be held afterwards. */
function afterGroup(held: number[], events: SmlTransportEvent[]): number[] {
  if (held.length > SML_BYTES_MAX) {
    events.push({ kind: "dropped", reason: "too-long" });
    return [];
  }
  const escapeAt = held.length - 2 * GROUP;
  if (escapeAt < START.length || !isEscape(held, escapeAt) || isLiteral(held, escapeAt)) return held;
  const [mark, fill] = held.slice(-GROUP);
  if (mark === END_MARK) {
    const event = fileOf(held, fill ?? Infinity);
    events.push(event);
    // Cut inside its last group, that group has taken the first bytes of the next start.
    return event.kind === "file" ? [] : fromStart(held.slice(1 - GROUP));
  }
  const isLiteralNow = held.slice(-GROUP).every((byte) => byte === ESCAPE);
  if (isLiteralNow) return held;
  events.push({ kind: "dropped", reason: "bad-escape" });
  return fromStart(held.slice(-START.length));
}

/** The end of `held` that may be the beginning of a start. */
function fromStart(held: readonly number[]): number[] {
  let at = 0;
  while (at < held.length && !held.slice(at).every((one, index) => one === START[index])) at += 1;
  return held.slice(at);
}

const isEscape = (held: readonly number[], at: number): boolean =>
  held.slice(at, at + GROUP).every((byte) => byte === ESCAPE);

/** Whether the escape group at `at` is itself the second half of an escaped 1b1b1b1b. */
function isLiteral(held: readonly number[], at: number): boolean {
  let groups = 0;
  for (let before = at - GROUP; before >= START.length && isEscape(held, before); before -= GROUP) groups += 1;
  return groups % 2 === 1;
}

function fileOf(held: readonly number[], fill: number): SmlTransportEvent {
  const bytes = Uint8Array.from(held);
  const [low = 0, high = 0] = bytes.subarray(-2);
  const sent = high * 0x100 + low;
  const covered = bytes.subarray(0, -2);
  if (sent !== crc16X25(covered) && sent !== crc16Kermit(covered)) return { kind: "dropped", reason: "bad-crc" };
  const escaped = bytes.subarray(START.length, bytes.length - 2 * GROUP);
  const content: number[] = [];
  for (let at = 0; at < escaped.length; at += GROUP) {
    content.push(...escaped.subarray(at, at + GROUP));
    if (isEscape([...escaped], at)) at += GROUP;
  }
  if (fill > FILL_MAX || fill > content.length) return { kind: "dropped", reason: "bad-escape" };
  return { kind: "file", content: Uint8Array.from(content.slice(0, content.length - fill)) };
}

/** The opposite way: a file as a meter sends it. */
export function encodeSmlTransport(content: Uint8Array): Uint8Array {
  const fill = (GROUP - (content.length % GROUP)) % GROUP;
  const padded = [...content, ...Array.from({ length: fill }, () => 0)];
  const bytes = [...START];
  for (let at = 0; at < padded.length; at += GROUP) {
    bytes.push(...padded.slice(at, at + GROUP));
    if (isEscape(padded, at)) bytes.push(ESCAPE, ESCAPE, ESCAPE, ESCAPE);
  }
  bytes.push(ESCAPE, ESCAPE, ESCAPE, ESCAPE, END_MARK, fill);
  const crc = crc16X25(Uint8Array.from(bytes));
  return Uint8Array.from([...bytes, crc & 0xff, crc >>> 8]);
}
