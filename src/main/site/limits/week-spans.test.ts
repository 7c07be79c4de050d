import { expect, test } from "vitest";
import type { LimitWindow } from "../../../contract/index.ts";
import { windowsOverlap } from "./week-spans.ts";

const window = (days: LimitWindow["days"], from_h: number, to_h: number): LimitWindow => ({
  days,
  from_min: from_h * 60,
  to_min: to_h * 60,
});

test("windows that only touch do not overlap, and those of other days do not either", () => {
  expect(windowsOverlap(window(["mon"], 8, 12), window(["mon"], 12, 14))).toBe(false);
  expect(windowsOverlap(window(["mon"], 8, 12), window(["tue"], 8, 12))).toBe(false);
  expect(windowsOverlap(window(["mon"], 8, 12), window(["mon"], 11, 14))).toBe(true);
});

test("a window over midnight meets the next day, and one of Sunday meets Monday", () => {
  expect(windowsOverlap(window(["mon"], 22, 6), window(["tue"], 5, 7))).toBe(true);
  expect(windowsOverlap(window(["sun"], 22, 6), window(["mon"], 5, 7))).toBe(true);
  expect(windowsOverlap(window(["sun"], 22, 6), window(["mon"], 6, 7))).toBe(false);
});

test("one that begins and ends at the same time lasts a whole day", () => {
  expect(windowsOverlap(window(["mon"], 0, 0), window(["mon"], 23, 24))).toBe(true);
  expect(windowsOverlap(window(["mon"], 0, 24), window(["tue"], 0, 1))).toBe(false);
});
