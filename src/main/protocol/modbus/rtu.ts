import { crc16 } from "./crc16.ts";
import {
  decodeReply,
  mayBeStale,
  NOTHING_STALE,
  replyPduLength,
  type ModbusReply,
  type ModbusRequest,
  type StaleReplies,
} from "./pdu.ts";

// Modbus over Serial Line V1.02: unit id, PDU, CRC-16 low byte first. Frames are found by unit, function code, length
// and CRC, never by silence between bytes: USB adapters deliver in chunks of 1 to 16 ms.

/** Largest frame on a serial line. */
export const RTU_FRAME_BYTES_MAX = 256;
/** Highest address of a unit on a serial line; 248 to 255 are reserved. */
const UNIT_ID_MAX = 247;
/** Bytes are taken in pieces of this size, so a receiver never holds more than a piece and an unfinished frame. */
const PIECE_BYTES_MAX = 512;

/** One frame ready for the wire. */
export function encodeRtu(unitId: number, pdu: Uint8Array): Uint8Array {
  const frame = new Uint8Array(pdu.length + 3);
  frame[0] = unitId;
  frame.set(pdu, 1);
  const crc = crc16(frame, 0, pdu.length + 1);
  frame[pdu.length + 1] = crc & 0xff;
  frame[pdu.length + 2] = crc >>> 8;
  return frame;
}

export const hasValidCrc = (bytes: Uint8Array, start: number, length: number): boolean => {
  const end = start + length - 2;
  return crc16(bytes, start, end) === ((bytes[end] ?? 0) | ((bytes[end + 1] ?? 0) << 8));
};

/** What lay on the line besides the answer; for the health counters. */
export type LineNoise = {
  readonly crcErrors: number;
  readonly staleBytes: number;
  readonly echoes: number;
  readonly wrongUnit: number;
};

export type RtuProgress =
  /** Nothing useful yet; `started`: at least unit and function code of the wanted frame have arrived. */
  | {
      readonly kind: "waiting";
      readonly started: boolean;
      /** The answer has come, but damaged: waiting longer is of no use once the line is quiet. */
      readonly hopeless: boolean;
      readonly noise: LineNoise;
    }
  | { readonly kind: "reply"; readonly reply: ModbusReply; readonly noise: LineNoise };

/** Collects bytes until they contain the answer to one request. */
export interface RtuReplyReceiver {
  push(bytes: Uint8Array): RtuProgress;
  /** Called when waiting is over: looks for the answer also behind a false start. */
  finish(): RtuProgress;
}

type Candidate = "no" | "incomplete" | "bad-crc" | { readonly reply: ModbusReply; readonly length: number };

/**
 * Waits for the reply of `unitId` to `request`. Splitting the byte stream differently never changes the answer.
 * With `echoes` the adapter repeats what we send, so the first copy of our own frame is never taken as the answer;
 * without it an echo that differs from every possible reply is still recognised and reported.
 */
export function createRtuReplyReceiver(
  unitId: number,
  request: ModbusRequest,
  sent: Uint8Array,
  echoes: boolean,
  stale: StaleReplies = NOTHING_STALE,
): RtuReplyReceiver {
  const length = replyPduLength(request) + 3;
  let buffer = new Uint8Array(0);
  let start = 0;
  let echoPending = true;
  const noise = { crcErrors: 0, staleBytes: 0, echoes: 0, wrongUnit: 0 };

  const candidateAt = (at: number): Candidate => {
    const left = buffer.length - at;
    if (buffer[at] !== unitId) return "no";
    if (left < 2) return "incomplete";
    const fc = buffer[at + 1];
    const isException = fc === (request.fc | 0x80);
    if (!isException && (fc !== request.fc || !headMatches(buffer, at, request))) return "no";
    const wanted = isException ? 5 : length;
    if (left < wanted) return "incomplete";
    if (!hasValidCrc(buffer, at, wanted)) return "bad-crc";
    const pdu = buffer.subarray(at + 1, at + wanted - 2);
    const reply = decodeReply(request, pdu);
    return reply.kind === "mismatch" || mayBeStale(pdu, stale) ? "no" : { reply, length: wanted };
  };

  const advance = (patient: boolean): RtuProgress => {
    while (start < buffer.length) {
      if (echoPending && isEcho(buffer, start, sent, echoes, patient)) {
        if (buffer.length - start < sent.length) break;
        start += sent.length;
        echoPending = false;
        noise.echoes += 1;
        continue;
      }
      const candidate = candidateAt(start);
      if (candidate === "incomplete" && patient) break;
      if (typeof candidate === "object") {
        noise.staleBytes += buffer.length - start - candidate.length;
        start = buffer.length;
        return { kind: "reply", reply: candidate.reply, noise: { ...noise } };
      }
      if (candidate === "bad-crc") noise.crcErrors += 1;
      const foreign = candidate === "no" ? foreignFrameAt(buffer, start, unitId, request) : 0;
      if (foreign === "incomplete" && patient) break;
      const skipped = foreign === "incomplete" || foreign === 0 ? 1 : foreign;
      if (skipped > 1) noise.wrongUnit += 1;
      noise.staleBytes += skipped;
      start += skipped;
    }
    const started = buffer.length - start >= 2 && buffer[start] === unitId;
    return { kind: "waiting", started, hopeless: !started && noise.crcErrors > 0, noise: { ...noise } };
  };

  return {
    push(bytes) {
      let progress = advance(true);
      for (let at = 0; at < bytes.length; at += PIECE_BYTES_MAX) {
        if (progress.kind === "reply") {
          noise.staleBytes += bytes.length - at;
          return { ...progress, noise: { ...noise } };
        }
        buffer = joined(buffer.subarray(start), bytes.subarray(at, at + PIECE_BYTES_MAX));
        start = 0;
        progress = advance(true);
      }
      return progress;
    },
    finish: () => advance(false),
  };
}

/** Compares as many header bytes as have arrived: what cannot become the reply is skipped at once. */
function headMatches(buffer: Uint8Array, at: number, request: ModbusRequest): boolean {
  const has = (offset: number, value: number): boolean => at + offset >= buffer.length || buffer[at + offset] === value;
  switch (request.fc) {
    case 1:
    case 2:
    case 3:
    case 4:
      return has(2, replyPduLength(request) - 2);
    case 5:
    case 6:
    case 15:
    case 16:
      return has(2, request.address >>> 8) && has(3, request.address & 0xff);
  }
}

/** A reply of another unit of the same shape, skipped as one piece so that its inside is never searched. */
function foreignFrameAt(buffer: Uint8Array, at: number, unitId: number, request: ModbusRequest): number | "incomplete" {
  const left = buffer.length - at;
  const unit = buffer[at] ?? 0;
  if (unit === unitId || unit > UNIT_ID_MAX) return 0;
  if (left < 2) return "incomplete";
  const isException = buffer[at + 1] === (request.fc | 0x80);
  if (!isException && (buffer[at + 1] !== request.fc || !headMatches(buffer, at, request))) return 0;
  const wanted = isException ? 5 : replyPduLength(request) + 3;
  if (left < wanted) return "incomplete";
  return hasValidCrc(buffer, at, wanted) ? wanted : 0;
}

const joined = (a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> => {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
};

/**
 * True while the bytes at `at` are, or may still become, the repetition of what we sent. A reply to FC 5 and 6 looks
 * exactly like its request, so there it counts as an echo only on a line known to echo.
 */
function isEcho(buffer: Uint8Array, at: number, sent: Uint8Array, echoes: boolean, patient: boolean): boolean {
  const fc = sent[1];
  if (!echoes && (fc === 5 || fc === 6)) return false;
  const available = Math.min(buffer.length - at, sent.length);
  for (let i = 0; i < available; i += 1) if (buffer[at + i] !== sent[i]) return false;
  return available === sent.length || patient;
}

export type RtuRequest = { readonly unitId: number; readonly pdu: Uint8Array };

/** Collects requests on the server's side of a line; the same rules of unit, length and CRC apply. */
export interface RtuRequestReceiver {
  /** Complete requests in the order they arrived. */
  push(bytes: Uint8Array): readonly RtuRequest[];
  /** Gives up on an unfinished frame, after silence; returns requests found behind it. */
  finish(): readonly RtuRequest[];
}

/** Finds requests with function codes 1 to 6, 15 and 16; anything else on the line is skipped byte by byte. */
export function createRtuRequestReceiver(): RtuRequestReceiver {
  let buffer = new Uint8Array(0);

  const take = (patient: boolean): RtuRequest[] => {
    const found: RtuRequest[] = [];
    let start = 0;
    while (start < buffer.length) {
      const length = requestLengthAt(buffer, start);
      if (length !== 0 && start + (length === "incomplete" ? Infinity : length) > buffer.length) {
        if (patient) break;
        start += 1;
      } else if (typeof length === "number" && length > 0 && hasValidCrc(buffer, start, length)) {
        found.push({ unitId: buffer[start] ?? 0, pdu: buffer.slice(start + 1, start + length - 2) });
        start += length;
      } else start += 1;
    }
    buffer = buffer.slice(start);
    return found;
  };

  return {
    push(bytes) {
      const found: RtuRequest[] = [];
      for (let at = 0; at < bytes.length; at += PIECE_BYTES_MAX) {
        buffer = joined(buffer, bytes.subarray(at, at + PIECE_BYTES_MAX));
        found.push(...take(true));
      }
      return found;
    },
    finish: () => take(false),
  };
}

/** Bytes of the request that may begin at `at`; 0 when none can. */
function requestLengthAt(buffer: Uint8Array, at: number): number | "incomplete" {
  if ((buffer[at] ?? 0) > UNIT_ID_MAX) return 0;
  const fc = buffer[at + 1];
  if (fc === undefined) return "incomplete";
  if (fc >= 1 && fc <= 6) return 8;
  if (fc !== 15 && fc !== 16) return 0;
  const bytes = buffer[at + 6];
  if (bytes === undefined) return "incomplete";
  const count = ((buffer[at + 4] ?? 0) << 8) | (buffer[at + 5] ?? 0);
  const expected = fc === 16 ? 2 * count : (count + 7) >>> 3;
  return count > 0 && expected === bytes && bytes <= RTU_FRAME_BYTES_MAX - 9 ? 9 + bytes : 0;
}
