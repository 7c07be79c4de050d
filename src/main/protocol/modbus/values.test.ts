import fc from "fast-check";
import { expect, test } from "vitest";
import {
  decodeHex,
  decodeNumber,
  decodeText,
  encodeNumber,
  encodeText,
  integerRange,
  type NumberType,
  type WordOrder,
} from "./values.ts";

const order = fc.constantFrom<WordOrder>("msw", "lsw");

test("whole numbers survive every type and word order", () => {
  const types = fc.constantFrom<NumberType>("u16", "s16", "u32", "s32", "u64", "s64");
  fc.assert(
    fc.property(types, order, fc.maxSafeInteger(), (type, words, seed) => {
      const [low, high] = integerRange(type) ?? [0, 0];
      const value = Math.min(high, Math.max(low, seed));
      expect(decodeNumber(encodeNumber(value, type, words), type, words)).toBe(value);
    }),
  );
});

test("floating point numbers survive, f32 to its own precision", () => {
  fc.assert(
    fc.property(order, fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), (words, value) => {
      expect(decodeNumber(encodeNumber(value, "f64", words), "f64", words)).toBe(value);
      expect(decodeNumber(encodeNumber(value, "f32", words), "f32", words)).toBe(Math.fround(value));
    }),
  );
});

test("230.2 V as most devices send it, and with the words swapped", () => {
  expect(decodeNumber([0x4366, 0x3333], "f32", "msw")).toBeCloseTo(230.2, 3);
  expect(decodeNumber([0x3333, 0x4366], "f32", "lsw")).toBeCloseTo(230.2, 3);
});

test("NaN, infinity, unsafe 64-bit values and missing registers are no value", () => {
  expect(decodeNumber([0x7fc0, 0], "f32", "msw")).toBeNull();
  expect(decodeNumber([0x7f80, 0], "f32", "msw")).toBeNull();
  expect(decodeNumber([0xffff, 0xffff, 0xffff, 0xffff], "u64", "msw")).toBeNull();
  expect(decodeNumber([1], "u32", "msw")).toBeNull();
});

test("text ends at the first NUL and loses outer blanks", () => {
  expect(decodeText(encodeText("C2", 5))).toBe("C2");
  expect(decodeText([0x4232, 0x2020])).toBe("B2");
  expect(decodeHex([0x0108, 0xabcd])).toBe("0108abcd");
});
