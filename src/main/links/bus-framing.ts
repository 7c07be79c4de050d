import {
  createMbapReceiver,
  createRtuReplyReceiver,
  decodeReply,
  encodeMbap,
  encodeRequest,
  encodeRtu,
  type LineNoise,
  type MbapProgress,
  type ModbusRequest,
  type RtuProgress,
} from "../protocol/modbus/index.ts";

/** How requests and answers are wrapped: with CRC on a line (also behind a TCP gateway), or with a transaction id. */
export type Framing = "rtu" | "mbap";

/** One request on its way and what may answer it. */
export type Exchange = {
  readonly bytes: Uint8Array;
  readonly push: (bytes: Uint8Array) => RtuProgress;
  readonly finish: () => RtuProgress;
};

export interface Framer {
  begin(unitId: number, request: ModbusRequest): Exchange;
  /** Tells the framer that this line repeats what we send. */
  sawEcho(): void;
}

/** A framer for one connection; it remembers transaction ids, or whether the adapter echoes. */
export const createFramer = (framing: Framing): Framer => (framing === "rtu" ? rtuFramer() : mbapFramer());

function rtuFramer(): Framer {
  let echoes = false;
  return {
    begin(unitId, request) {
      const bytes = encodeRtu(unitId, encodeRequest(request));
      const receiver = createRtuReplyReceiver(unitId, request, bytes, echoes);
      return { bytes, push: (part) => receiver.push(part), finish: () => receiver.finish() };
    },
    sawEcho() {
      echoes = true;
    },
  };
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
          noise.staleBytes += frame.pdu.length + 7;
        }
        return { kind: "waiting", started: progress.started, hopeless, noise: copy(noise) };
      };
      return {
        bytes: encodeMbap({ transactionId: mine, unitId, pdu: encodeRequest(request) }),
        push: (part) => judge(receiver.push(part)),
        finish: () => judge(receiver.finish()),
      };
    },
    sawEcho: () => undefined,
  };
}

const copy = (noise: LineNoise): LineNoise => ({ ...noise });
