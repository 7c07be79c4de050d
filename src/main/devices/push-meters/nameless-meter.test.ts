import { expect, test } from "vitest";
import { epochMs } from "../../../core/units/index.ts";
import { ALONE_ms, createNamelessMeter, severalWords } from "./nameless-meter.ts";

const NONE = new Set<string>();

test("the meter that was alone long enough is meant, and no other that comes later", () => {
  const meter = createNamelessMeter(NONE);
  expect([0, 1_000, 2_000].map((at) => meter.heard("7", epochMs(at)))).toEqual([false, false, false]);
  expect(meter.heard("7", epochMs(ALONE_ms))).toBe(true);
  expect(meter.heard("8", epochMs(ALONE_ms + 1))).toBe(false);
  expect(meter.heard("7", epochMs(ALONE_ms + 2))).toBe(true);
  expect(meter.conflict).toEqual({ serials: ["7", "8"], taken: "7" });
});

test("of two that speak from the beginning none is ever meant", () => {
  const meter = createNamelessMeter(NONE);
  for (let at = 0; at < 60_000; at += 1_000)
    expect([meter.heard("7", epochMs(at)), meter.heard("8", epochMs(at + 1))]).toEqual([false, false]);
  expect(meter.conflict).toEqual({ serials: ["7", "8"], taken: null });
});

test("a meter that the site knows by its number is none of those that may be meant", () => {
  const meter = createNamelessMeter(new Set(["8"]));
  meter.heard("7", epochMs(0));
  expect(meter.heard("8", epochMs(1))).toBe(false);
  expect(meter.heard("7", epochMs(ALONE_ms))).toBe(true);
  expect(meter.conflict).toBeNull();
});

test("of a hundred meters sixteen numbers are remembered", () => {
  const meter = createNamelessMeter(NONE);
  for (let serial = 0; serial < 100; serial += 1) meter.heard(String(serial), epochMs(0));
  expect(meter.conflict?.serials).toHaveLength(16);
});

test("a conflict names the numbers to choose from", () => {
  expect(severalWords({ serials: ["7", "8"], taken: null })).toContain("(7, 8)");
  expect(severalWords({ serials: ["7", "8"], taken: "7" })).toContain("beside 7");
});
