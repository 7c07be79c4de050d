import {
  asciiFrameLength,
  createAsciiReplyReceiver,
  createMbapReceiver,
  createRtuReplyReceiver,
  decodeReply,
  encodeAscii,
  encodeMbap,
  encodeRequest,
  encodeRtu,
  replyPduLength,
  type LineNoise,
  type MbapProgress,
  type ModbusRequest,
  type StaleReplies,
  type RtuProgress,
} from "../protocol/modbus/index.ts";

/**
 * How requests and answers are wrapped: on a line (also behind a TCP gateway) with CRC or in characters with LRC, or
 * with a transaction id.
 */
export type Framing = "rtu" | "ascii" | "mbap";

const MBAP_HEADER_BYTES = 7;

/** One request on its way and what may answer it. */
export type Exchange = {
  readonly bytes: Uint8Array;
  /** Bytes of the whole answer when it is not an exception. */
  readonly replyBytes: number;
  readonly push: (bytes: Uint8Array) => RtuProgress;
  readonly finish: () => RtuProgress;
};

export interface Framer {
  /** `stale`: what an older request, not answered in time, may still be answered with. */
  begin(unitId: number, request: ModbusRequest, stale?: StaleReplies): Exchange;
  /**
   * Tells the framer what came with an answer. The line repeats what we send when an echo came before it, and does not
   * when nothing did: a device that only once repeats a question must not cost the others their single writes.
   */
  answered(request: ModbusRequest, noise: LineNoise): void;
  /** Whether what begins with `bytes` can be a frame of this unit: how a late answer shows itself. */
  isFrom(unitId: number, bytes: Uint8Array): boolean;
}

/** A framer for one connection; it remembers transaction ids, or whether the adapter echoes. */
export function createFramer(framing: Framing): Framer {
  switch (framing) {
    case "rtu":
      return rtuFramer();
    case "ascii":
      return asciiFramer();
    case "mbap":
      return mbapFramer();
  }
}

function rtuFramer(): Framer {
  let echoes = false;
  return {
    begin(unitId, request, stale) {
      const bytes = encodeRtu(unitId, encodeRequest(request));
      const receiver = createRtuReplyReceiver(unitId, request, bytes, echoes, stale);
      const replyBytes = replyPduLength(request) + 3;
      return { bytes, replyBytes, push: (part) => receiver.push(part), finish: () => receiver.finish() };
    },
    answered(request, noise) {
      echoes = echoesNow(request, noise, echoes);
    },
    isFrom: (unitId, bytes) => bytes[0] === unitId,
  };
}

function asciiFramer(): Framer {
  let echoes = false;
  return {
    begin(unitId, request, stale) {
      const receiver = createAsciiReplyReceiver(unitId, request, echoes, stale);
      return {
        bytes: encodeAscii(unitId, encodeRequest(request)),
        replyBytes: asciiFrameLength(replyPduLength(request)),
        push: (part) => receiver.push(part),
        finish: () => receiver.finish(),
      };
    },
    answered(request, noise) {
      echoes = echoesNow(request, noise, echoes);
    },
    isFrom(unitId, bytes) {
      const begin = encodeAscii(unitId, new Uint8Array(0)).subarray(0, 3);
      return begin.every((character, i) => bytes[i] === character);
    },
  };
}

/** Only a clean exchange tells: an echo that was damaged is no sign that there is none. */
function echoesNow(request: ModbusRequest, noise: LineNoise, before: boolean): boolean {
  if (noise.echoes > 0) return true;
  const isClean = noise.crcErrors === 0 && noise.staleBytes === 0;
  return before && !(isClean && request.fc !== 5 && request.fc !== 6);
}

function mbapFramer(): Framer {
  let transactionId = 0;
  return {
    begin(unitId, request) {
      transactionId = (transactionId + 1) & 0xffff;
      const mine = transactionId;
      const receiver = createMbapReceiver();
      const noise = { crcErrors: 0, staleBytes: 0, echoes: 0, wrongUnit: 0 };
      // With our transaction id it is the answer, only a wrong one: nothing better will come.
      let hopeless = false;
      const judge = (progress: MbapProgress): RtuProgress => {
        noise.staleBytes += progress.staleBytes;
        for (const frame of progress.frames) {
          const reply =
            frame.transactionId === mine && frame.unitId === unitId ? decodeReply(request, frame.pdu) : null;
          if (reply !== null && reply.kind !== "mismatch") return { kind: "reply", reply, noise: copy(noise) };
          // An older transaction id is the late answer to a request we have given up.
          if (frame.transactionId === mine && frame.unitId !== unitId) {
            noise.wrongUnit += 1;
            hopeless = true;
          }
          noise.staleBytes += frame.pdu.length + MBAP_HEADER_BYTES;
        }
        return { kind: "waiting", started: progress.started, hopeless, noise: copy(noise) };
      };
      return {
        bytes: encodeMbap({ transactionId: mine, unitId, pdu: encodeRequest(request) }),
        replyBytes: replyPduLength(request) + MBAP_HEADER_BYTES,
        push: (part) => judge(receiver.push(part)),
        finish: () => judge(receiver.finish()),
      };
    },
    answered: () => undefined,
    isFrom: (unitId, bytes) => bytes[6] === unitId,
  };
}

const copy = (noise: LineNoise): LineNoise => ({ ...noise });
