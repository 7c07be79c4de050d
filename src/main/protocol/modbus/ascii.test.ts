import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asciiFrameLength, createAsciiReplyReceiver, createAsciiRequestReceiver, encodeAscii, lrc } from "./ascii.ts";
import { encodeReply, encodeRequest, type ModbusReply, type ModbusRequest } from "./pdu.ts";
import type { RtuProgress } from "./rtu.ts";

const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
const characters = (line: string): Uint8Array => Uint8Array.from({ length: line.length }, (_, i) => line.charCodeAt(i));
const joined = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const valueOf = (progress: RtuProgress): ModbusReply | null => (progress.kind === "reply" ? progress.reply : null);

/** Cuts `stream` at the given places. */
function pieces(stream: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [0, ...cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b), stream.length];
  return at.slice(1).map((end, i) => stream.subarray(at[i] ?? 0, end));
}

const unit = fc.integer({ min: 1, max: 247 });
const word = fc.integer({ min: 0, max: 0xffff });
const question = fc.oneof(
  fc.array(word, { minLength: 1, maxLength: 125 }).map((registers): [ModbusRequest, ModbusReply] => [
    { fc: 3, address: 7, count: registers.length },
    { kind: "registers", fc: 3, registers },
  ]),
  fc.record({ address: word, value: word }).map((write): [ModbusRequest, ModbusReply] => [
    { fc: 6, ...write },
    { kind: "written", fc: 6, address: write.address },
  ]),
  fc.integer({ min: 1, max: 11 }).map((code): [ModbusRequest, ModbusReply] => [
    { fc: 4, address: 5, count: 9 },
    { kind: "exception", fc: 4, code },
  ]),
);
/** Anything but a colon, which begins a frame. */
const noise = fc.array(
  fc.integer({ min: 0, max: 255 }).filter((byte) => byte !== 0x3a),
  { maxLength: 20 },
);

const read: ModbusRequest = { fc: 3, address: 0, count: 2 };
const reply: ModbusReply = { kind: "registers", fc: 3, registers: [0x1234, 0xabcd] };
const frame = encodeAscii(1, encodeReply(read, reply));

describe("ASCII framing on the client's side", () => {
  test("a frame reads as the standard writes it, with the LRC that brings the sum to zero", () => {
    expect(text(encodeAscii(1, Uint8Array.of(0x03, 0x00, 0x00, 0x00, 0x0a)))).toBe(":01030000000AF2\r\n");
    expect(lrc(Uint8Array.of(1, 3, 0, 0, 0, 10))).toBe(0xf2);
    expect(frame).toHaveLength(asciiFrameLength(6));
  });

  test("any split of noise, echo and a reply gives the same reply", () => {
    fc.assert(
      fc.property(
        unit,
        question,
        noise,
        fc.array(fc.nat(), { maxLength: 8 }),
        fc.boolean(),
        (unitId, asked, dirt, cuts, echoes) => {
          const [request, answer] = asked;
          const sent = encodeAscii(unitId, encodeRequest(request));
          const stream = joined(
            echoes ? sent : new Uint8Array(0),
            Uint8Array.from(dirt),
            encodeAscii(unitId, encodeReply(request, answer)),
          );
          const target = createAsciiReplyReceiver(unitId, request, echoes);
          const got = pieces(stream, cuts)
            .map((piece) => valueOf(target.push(piece)))
            .find((value) => value !== null);
          expect(got).toEqual(answer);
        },
      ),
    );
  });

  test("arbitrary characters never crash it, and behind them the reply is found", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 1500 }), { maxLength: 5 }), (chunks) => {
        const target = createAsciiReplyReceiver(1, read, false);
        for (const chunk of chunks) target.push(chunk);
        target.finish();
        expect(valueOf(target.push(frame))).toEqual(reply);
      }),
    );
  });

  test("one flipped bit anywhere in a frame never gives another value", () => {
    fc.assert(
      fc.property(fc.nat({ max: frame.length * 8 - 1 }), (bit) => {
        const damaged = Uint8Array.from(frame);
        damaged[bit >>> 3] = (damaged[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
        const target = createAsciiReplyReceiver(1, read, false);
        // Bit 5 only turns a letter into its small form.
        expect([null, reply]).toContainEqual(valueOf(target.push(damaged)));
        expect(target.finish().kind).toBe("waiting");
      }),
    );
  });

  test("a truncated frame does not swallow the next one", () => {
    const progress = createAsciiReplyReceiver(1, read, false).push(joined(frame.subarray(0, 9), frame));
    expect(progress).toMatchObject({ kind: "reply", reply, noise: { staleBytes: 9 } });
  });

  test("a wrong LRC is counted, and once the line is quiet waiting is of no use", () => {
    const progress = createAsciiReplyReceiver(1, read, false).push(characters(":010304000000F9\r\n"));
    expect(progress).toMatchObject({ kind: "waiting", hopeless: true, noise: { crcErrors: 1 } });
  });

  test("a reply of another unit is skipped, and what follows the reply is kept out", () => {
    const foreign = encodeAscii(2, encodeReply(read, { kind: "registers", fc: 3, registers: [9, 9] }));
    expect(createAsciiReplyReceiver(1, read, false).push(joined(foreign, frame, foreign))).toMatchObject({
      kind: "reply",
      reply,
      noise: { wrongUnit: 1, staleBytes: 2 * foreign.length },
    });
  });

  test("on a line that echoes, the echo of a single write is not taken for its confirmation", () => {
    const write: ModbusRequest = { fc: 6, address: 261, value: 160 };
    const sent = encodeAscii(1, encodeRequest(write));
    const target = createAsciiReplyReceiver(1, write, true);
    expect(target.push(sent)).toMatchObject({ kind: "waiting", noise: { echoes: 1 } });
    expect(target.push(sent).kind).toBe("reply");
  });

  test("a flood of beginnings takes no more time than its length deserves", () => {
    const target = createAsciiReplyReceiver(1, read, false);
    const began_ms = performance.now();
    expect(target.push(characters(":".repeat(65_536)))).toMatchObject({ noise: { staleBytes: 65_535 } });
    expect(performance.now() - began_ms).toBeLessThan(1_000);
    expect(valueOf(target.push(frame))).toEqual(reply);
  });

  test("a line without end is dropped, not collected", () => {
    const target = createAsciiReplyReceiver(1, read, false);
    target.push(characters(":"));
    for (let i = 0; i < 100; i += 1) target.push(characters("0".repeat(100)));
    expect(target.push(new Uint8Array(0))).toMatchObject({ kind: "waiting", started: false });
    expect(valueOf(target.push(frame))).toEqual(reply);
  });
});

describe("ASCII framing on the server's side", () => {
  test("requests are found in any split, with noise between them", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(unit, question, noise), { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        (asked, cuts) => {
          const stream = joined(
            ...asked.flatMap(([unitId, [request], dirt]) => [
              Uint8Array.from(dirt),
              encodeAscii(unitId, encodeRequest(request)),
            ]),
          );
          const target = createAsciiRequestReceiver();
          const found = pieces(stream, cuts).flatMap((piece) => [...target.push(piece)]);
          expect(found.map((one) => [one.unitId, [...one.pdu]])).toEqual(
            asked.map(([unitId, [request]]) => [unitId, [...encodeRequest(request)]]),
          );
          expect(target.finish()).toEqual([]);
        },
      ),
    );
  });
});
