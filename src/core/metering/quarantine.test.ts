import { expect, test } from "vitest";
import { milliamp, watt, type Milliamp, type PerPhase, type Watt } from "../units/index.ts";
import { outOfRange, withinRating } from "./index.ts";

const RATING = { current_mA_max: 32_000, power_W_max: 24_000 };
const shown = (
  current_mA: PerPhase<number>,
  power_W: number,
): { current_mA: PerPhase<Milliamp | null>; power_W: Watt | null } => ({
  current_mA: [milliamp(current_mA[0]), milliamp(current_mA[1]), milliamp(current_mA[2])],
  power_W: watt(power_W),
});

test("a number outside its range names the end that it is beyond", () => {
  const range = { min: 0, max: 299_999 };
  expect(outOfRange(230_000, range)).toBeNull();
  expect(outOfRange(310_000, range)).toEqual({ code: "out-of-range", value: 310_000, bound: 299_999 });
  expect(outOfRange(-1, range)).toEqual({ code: "out-of-range", value: -1, bound: 0 });
  expect(outOfRange(NaN, range)).toEqual({ code: "no-number", value: null, bound: null });
});

test("a real overload stays visible", () => {
  const overload = shown([40_000, 39_000, 41_000], 27_600);
  expect(withinRating(overload, RATING, 5)).toEqual({ measured: overload, quarantined: [] });
});

test("what would have melted the wires is taken out, with the bound it broke; the rest stays", () => {
  const { measured, quarantined } = withinRating(shown([16_000, 96_001, 16_000], -30_000), RATING, 5);
  expect(measured).toEqual({ current_mA: [16_000, null, 16_000], power_W: null });
  expect(quarantined).toEqual([
    { what: "current_l2", code: "above-rating", value: 96_001, bound: 96_000, at_ms: 5 },
    { what: "power", code: "above-rating", value: -30_000, bound: 28_800, at_ms: 5 },
  ]);
});
