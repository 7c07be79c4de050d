import { expect, test } from "vitest";
import { listOf, oneOf, shortened, textOf, wholeOf } from "./url-state.ts";

test("what an address holds is taken only when it is what we understand", () => {
  expect(oneOf(["a", "b"], "b", "a")).toBe("b");
  expect(oneOf(["a", "b"], "<script>", "a")).toBe("a");
  expect(textOf(7)).toBe("7");
  expect(textOf("x".repeat(101))).toBeNull();
  expect(textOf({ toString: "no" })).toBeNull();
  expect(wholeOf(5, 0, 10)).toBe(5);
  expect(wholeOf(5.5, 0, 10)).toBeNull();
  expect(wholeOf("5", 0, 10)).toBeNull();
  expect(wholeOf(11, 0, 10)).toBeNull();
  expect(listOf(["P01", 2, null, {}])).toEqual(["P01", "2"]);
  expect(listOf("P01")).toEqual(["P01"]);
  expect(listOf(undefined)).toEqual([]);
});

test("defaults and empty values do not stand in the address", () => {
  expect(
    shortened(
      { state: "all", q: "", station: null, sort: "name", ids: [] },
      { state: "all", sort: "circuit", ids: [] },
    ),
  ).toEqual({ sort: "name" });
});
