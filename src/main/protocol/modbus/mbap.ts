import { PDU_BYTES_MAX } from "./pdu.ts";

// Modbus Messaging on TCP/IP V1.0b, clause 3.1.3: transaction id, protocol 0, length, unit id, PDU.

const HEADER_BYTES = 7;
const PIECE_BYTES_MAX = 2048;

export type MbapFrame = { readonly transactionId: number; readonly unitId: number; readonly pdu: Uint8Array };
export type MbapProgress = {
  readonly frames: readonly MbapFrame[];
  /** Bytes that fit no header since the last call. */
  readonly staleBytes: number;
  /** Part of a frame has arrived. */
  readonly started: boolean;
};

/** One frame ready for the connection; the transaction id counts modulo 65536. */
export function encodeMbap({ transactionId, unitId, pdu }: MbapFrame): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + pdu.length);
  const view = new DataView(frame.buffer);
  view.setUint16(0, transactionId & 0xffff);
  view.setUint16(4, pdu.length + 1);
  view.setUint8(6, unitId);
  frame.set(pdu, HEADER_BYTES);
  return frame;
}

export interface MbapReceiver {
  push(bytes: Uint8Array): MbapProgress;
  /** Gives up on an unfinished frame and looks behind it. */
  finish(): MbapProgress;
}

/** Finds frames in a stream, sliding past bytes that cannot be a header. Holds at most one piece and one frame. */
export function createMbapReceiver(): MbapReceiver {
  let buffer = new Uint8Array(0);

  const take = (patient: boolean, frames: MbapFrame[]): number => {
    let start = 0;
    let stale = 0;
    while (start < buffer.length) {
      const length = frameLengthAt(buffer, start);
      if (length === "incomplete" && patient) break;
      if (typeof length === "number" && length > 0) {
        frames.push(frameAt(buffer, start, length));
        start += length;
        continue;
      }
      start += 1;
      stale += 1;
    }
    buffer = buffer.slice(start);
    return stale;
  };

  return {
    push(bytes) {
      const frames: MbapFrame[] = [];
      let staleBytes = 0;
      for (let at = 0; at < bytes.length; at += PIECE_BYTES_MAX) {
        const piece = bytes.subarray(at, at + PIECE_BYTES_MAX);
        const both = new Uint8Array(buffer.length + piece.length);
        both.set(buffer);
        both.set(piece, buffer.length);
        buffer = both;
        staleBytes += take(true, frames);
      }
      return { frames, staleBytes, started: buffer.length > 0 };
    },
    finish() {
      const frames: MbapFrame[] = [];
      const staleBytes = take(false, frames);
      return { frames, staleBytes, started: false };
    },
  };
}

const frameAt = (buffer: Uint8Array, at: number, length: number): MbapFrame => ({
  transactionId: ((buffer[at] ?? 0) << 8) | (buffer[at + 1] ?? 0),
  unitId: buffer[at + 6] ?? 0,
  pdu: buffer.slice(at + HEADER_BYTES, at + length),
});

/** Whole length of the frame that may begin at `at`; 0 when none can. */
function frameLengthAt(buffer: Uint8Array, at: number): number | "incomplete" {
  const left = buffer.length - at;
  if (left > 2 && buffer[at + 2] !== 0) return 0;
  if (left > 3 && buffer[at + 3] !== 0) return 0;
  if (left > 4 && buffer[at + 4] !== 0) return 0;
  if (left < 6) return "incomplete";
  const length = buffer[at + 5] ?? 0;
  // Unit id and a PDU of at least a function code and one byte.
  if (length < 3 || length > PDU_BYTES_MAX + 1) return 0;
  return left < length + 6 ? "incomplete" : length + 6;
}
