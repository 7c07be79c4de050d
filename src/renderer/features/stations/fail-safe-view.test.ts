import { expect, test } from "vitest";
import { failSafeWords } from "./fail-safe-view.ts";

const box = {
  promised_mA: 6_000,
  counted_mA: 6_000,
  shown_mA: 6_000,
  timeout_ms: 60_000,
  provenBy: null,
  doubt: null,
} as const;

test("a proven fallback names its time where the charger shows one", () => {
  expect(failSafeWords({ kind: "known", ...box })).toEqual({ kind: "known", sentence: "timed" });
  expect(failSafeWords({ kind: "known", ...box, timeout_ms: null })).toEqual({ kind: "known", sentence: "untimed" });
});

test("whatever is not proven says why, and never reads like a promise", () => {
  expect(failSafeWords({ kind: "unknown", ...box, doubt: "no-guard" })).toEqual({ kind: "unknown", doubt: "no-guard" });
  expect(failSafeWords({ kind: "unsafe", ...box, doubt: "expires-up" })).toEqual({
    kind: "unsafe",
    doubt: "expires-up",
  });
  expect(failSafeWords({ kind: "unknown", ...box })).toEqual({ kind: "unknown", doubt: "not-documented" });
});

test("a test proves a charger that shows nothing, and one that did otherwise in it stays in doubt", () => {
  expect(failSafeWords({ kind: "unknown", ...box, provenBy: "test" })).toEqual({ kind: "known", sentence: "tested" });
  for (const doubt of ["seen-keeping", "seen-rising"] as const)
    expect(failSafeWords({ kind: "unsafe", ...box, doubt })).toEqual({ kind: "unsafe", doubt });
});
