import { ORPCError } from "@orpc/client";
import { expect, test } from "vitest";
import type { BayFallback, Commissioning, FallbackTestView } from "../../../contract/index.ts";
import { FALLBACK_REFUSALS } from "../../../contract/index.ts";
import { ConnectionLost } from "../../lib/client/index.ts";
import { bayFallback } from "../../test-data.ts";
import {
  adviceFor,
  beyondTelling,
  conflictsOf,
  currentOf,
  isReasonEnough,
  knowledgeOf,
  knownAuthor,
  outlookOf,
  refusalOf,
  safeCurrentOf,
  unprovenCount,
  worstOf,
} from "./commissioning-view.ts";

type Problem = Commissioning["problems"][number];
const BAYS = ["P01", "P02", "P03", "P04"];

const problem = (patch: Partial<Problem> = {}): Problem => ({
  circuitId: "garage-a",
  name: "Garage A",
  phase: "L1",
  sum_mA: 44_000,
  limit_mA: 36_000,
  otherLoad_mA: 20_000,
  stationIds: BAYS,
  basis: "configured",
  ...patch,
});

const tested = (outcome: FallbackTestView["outcome"], patch: Partial<BayFallback> = {}): BayFallback =>
  bayFallback("P01", {
    lastTest: { at_ms: 0, author: "owner", outcome, before_mA: 16_000, kept_mA: 6_000, silent_ms: 90_000 },
    ...patch,
  });

test("phases of a circuit with the same numbers are one conflict, others stay apart", () => {
  const conflicts = conflictsOf([problem(), problem({ phase: "L2" }), problem({ phase: "L3", sum_mA: 50_000 })]);
  expect(conflicts.map(({ phases }) => phases)).toEqual([["L1", "L2"], ["L3"]]);
  expect(conflictsOf([])).toEqual([]);
});

test("where one conductor is named it is the one with most too much, and a blocking one before one merely seen", () => {
  expect(worstOf([])).toBeNull();
  const seen = problem({ basis: "seen", sum_mA: 90_000 });
  expect(worstOf([seen, problem(), problem({ phase: "L3", sum_mA: 50_000 })])?.phase).toBe("L3");
  expect(worstOf([seen])).toEqual(seen);
});

test("the advice is the highest safe current for all, or how many may keep the least that charges", () => {
  expect(adviceFor(problem({ limit_mA: 61_000 }))).toEqual({ kind: "lower", each_mA: 10_000 });
  expect(adviceFor(problem({ limit_mA: 44_000 }))).toEqual({ kind: "lower", each_mA: 6_000 });
  expect(adviceFor(problem())).toEqual({ kind: "some", keep: 2, count: 4 });
  expect(adviceFor(problem({ limit_mA: 25_000 }))).toEqual({ kind: "some", keep: 0, count: 4 });
  expect(adviceFor(problem({ limit_mA: 19_000 }))).toEqual({ kind: "no-room" });
});

test("what a box keeps whatever it is told is named, and lowering its safe current does not help on paper either", () => {
  const bays = BAYS.map((id) => bayFallback(id, id === "P02" ? { counted_mA: 16_000 } : {}));
  expect(beyondTelling(problem(), bays).map(({ stationId }) => stationId)).toEqual(["P02"]);
  const conflicts = conflictsOf([problem({ sum_mA: 54_000 })]);
  expect(outlookOf(conflicts, bays, new Set(["P01", "P02"]), 0)[0]).toMatchObject({ sum_mA: 48_000, fits: false });
  expect(outlookOf(conflicts, bays, new Set(["P01", "P03", "P04"]), 0)[0]).toMatchObject({
    sum_mA: 36_000,
    fits: true,
  });
  expect(outlookOf(conflicts, bays, new Set(["P09"]), 0)[0]?.sum_mA).toBe(54_000);
});

test("a proven box says how, and a test that no longer counts is not taken for knowledge", () => {
  expect(knowledgeOf(bayFallback("P01", { provenBy: "box" }))).toBe("box");
  expect(knowledgeOf(tested("fell-back", { provenBy: "test" }))).toBe("tested");
  expect(knowledgeOf(tested("witnessed", { provenBy: "test" }))).toBe("witnessed");
  expect(knowledgeOf(tested("fell-back"))).toBe("outdated");
  expect(knowledgeOf(tested("kept-last", { counted_mA: 16_000 }))).toBe("keeps");
  expect(knowledgeOf(tested("rose", { counted_mA: 16_000 }))).toBe("rises");
  expect(knowledgeOf(tested("kept-last"))).toBe("outdated");
  expect(knowledgeOf(bayFallback("P01"))).toBe("unknown");
  expect(unprovenCount([bayFallback("P01"), bayFallback("P02", { provenBy: "box" })])).toBe(1);
});

test("a test that told nothing leaves the box unknown", () => {
  for (const outcome of ["not-cut", "too-short", "not-told", "car-stopped", "not-back", "cancelled"] as const)
    expect(knowledgeOf(tested(outcome)), outcome).toBe("unknown");
});

test("a safe current is nothing, or from what a charger can offer to the least maximum of those chosen", () => {
  expect(safeCurrentOf(0, 16_000)).toBe(0);
  expect(safeCurrentOf(6, 16_000)).toBe(6_000);
  expect(safeCurrentOf(16, 16_000)).toBe(16_000);
  for (const wrong of [5, 17, -1, "", Number.NaN]) expect(safeCurrentOf(wrong, 16_000), String(wrong)).toBeNull();
  expect(currentOf(5.94)).toBe(5_940);
  expect(currentOf(101)).toBeNull();
});

test("ten characters of blanks are no reason", () => {
  expect(isReasonEnough("too short")).toBe(false);
  expect(isReasonEnough("            ")).toBe(false);
  expect(isReasonEnough("long enough")).toBe(true);
});

test("every refusal has its own words, and one that nobody knows is still told", () => {
  expect(refusalOf(null)).toBeNull();
  for (const reason of FALLBACK_REFUSALS)
    expect(refusalOf(new ORPCError("REFUSED", { data: { reason } }))).toBe(reason);
  expect(refusalOf(new ORPCError("REFUSED", { data: { reason: "new" } }))).toBe("other");
  expect(refusalOf(new ORPCError("FORBIDDEN"))).toBe("forbidden");
  expect(refusalOf(new ORPCError("NO_SITE"))).toBe("restarting");
  expect(refusalOf(new ConnectionLost())).toBe("lost");
  expect(refusalOf(new Error("gone"))).toBe("other");
});

test("an author is a role; a name that is none is shown as it stands", () => {
  expect(knownAuthor("owner")).toBe("owner");
  expect(knownAuthor("Anna")).toBeNull();
});
