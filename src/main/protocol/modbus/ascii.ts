import {
  decodeReply,
  encodeRequest,
  mayBeStale,
  NOTHING_STALE,
  PDU_BYTES_MAX,
  type ModbusRequest,
  type StaleReplies,
} from "./pdu.ts";
import type { LineNoise, RtuProgress, RtuReplyReceiver, RtuRequest, RtuRequestReceiver } from "./rtu.ts";

// Modbus over Serial Line V1.02, 2.5.2: ":", every byte as two hexadecimal digits, LRC, CR LF. Usual with 7 data bits.

const COLON = 0x3a;
const CR = 0x0d;
const LF = 0x0a;
/** Unit id, PDU and LRC. */
const FRAME_BYTES_MAX = 1 + PDU_BYTES_MAX + 1;
/** Characters between colon and CR. */
const DIGITS_MAX = 2 * FRAME_BYTES_MAX;
const DIGITS = "0123456789ABCDEF";
/** Characters are taken in pieces of this size. */
const PIECE_BYTES_MAX = 512;

/** Two's complement of the sum of all bytes, modulo 256 (6.2.1): with it the sum of a whole frame is 0. */
export const lrc = (bytes: Uint8Array): number => -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;

/** Characters on the wire for a PDU of this many bytes: colon, two digits a byte, CR, LF. */
export const asciiFrameLength = (pduBytes: number): number => 2 * (pduBytes + 2) + 3;

const digitOf = (value: number): number => DIGITS.charCodeAt(value);

/** One frame ready for the wire, in characters. */
export function encodeAscii(unitId: number, pdu: Uint8Array): Uint8Array {
  const body = Uint8Array.of(unitId, ...pdu);
  const digits = [...body, lrc(body)].flatMap((byte) => [digitOf(byte >>> 4), digitOf(byte & 15)]);
  return Uint8Array.of(COLON, ...digits, CR, LF);
}

type Line =
  | { readonly kind: "frame"; readonly unitId: number; readonly pdu: Uint8Array; readonly length: number }
  | { readonly kind: "bad-lrc" | "noise"; readonly length: number };

interface LineReceiver {
  /** The next line or piece of noise that has come whole; `null` when more is needed. */
  take(): Line | null;
  /** Adds what has come; everything pushed before has been taken. */
  push(bytes: Uint8Array): void;
  /** Characters of a line that has begun. */
  readonly pending: number;
  /** Gives up on the line that has begun. */
  drop(): number;
}

/**
 * Cuts a stream into lines. A colon always begins a new frame, so a truncated one never swallows the next; what is
 * neither colon nor digit ends it. Works on a piece and one unfinished line at a time, however much was pushed.
 */
function createLineReceiver(): LineReceiver {
  let buffer: readonly number[] = [];
  let waiting = new Uint8Array(0);
  const cut = (length: number): readonly number[] => {
    const piece = buffer.slice(0, length);
    buffer = buffer.slice(length);
    return piece;
  };
  const first = (): Line | null => {
    if (buffer.length === 0) return null;
    const start = buffer.indexOf(COLON);
    if (start !== 0) return { kind: "noise", length: cut(start < 0 ? buffer.length : start).length };
    const end = buffer.findIndex((character, i) => i > 0 && digitValue(character) === null);
    if (end < 0) return buffer.length > DIGITS_MAX + 1 ? { kind: "noise", length: cut(buffer.length).length } : null;
    if (buffer[end] !== CR) return { kind: "noise", length: cut(end).length };
    if (buffer.length === end + 1) return null;
    if (buffer[end + 1] !== LF) return { kind: "noise", length: cut(end + 1).length };
    return frameOf(cut(end + 2));
  };
  return {
    get pending() {
      return buffer.length;
    },
    push(bytes) {
      waiting = Uint8Array.from(bytes);
    },
    drop() {
      const length = buffer.length + waiting.length;
      buffer = [];
      waiting = new Uint8Array(0);
      return length;
    },
    take() {
      for (;;) {
        const line = first();
        if (line !== null || waiting.length === 0) return line;
        buffer = [...buffer, ...waiting.subarray(0, PIECE_BYTES_MAX)];
        waiting = waiting.subarray(PIECE_BYTES_MAX);
      }
    },
  };
}

function frameOf(line: readonly number[]): Line {
  const { length } = line;
  const digits = line.slice(1, -2).map(digitValue);
  if (digits.length < 6 || digits.length > DIGITS_MAX) return { kind: "noise", length };
  if (digits.length % 2 === 1) return { kind: "bad-lrc", length };
  const bytes = Uint8Array.from({ length: digits.length / 2 }, (_, i) => pair(digits, 2 * i));
  if (lrc(bytes) !== 0) return { kind: "bad-lrc", length };
  return { kind: "frame", unitId: bytes[0] ?? 0, pdu: bytes.slice(1, -1), length };
}

const pair = (digits: readonly (number | null)[], at: number): number =>
  ((digits[at] ?? 0) << 4) | (digits[at + 1] ?? 0);

/** Lower case is read too: some boxes send it. */
function digitValue(character: number): number | null {
  const value = DIGITS.indexOf(String.fromCharCode(character).toUpperCase());
  return value < 0 ? null : value;
}

/**
 * Waits for the reply of `unitId` to `request`, as the RTU receiver does. With `echoes` the adapter repeats what we
 * send, so the first copy of our own frame is never taken as the answer.
 */
export function createAsciiReplyReceiver(
  unitId: number,
  request: ModbusRequest,
  echoes: boolean,
  stale: StaleReplies = NOTHING_STALE,
): RtuReplyReceiver {
  const lines = createLineReceiver();
  const sent = encodeRequest(request);
  const noise = { crcErrors: 0, staleBytes: 0, echoes: 0, wrongUnit: 0 };
  let echoPending = echoes || (request.fc !== 5 && request.fc !== 6);
  const progress = (): RtuProgress => {
    const started = lines.pending > 0;
    return { kind: "waiting", started, hopeless: !started && noise.crcErrors > 0, noise: { ...noise } };
  };
  const skip = (line: Line): void => {
    if (line.kind === "bad-lrc") noise.crcErrors += 1;
    if (line.kind === "frame" && line.unitId !== unitId) noise.wrongUnit += 1;
    noise.staleBytes += line.length;
  };
  return {
    push(bytes) {
      lines.push(bytes);
      for (let line = lines.take(); line !== null; line = lines.take()) {
        if (line.kind !== "frame" || line.unitId !== unitId) {
          skip(line);
          continue;
        }
        if (echoPending && areEqual(line.pdu, sent)) {
          echoPending = false;
          noise.echoes += 1;
          continue;
        }
        const reply = decodeReply(request, line.pdu);
        if (reply.kind === "mismatch" || mayBeStale(line.pdu, stale)) {
          skip(line);
          continue;
        }
        noise.staleBytes += lines.drop();
        return { kind: "reply", reply, noise: copyOf(noise) };
      }
      return progress();
    },
    finish() {
      // Half a line holds no answer: a frame behind it would have begun with a colon of its own.
      noise.staleBytes += lines.drop();
      return progress();
    },
  };
}

const copyOf = (noise: LineNoise): LineNoise => ({ ...noise });
const areEqual = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

/** Collects requests on the server's side of a line; damaged ones are left unanswered. */
export function createAsciiRequestReceiver(): RtuRequestReceiver {
  const lines = createLineReceiver();
  return {
    push(bytes) {
      lines.push(bytes);
      const found: RtuRequest[] = [];
      for (let line = lines.take(); line !== null; line = lines.take()) {
        if (line.kind === "frame") found.push({ unitId: line.unitId, pdu: line.pdu });
      }
      return found;
    },
    finish() {
      lines.drop();
      return [];
    },
  };
}
