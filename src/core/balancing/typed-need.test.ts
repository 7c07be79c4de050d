import { expect, test } from "vitest";
import { learnTypedFactor, TYPED_STAYS_MIN } from "./typed-need.ts";
import type { TypedStay } from "./typed-need.ts";

const stays = (count: number, taken_Wh: number, isFull = true): readonly TypedStay[] =>
  Array.from({ length: count }, () => ({ typed_Wh: 20_000, taken_Wh, isFull }));

test("cars that take 65 % of what was typed for them teach a factor of 0.65, from thirty full ones on", () => {
  expect(learnTypedFactor(stays(TYPED_STAYS_MIN, 13_000))).toBe(0.65);
  expect(learnTypedFactor(stays(TYPED_STAYS_MIN - 1, 13_000))).toBeNull();
  expect(learnTypedFactor([])).toBeNull();
});

test("a few absurd entries change nothing: it is the median", () => {
  const odd = [...stays(5, 1), ...stays(5, 4_000_000)];
  expect(learnTypedFactor([...stays(TYPED_STAYS_MIN, 13_000), ...odd])).toBe(0.65);
});

test("a car that left while it charged wanted at least what it took, so shortage does not teach that little is needed", () => {
  const early = stays(TYPED_STAYS_MIN, 2_000, false);
  expect(learnTypedFactor([...stays(TYPED_STAYS_MIN, 13_000), ...early])).toBe(0.65);
  // Most of those who were still charging had more than the full ones: half of all cannot be told.
  expect(
    learnTypedFactor([...stays(TYPED_STAYS_MIN, 13_000), ...stays(2 * TYPED_STAYS_MIN, 18_000, false)]),
  ).toBeNull();
});

test("what is learned stays between 0.3 and 1.2", () => {
  expect(learnTypedFactor(stays(TYPED_STAYS_MIN, 100))).toBe(0.3);
  expect(learnTypedFactor(stays(TYPED_STAYS_MIN, 90_000))).toBe(1.2);
});

test("nothing typed and nothing taken teach nothing", () => {
  const nothing = Array.from({ length: 100 }, (): TypedStay => ({ typed_Wh: 0, taken_Wh: 9_000, isFull: true }));
  expect(learnTypedFactor([...nothing, ...stays(100, 0)])).toBeNull();
});
