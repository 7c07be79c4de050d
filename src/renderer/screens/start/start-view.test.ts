import { expect, test } from "vitest";
import { problemsIn } from "./start-view.ts";

test("mistakes come in the order of their lines, those of the whole file first", () => {
  const problems = problemsIn({
    problems: [
      { line: 9, column: 2, field: "b", code: "x", expected: "a number" },
      { line: null, column: null, field: "a", code: "x", expected: "a site" },
      { line: 3, column: 1, field: "c", code: "x", expected: "a name" },
    ],
  });
  expect(problems.map(({ field }) => field)).toEqual(["a", "c", "b"]);
});

test("a refusal without a list, or with something else in it, names no mistakes", () => {
  expect(problemsIn(null)).toEqual([]);
  expect(problemsIn({ problems: "many" })).toEqual([]);
  expect(problemsIn({ problems: [null, 7, { line: 1 }] })).toEqual([]);
});
