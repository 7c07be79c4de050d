import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc16 } from "./crc16.ts";
import { createMbapReceiver, encodeMbap, type MbapFrame } from "./mbap.ts";
import {
  decodeReply,
  decodeRequest,
  encodeReply,
  encodeRequest,
  requestCount,
  type ModbusReply,
  type ModbusRequest,
} from "./pdu.ts";
import { createRtuReplyReceiver, createRtuRequestReceiver, encodeRtu, hasValidCrc, type RtuProgress } from "./rtu.ts";

const word = fc.integer({ min: 0, max: 0xffff });
const address = fc.integer({ min: 0, max: 0xf000 });

const anyRequest: fc.Arbitrary<ModbusRequest> = fc.oneof(
  fc.record({ fc: fc.constantFrom(1 as const, 2 as const), address, count: fc.integer({ min: 1, max: 2000 }) }),
  fc.record({ fc: fc.constantFrom(3 as const, 4 as const), address, count: fc.integer({ min: 1, max: 125 }) }),
  fc.record({ fc: fc.constant(5 as const), address, on: fc.boolean() }),
  fc.record({ fc: fc.constant(6 as const), address, value: word }),
  fc.record({ fc: fc.constant(15 as const), address, bits: fc.array(fc.boolean(), { minLength: 1, maxLength: 1968 }) }),
  fc.record({ fc: fc.constant(16 as const), address, values: fc.array(word, { minLength: 1, maxLength: 123 }) }),
);

/** A reply that a device could give to `request`, filled from `seed`. */
function replyTo(request: ModbusRequest, seed: number): ModbusReply {
  if (seed % 7 === 0) return { kind: "exception", fc: request.fc, code: 1 + (seed % 11) };
  const count = requestCount(request);
  switch (request.fc) {
    case 1:
    case 2:
      return {
        kind: "bits",
        fc: request.fc,
        bits: Array.from({ length: count }, (_, i) => ((seed * (i + 3)) & 4) === 4),
      };
    case 3:
    case 4:
      return {
        kind: "registers",
        fc: request.fc,
        registers: Array.from({ length: count }, (_, i) => (seed * (i + 1)) & 0xffff),
      };
    case 5:
    case 6:
    case 15:
    case 16:
      return { kind: "written", fc: request.fc, address: request.address };
  }
}

describe("Modbus PDU", () => {
  test("a request survives encoding and decoding", () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        expect(decodeRequest(encodeRequest(request))).toEqual({ kind: "request", request });
      }),
    );
  });

  test("a reply survives encoding and decoding", () => {
    fc.assert(
      fc.property(anyRequest, fc.integer({ min: 1, max: 9999 }), (request, seed) => {
        const reply = replyTo(request, seed);
        expect(decodeReply(request, encodeReply(request, reply))).toEqual(reply);
      }),
    );
  });

  test("arbitrary bytes never make the decoders throw", () => {
    fc.assert(
      fc.property(anyRequest, fc.uint8Array({ maxLength: 300 }), (request, bytes) => {
        decodeRequest(bytes);
        decodeReply(request, bytes);
      }),
    );
  });

  test("the standard's own example of reading registers 107 to 109 decodes", () => {
    const request: ModbusRequest = { fc: 3, address: 107, count: 3 };
    expect([...encodeRequest(request)]).toEqual([0x03, 0x00, 0x6b, 0x00, 0x03]);
    const pdu = Uint8Array.of(0x03, 0x06, 0x02, 0x2b, 0x00, 0x00, 0x00, 0x64);
    expect(decodeReply(request, pdu)).toEqual({ kind: "registers", fc: 3, registers: [0x022b, 0, 0x64] });
  });

  test("a reply of another length, function or address is a mismatch and not a value", () => {
    const read: ModbusRequest = { fc: 3, address: 0, count: 2 };
    expect(decodeReply(read, Uint8Array.of(3, 2, 0, 1)).kind).toBe("mismatch");
    expect(decodeReply(read, Uint8Array.of(4, 4, 0, 1, 0, 2)).kind).toBe("mismatch");
    expect(decodeReply({ fc: 6, address: 5, value: 1 }, Uint8Array.of(6, 0, 6, 0, 1)).kind).toBe("mismatch");
  });

  test("unknown functions and impossible counts are answered with exceptions 1 and 3", () => {
    expect(decodeRequest(Uint8Array.of(0x2b, 14, 1, 0, 0))).toEqual({ kind: "bad-request", fc: 0x2b, code: 1 });
    expect(decodeRequest(Uint8Array.of(3, 0, 0, 0, 126))).toEqual({ kind: "bad-request", fc: 3, code: 3 });
    expect(decodeRequest(Uint8Array.of(3, 0xff, 0xff, 0, 2))).toEqual({ kind: "bad-request", fc: 3, code: 3 });
    expect(decodeRequest(new Uint8Array(0))).toEqual({ kind: "bad-request", fc: 0, code: 1 });
  });
});

const unit = fc.integer({ min: 1, max: 247 });
const bytes = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

/** Cuts `stream` at the given places. */
function pieces(stream: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [0, ...cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b), stream.length];
  return at.slice(1).map((end, i) => stream.subarray(at[i] ?? 0, end));
}

const receiver = (unitId: number, request: ModbusRequest, echoes = false): ReturnType<typeof createRtuReplyReceiver> =>
  createRtuReplyReceiver(unitId, request, encodeRtu(unitId, encodeRequest(request)), echoes);

const read: ModbusRequest = { fc: 4, address: 5, count: 3 };
const readReply: ModbusReply = { kind: "registers", fc: 4, registers: [7, 161, 160] };
const readFrame = encodeRtu(1, encodeReply(read, readReply));
const valueOf = (progress: RtuProgress): ModbusReply | null => (progress.kind === "reply" ? progress.reply : null);

describe("RTU framing on the client's side", () => {
  test("the CRC of the standard's example frame is 0x1241 on the wire as 41 12", () => {
    expect(crc16(Uint8Array.of(0x02, 0x07))).toBe(0x1241);
    expect([...encodeRtu(2, Uint8Array.of(7))]).toEqual([0x02, 0x07, 0x41, 0x12]);
  });

  test("any split of noise and a reply gives the same reply", () => {
    fc.assert(
      fc.property(
        unit,
        anyRequest,
        fc.integer({ min: 1, max: 9999 }),
        fc.uint8Array({ maxLength: 20 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        fc.boolean(),
        (unitId, request, seed, noise, cuts, withEcho) => {
          const sent = encodeRtu(unitId, encodeRequest(request));
          const reply = replyTo(request, seed);
          const stream = bytes(
            withEcho ? sent : new Uint8Array(0),
            noise,
            encodeRtu(unitId, encodeReply(request, reply)),
          );
          const whole = createRtuReplyReceiver(unitId, request, sent, withEcho);
          const expected = valueOf(whole.push(stream)) ?? valueOf(whole.finish());
          expect(expected).toEqual(reply);
          const split = createRtuReplyReceiver(unitId, request, sent, withEcho);
          const got = pieces(stream, cuts)
            .map((piece) => valueOf(split.push(piece)))
            .find((value) => value !== null);
          expect(got ?? valueOf(split.finish())).toEqual(expected);
        },
      ),
    );
  });

  test("arbitrary noise never crashes and never yields a frame without a valid CRC", () => {
    fc.assert(
      fc.property(
        unit,
        anyRequest,
        fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 6 }),
        (unitId, request, chunks) => {
          const target = receiver(unitId, request);
          const all = bytes(...chunks);
          const results = [...chunks.map((chunk) => target.push(chunk)), target.finish()];
          if (results.every((result) => result.kind === "waiting")) return;
          const proven = [...all.keys()].some(
            (at) =>
              [5, 7, 8, 9].some((length) => at + length <= all.length && hasValidCrc(all, at, length)) ||
              [...all.keys()].some((end) => end - at > 9 && hasValidCrc(all, at, end - at)),
          );
          expect(proven).toBe(true);
        },
      ),
    );
  });

  test("one flipped bit anywhere in a reply never gives a value", () => {
    fc.assert(
      fc.property(fc.nat({ max: readFrame.length * 8 - 1 }), (bit) => {
        const damaged = Uint8Array.from(readFrame);
        damaged[bit >>> 3] = (damaged[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
        const target = receiver(1, read);
        expect(target.push(damaged).kind).toBe("waiting");
        expect(target.finish().kind).toBe("waiting");
      }),
    );
  });

  test("half a frame waits, its other half completes it", () => {
    const target = receiver(1, read);
    expect(target.push(readFrame.subarray(0, 6))).toMatchObject({ kind: "waiting", started: true });
    expect(target.push(readFrame.subarray(6))).toMatchObject({ kind: "reply", reply: readReply });
  });

  test("a half frame followed by the whole frame gives the whole frame", () => {
    const target = receiver(1, read);
    expect(valueOf(target.push(bytes(readFrame.subarray(0, 6), readFrame)))).toEqual(readReply);
  });

  test("of two joined frames the first is taken and the second is counted as stale", () => {
    const second = encodeRtu(1, encodeReply(read, { kind: "registers", fc: 4, registers: [1, 2, 3] }));
    const progress = receiver(1, read).push(bytes(readFrame, second));
    expect(progress).toMatchObject({ kind: "reply", reply: readReply, noise: { staleBytes: second.length } });
  });

  test("a reply of another unit is skipped and counted", () => {
    const foreign = encodeRtu(2, encodeReply(read, { kind: "registers", fc: 4, registers: [9, 9, 9] }));
    expect(receiver(1, read).push(bytes(foreign, readFrame))).toMatchObject({
      kind: "reply",
      reply: readReply,
      noise: { wrongUnit: 1 },
    });
  });

  test("the echo of a read is recognised without being told", () => {
    const sent = encodeRtu(1, encodeRequest(read));
    expect(receiver(1, read).push(bytes(sent, readFrame))).toMatchObject({
      kind: "reply",
      reply: readReply,
      noise: { echoes: 1 },
    });
  });

  test("on a line that echoes, the echo of a single write is not taken for its confirmation", () => {
    const write: ModbusRequest = { fc: 6, address: 261, value: 160 };
    const frame = encodeRtu(1, encodeRequest(write));
    const target = receiver(1, write, true);
    expect(target.push(frame).kind).toBe("waiting");
    expect(target.push(frame).kind).toBe("reply");
  });

  test("an exception reply is an answer", () => {
    const exception: ModbusReply = { kind: "exception", fc: 4, code: 2 };
    expect(valueOf(receiver(1, read).push(encodeRtu(1, encodeReply(read, exception))))).toEqual(exception);
  });
});

describe("RTU framing on the server's side", () => {
  test("requests are found in any split, with noise between them", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(unit, anyRequest), { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        (requests, cuts) => {
          const stream = bytes(
            ...requests.flatMap(([unitId, request]) => [
              Uint8Array.of(0xff, 0xfe),
              encodeRtu(unitId, encodeRequest(request)),
            ]),
          );
          const target = createRtuRequestReceiver();
          const found = [...pieces(stream, cuts).flatMap((piece) => [...target.push(piece)]), ...target.finish()];
          expect(found.map((one) => [one.unitId, [...one.pdu]])).toEqual(
            requests.map(([unitId, request]) => [unitId, [...encodeRequest(request)]]),
          );
        },
      ),
    );
  });

  test("arbitrary bytes never crash it and it keeps no more than it needs", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 2000 }), { maxLength: 5 }), (chunks) => {
        const target = createRtuRequestReceiver();
        for (const chunk of chunks) target.push(chunk);
        target.finish();
        const request = encodeRtu(1, encodeRequest(read));
        expect(target.push(request)).toHaveLength(1);
      }),
    );
  });
});

describe("MBAP framing", () => {
  const frame = fc.record({
    transactionId: fc.integer({ min: 0, max: 0xffff }),
    unitId: fc.integer({ min: 0, max: 255 }),
    pdu: fc.uint8Array({ minLength: 2, maxLength: 253 }),
  });

  test("any split of joined frames gives the same frames", () => {
    fc.assert(
      fc.property(
        fc.array(frame, { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 10 }),
        (frames, cuts) => {
          const stream = bytes(...frames.map(encodeMbap));
          const target = createMbapReceiver();
          const found: MbapFrame[] = pieces(stream, cuts).flatMap((piece) => [...target.push(piece).frames]);
          expect(found.map((one) => ({ ...one, pdu: [...one.pdu] }))).toEqual(
            frames.map((one) => ({ ...one, pdu: [...one.pdu] })),
          );
        },
      ),
    );
  });

  test("arbitrary bytes never crash it, and after giving up the next frame is found", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 5 }), frame, (chunks, next) => {
        const target = createMbapReceiver();
        for (const chunk of chunks) target.push(chunk);
        target.finish();
        expect(target.push(encodeMbap(next)).frames).toHaveLength(1);
      }),
    );
  });
});
