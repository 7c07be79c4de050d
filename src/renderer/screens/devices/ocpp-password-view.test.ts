import { expect, test } from "vitest";
import { passwordMistake } from "./ocpp-password-view.ts";

const GOOD = "abcDEF0123456789";

test.each([
  ["nothing", { password: "", tellBox: false }, "required"],
  ["a line break", { password: "two\nlines", tellBox: false }, "characters"],
  ["more than there is room for", { password: "x".repeat(129), tellBox: false }, "characters"],
  ["what no station takes", { password: "with a space in it", tellBox: true }, "forBox"],
  ["too short for a station", { password: GOOD.slice(1), tellBox: true }, "forBox"],
  ["too long for a station", { password: "x".repeat(41), tellBox: true }, "forBox"],
])("%s is said before it is sent", (_what, form, mistake) => {
  expect(passwordMistake(form)).toBe(mistake);
});

test("what stands in the charger already may be any text; what it is told must be what it takes", () => {
  expect(passwordMistake({ password: "old one", tellBox: false })).toBeNull();
  expect(passwordMistake({ password: GOOD, tellBox: true })).toBeNull();
});
