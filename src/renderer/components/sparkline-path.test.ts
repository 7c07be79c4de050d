import { expect, test } from "vitest";
import { type SparkBox, sparkPath } from "./sparkline-path.ts";

const box: SparkBox = { from_ms: 0, to_ms: 1000, value_max: 100, width: 100, height: 10, gap_ms: 300 };

test("a line runs from left to right and upwards with the value", () => {
  expect(
    sparkPath(
      [
        { at_ms: 0, value: 0 },
        { at_ms: 250, value: 100 },
      ],
      box,
    ),
  ).toBe("M0.0 10.0L25.0 0.0");
});

test("unknown values and silence are gaps, never zero and never a straight line across", () => {
  const path = sparkPath(
    [
      { at_ms: 0, value: 50 },
      { at_ms: 100, value: null },
      { at_ms: 200, value: 50 },
      { at_ms: 900, value: 50 },
    ],
    box,
  );
  expect(path).toBe("M0.0 5.0M20.0 5.0M90.0 5.0");
});

test("points outside of the time span and an empty list draw nothing", () => {
  expect(sparkPath([{ at_ms: 5000, value: 1 }], box)).toBe("");
  expect(sparkPath([], box)).toBe("");
});
