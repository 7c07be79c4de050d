import { expect, test } from "vitest";
import { stripSegments } from "./strip-view.ts";

test("stretches are cut to the window and an open one ends now", () => {
  const segments = stripSegments(
    [
      { from_ms: 0, to_ms: 500, state: "free", status: null },
      { from_ms: 500, to_ms: 1250, state: "charging", status: null },
      { from_ms: 1750, to_ms: null, state: "occupied", status: null },
    ],
    1000,
    2000,
  );
  expect(
    segments.map(({ state, start_permille, length_permille }) => [state, start_permille, length_permille]),
  ).toEqual([
    ["charging", 0, 250],
    ["occupied", 750, 250],
  ]);
});

test("nothing recorded is an empty lane", () => {
  expect(stripSegments([], 0, 1000)).toEqual([]);
});
