import { expect, test } from "vitest";
import { parsePreferences } from "./preferences.ts";

test("what was stored comes back", () => {
  const stored = { theme: "dark", language: "de", unit: "kW", density: "rows", singleKeys: false };
  expect(parsePreferences(JSON.stringify(stored))).toEqual(stored);
});

test("nothing, broken text and unknown values give the defaults, field by field", () => {
  const defaults = parsePreferences(null);
  expect(parsePreferences("{not json")).toEqual(defaults);
  expect(parsePreferences("null")).toEqual(defaults);
  expect(parsePreferences('{"theme":"neon","unit":"kW","density":7}')).toEqual({ ...defaults, unit: "kW" });
});
