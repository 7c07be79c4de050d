import { expect, test } from "vitest";
import type { BayPhases } from "../../../contract/index.ts";
import { choicesOf, confidenceOf, refusalOf } from "./phases-view.ts";

const bay = (more: Partial<BayPhases> = {}): BayPhases => ({
  stationId: "P01",
  name: "Bay 1",
  configured: "L1L2L3",
  state: "unknown",
  found: "L1L2L3",
  open: ["L1L2L3"],
  confidence_permille: 143,
  steps: 0,
  since_ms: 0,
  countsOnAll: false,
  testable: true,
  lastTest: null,
  ...more,
});

test("a bay without a meter above it is not said to be merely unseen", () => {
  expect(confidenceOf(bay())).toBe("nothing-seen");
  expect(confidenceOf(bay({ testable: false }))).toBe("no-meter");
});

test("what fits two wirings is seen in part, a likely one is not sure yet", () => {
  expect(confidenceOf(bay({ steps: 6, open: ["L1L2L3", "L1L3L2"], confidence_permille: 499 }))).toBe("part");
  expect(confidenceOf(bay({ steps: 2, confidence_permille: 700 }))).toBe("unsure");
  expect(confidenceOf(bay({ steps: 6, state: "agrees" }))).toBe("agrees");
  expect(confidenceOf(bay({ steps: 6, state: "disagrees" }))).toBe("differs");
});

test("an answer is asked for only while the map is in doubt, and keeping it is the last one", () => {
  expect(choicesOf(bay())).toEqual([]);
  const doubted = bay({ state: "disagrees", countsOnAll: true, open: ["L2L3L1", "L2L1L3"] });
  expect(choicesOf(doubted)).toEqual(["L2L3L1", "L2L1L3", "L1L2L3"]);
});

test("a refusal without a known reason is still told", () => {
  expect(refusalOf(null)).toBeNull();
  expect(refusalOf(new Error("gone"))).toBe("other");
});
