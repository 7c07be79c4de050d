import { expect, test } from "vitest";
import { milliamp } from "../../core/units/index.ts";
import { fallbackOf } from "./fallback.ts";

const station = { fallback_mA: milliamp(8_000), current_mA_max: milliamp(32_000) };

test("a value that was read back counts, also when it is lower than promised", () => {
  expect(fallbackOf(station, { kind: "known", current_mA: 6_000, timeout_ms: 60_000 }, 1)).toMatchObject({
    current_mA: 6_000,
    proven: true,
    after_ms: 60_000,
  });
});

test("a box that shows more than promised counts with what it shows, and never lowers its reserve by silence", () => {
  const box = { kind: "unsafe", current_mA: 16_000, timeout_ms: 60_000, doubt: "more-than-promised" } as const;
  expect(fallbackOf(station, box, 1)).toMatchObject({ current_mA: 16_000, proven: true, after_ms: null });
  expect(fallbackOf(station, { ...box, current_mA: 63_000 }, 1).current_mA).toBe(32_000);
});

test("a box that goes up by an amount nobody knows counts with its maximum", () => {
  const box = { kind: "unsafe", current_mA: null, timeout_ms: 600_000, doubt: "expires-up" } as const;
  expect(fallbackOf(station, box, 1)).toMatchObject({ current_mA: 32_000, proven: false, after_ms: null });
});

test("where nothing is known the promise of the site file stands, not proven", () => {
  const box = { kind: "unknown", current_mA: 6_000, timeout_ms: null, doubt: "switched-off" } as const;
  expect(fallbackOf(station, box, 1)).toMatchObject({ current_mA: 8_000, proven: false, after_ms: null });
});

test("boxes count real time: on a clock twenty times as fast the same wait is twenty times as long", () => {
  expect(fallbackOf(station, { kind: "known", current_mA: 6_000, timeout_ms: 30_000 }, 20).after_ms).toBe(600_000);
});

test("a box that our asking keeps awake may go on with its last limit for ever, though it falls back when we are gone", () => {
  const box = { kind: "known", current_mA: 6_000, timeout_ms: 15_000, fedByAsking: true } as const;
  expect(fallbackOf(station, box, 1)).toMatchObject({ current_mA: 6_000, proven: true, after_ms: null });
});
