import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeSpeedwire, encodeSpeedwire } from "./index.ts";

/** The start of a telegram byte by byte: header, 1.234 kW import, its counter, version, end. */
const BYTES = Uint8Array.from([
  ...[0x53, 0x4d, 0x41, 0x00, 0x00, 0x04, 0x02, 0xa0, 0x00, 0x00, 0x00, 0x01, 0x00, 0x28, 0x00, 0x10],
  ...[0x60, 0x69, 0x01, 0x0e, 0x71, 0x4f, 0x6a, 0x40, 0x00, 0x01, 0x02, 0x03],
  ...[0x00, 0x01, 0x04, 0x00, 0x00, 0x00, 0x30, 0x34],
  ...[0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00],
  ...[0x90, 0x00, 0x00, 0x00, 0x02, 0x00, 0x12, 0x52],
  ...[0x00, 0x00, 0x00, 0x00],
]);

test("a telegram gives serial number and values as they were sent", () => {
  expect(decodeSpeedwire(BYTES)).toEqual({
    kind: "telegram",
    telegram: {
      susyId: 270,
      serial: 1_901_029_952,
      ticker_ms: 0x00010203,
      values: [
        { channel: 1, type: 4, raw: 12_340 },
        { channel: 1, type: 8, raw: 0x1_0000_0000 },
      ],
    },
  });
});

test("what is encoded is decoded again", () => {
  const value = fc.record({ channel: fc.integer({ min: 1, max: 99 }), type: fc.constantFrom(4, 8), raw: fc.nat() });
  const telegram = fc.record({
    susyId: fc.nat(0xffff),
    serial: fc.nat(0xffff_ffff),
    ticker_ms: fc.nat(0xffff_ffff),
    values: fc.array(value, { maxLength: 60 }),
  });
  fc.assert(
    fc.property(telegram, (sent) => {
      expect(decodeSpeedwire(encodeSpeedwire(sent))).toEqual({ kind: "telegram", telegram: sent });
    }),
  );
});

test("a telegram cut short is malformed or something else, never a part of its values", () => {
  for (let length = 0; length < BYTES.length - 4; length += 1) {
    expect(decodeSpeedwire(BYTES.slice(0, length)).kind).not.toBe("telegram");
  }
});

test("other talk on the group and noise give no telegram and never throw", () => {
  const greeting = BYTES.slice();
  greeting.set([0x60, 0x65], 16);
  expect(decodeSpeedwire(greeting)).toEqual({ kind: "other" });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 700 }), (noise) => {
      expect(decodeSpeedwire(noise).kind).toBe("other");
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 40, maxLength: 700 }), (noise) => {
      const disguised = Uint8Array.from([...BYTES.slice(0, 28), ...noise]);
      const result = decodeSpeedwire(disguised);
      if (result.kind === "telegram") expect(result.telegram.values.length).toBeGreaterThan(0);
      else expect(result.kind).toBe("malformed");
    }),
  );
});
