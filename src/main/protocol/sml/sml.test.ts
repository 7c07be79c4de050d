import fc from "fast-check";
import { expect, test } from "vitest";
import {
  crc16Kermit,
  crc16X25,
  createSmlFramer,
  encodeSmlMessage,
  encodeSmlTransport,
  readSml,
  SML_BYTES_MAX,
} from "./index.ts";

const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.replaceAll(/\s/gu, "").match(/../gu) ?? [], (pair) => Number.parseInt(pair, 16));

/** Open, list with five entries, close: written by hand after the SML structure of BSI TR-03109-1. */
const MESSAGES = [
  "76 05 01020304 62 00 62 00 72 63 0101 76 01 01 05 0a0b0c0d 0b 0a01454d480000123456 01 01",
  `76 05 01020305 62 00 62 00 72 63 0701 77 01 0b 0a01454d480000123456 07 0100620affff 01
    75
      77 07 0100010800ff 65 00010804 01 62 1e 52 ff 59 0000000012345678 01
      77 07 0100020800ff 01 01 62 1e 52 ff 53 03e8 01
      77 07 0100100700ff 01 01 62 1b 52 ff 53 b1e0 01
      77 07 0100200700ff 01 01 62 23 52 ff 63 08fd 01
      77 07 0100000009ff 01 01 01 01 0b 0a01454d480000123456 01
    01 01`,
  "76 05 01020306 62 00 62 00 72 63 0201 71 01",
];
const CONTENT = Uint8Array.from(MESSAGES.flatMap((message) => [...encodeSmlMessage(hex(message))]));
const FILE = encodeSmlTransport(CONTENT);
const kinds = (bytes: Uint8Array): string[] =>
  createSmlFramer()
    .push(bytes)
    .map((event) => (event.kind === "file" ? "file" : event.reason));

test("both CRCs have their published check values", () => {
  const digits = Uint8Array.from("123456789", (sign) => sign.charCodeAt(0));
  expect(crc16X25(digits)).toBe(0x906e);
  expect(crc16Kermit(digits)).toBe(0x2189);
});

test("a list gives values with scaler, sign and unit, and the meter's id", () => {
  const [event] = createSmlFramer().push(FILE);
  expect(event).toEqual({ kind: "file", content: CONTENT });
  const reading = readSml(CONTENT);
  expect(reading?.serverId).toBe("0a01454d480000123456");
  expect(Object.fromEntries(reading?.values ?? [])).toEqual({
    "0100010800ff": { value: 30_541_989.6, unit: 30 },
    "0100020800ff": { value: 100, unit: 30 },
    "0100100700ff": { value: -2000, unit: 27, unsigned: { bytes: 2, value: 4553.6 } },
    "0100200700ff": { value: 230.1, unit: 35 },
  });
});

test("a file whose CRC is Kermit's is taken too", () => {
  const kermit = FILE.slice();
  const crc = crc16Kermit(kermit.subarray(0, -2));
  kermit.set([crc & 0xff, crc >>> 8], kermit.length - 2);
  expect(kinds(kermit)).toEqual(["file"]);
});

test("any content comes through, escapes included, however the stream is cut", () => {
  const content = fc.array(
    fc.oneof(fc.constant([0x1b, 0x1b, 0x1b, 0x1b]), fc.constant([0x1a]), fc.array(fc.nat(255))),
    {
      maxLength: 20,
    },
  );
  fc.assert(
    fc.property(content, fc.integer({ min: 1, max: 9 }), (parts, size) => {
      const bytes = Uint8Array.from(parts.flat());
      const sent = encodeSmlTransport(bytes);
      const framer = createSmlFramer();
      const events = Array.from({ length: Math.ceil(sent.length / size) }, (_, i) =>
        framer.push(sent.slice(i * size, (i + 1) * size)),
      ).flat();
      expect(events).toEqual([{ kind: "file", content: bytes }]);
    }),
  );
});

test("a half file is dropped and the next one is read", () => {
  const half = FILE.slice(0, FILE.length - (FILE.length % 4) - 24);
  expect(kinds(Uint8Array.from([...half, ...FILE, ...FILE])).filter((kind) => kind === "file").length).toBeGreaterThan(
    0,
  );
  expect(kinds(Uint8Array.from([...half.slice(0, 40), ...FILE]))).toEqual(["half", "file"]);
});

test("a file that breaks off anywhere, or has lost or gained bytes, does not take the next one with it", () => {
  const files = (bytes: readonly number[]): number =>
    kinds(Uint8Array.from(bytes)).filter((kind) => kind === "file").length;
  // Cut right behind the four escape bytes of its end it looks like an escaped group, and is the only exception.
  const lengths = Array.from({ length: FILE.length }, (_, length) => length).filter((one) => one !== FILE.length - 4);
  for (const length of lengths) expect([length, files([...FILE.slice(0, length), ...FILE])]).toEqual([length, 1]);
  for (let at = 0; at < FILE.length; at += 1) {
    expect(files([...FILE.slice(0, at), ...FILE.slice(at + 1), ...FILE]), `without byte ${String(at)}`).toBe(1);
    expect(
      files([...FILE.slice(0, at), 0x77, ...FILE.slice(at), ...FILE]),
      `one more at ${String(at)}`,
    ).toBeGreaterThan(0);
  }
});

test("a message whose own check sum is wrong gives no value, though the file's is right", () => {
  expect(readSml(CONTENT)?.values.size).toBe(4);
  for (const message of [0, 1, 2]) {
    const parts = MESSAGES.map((one) => encodeSmlMessage(hex(one)));
    const damaged = parts[message];
    if (damaged !== undefined) damaged[damaged.length - 2] = (damaged.at(-2) ?? 0) ^ 1;
    expect(readSml(Uint8Array.from(parts.flatMap((part) => [...part])))).toBeNull();
  }
  const kermit = MESSAGES.flatMap((message) => {
    const crc = crc16Kermit(hex(message));
    return [...hex(message), 0x63, crc & 0xff, crc >>> 8, 0];
  });
  expect(readSml(Uint8Array.from(kermit))?.values.size).toBe(4);
});

test("one wrong bit anywhere gives no file", () => {
  fc.assert(
    fc.property(fc.nat(FILE.length - 1), fc.nat(7), (at, bit) => {
      const damaged = FILE.slice();
      damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
      expect(kinds(damaged)).not.toContain("file");
    }),
  );
});

test("noise never throws and gives no file, and what is held stays bounded", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), (noise) => {
      expect(kinds(noise)).not.toContain("file");
    }),
  );
  const endless = new Uint8Array(SML_BYTES_MAX * 2).fill(0x55);
  endless.set(FILE.slice(0, 8));
  expect(kinds(endless)).toContain("too-long");
});

test("content that is no SML gives no reading and never throws", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(readSml(bytes)?.values.size ?? 0).toBe(0);
    }),
  );
  fc.assert(
    fc.property(fc.nat(CONTENT.length - 1), (length) => {
      // Cut short it may still be whole messages, but never a changed value.
      for (const [code, value] of readSml(CONTENT.slice(0, length))?.values ?? []) {
        expect(readSml(CONTENT)?.values.get(code)).toEqual(value);
      }
    }),
  );
  expect(readSml(new Uint8Array(5_000).fill(0x71))).toBeNull();
});
