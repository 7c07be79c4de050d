import type { LineNoise, ModbusReply, ModbusRequest } from "../protocol/modbus/index.ts";

/** Bytes kept of what was heard in one exchange; the longest answer in characters is 513. */
export const HEARD_BYTES_max = 1_024;

/**
 * One request and what was heard for it, as the bytes of the wire. `silence`: nothing came in time. `garbled`: bytes
 * came, but no answer. `line-down`: the line was lost meanwhile. `late`: bytes after we had given up; nothing was sent.
 */
export type WireRecord = {
  readonly unitId: number;
  readonly request: ModbusRequest;
  /** Empty for what came without a request. */
  readonly sent: Uint8Array;
  /** The first `HEARD_BYTES_max` of `heardBytes`. */
  readonly heard: Uint8Array;
  readonly heardBytes: number;
  /** Length of an answer that is no exception. */
  readonly replyBytes: number;
  readonly outcome:
    | { readonly kind: "reply"; readonly reply: ModbusReply }
    | { readonly kind: "silence" | "garbled" | "line-down" | "late" };
  readonly noise: LineNoise | null;
  /** Real milliseconds from the request to the end of waiting. */
  readonly took_ms: number;
};

/** Takes what was said on behalf of one device. Called in the middle of the conversation: it must be quick. */
export type WireListener = (record: WireRecord) => void;

/** Bytes as they come, the first of them kept. */
export interface HeardBytes {
  readonly count: number;
  add(bytes: Uint8Array): void;
  /** One copy of what is kept; then it is empty. */
  take(): Pick<WireRecord, "heard" | "heardBytes">;
}

/** An empty store of at most `kept_max` bytes. */
export function createHeardBytes(kept_max = HEARD_BYTES_max): HeardBytes {
  let pieces: Uint8Array[] = [];
  let kept = 0;
  let count = 0;
  return {
    get count() {
      return count;
    },
    add(bytes) {
      count += bytes.length;
      if (kept >= kept_max) return;
      const piece = bytes.subarray(0, kept_max - kept);
      kept += piece.length;
      pieces.push(piece);
    },
    take() {
      const heard = new Uint8Array(kept);
      let at = 0;
      for (const piece of pieces) {
        heard.set(piece, at);
        at += piece.length;
      }
      const heardBytes = count;
      pieces = [];
      kept = 0;
      count = 0;
      return { heard, heardBytes };
    },
  };
}
