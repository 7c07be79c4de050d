import { ORPCError } from "@orpc/client";
import { expect, test } from "vitest";
import type { BayFallback, Commissioning, FallbackTestView } from "../../../contract/index.ts";
import { FALLBACK_REFUSALS } from "../../../contract/index.ts";
import { ConnectionLost } from "../../lib/client/index.ts";
import { bayFallback } from "../../test-data.ts";
import {
  adviceFor,
  beyondTelling,
  type Conflict,
  conflictsOf,
  currentOf,
  instructionOf,
  isReasonEnough,
  knowledgeOf,
  knownAuthor,
  outlookOf,
  proposalFor,
  refusalOf,
  safeCurrentOf,
  unproven,
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

const conflict = (patch: Partial<Problem> = {}): Conflict => {
  const [first] = conflictsOf([problem(patch)]);
  if (first === undefined) throw new Error("a problem is a conflict");
  return first;
};

test("phases of a circuit with the same numbers are one conflict, others stay apart", () => {
  const conflicts = conflictsOf([problem(), problem({ phase: "L2" }), problem({ phase: "L3", sum_mA: 50_000 })]);
  expect(conflicts.map(({ phases }) => phases)).toEqual([["L1", "L2"], ["L3"]]);
  expect(conflictsOf([])).toEqual([]);
});

test("one-phase chargers on different phases do not part what reads the same", () => {
  const [only, ...others] = conflictsOf([
    problem({ stationIds: ["P01", "P02"] }),
    problem({ phase: "L2", stationIds: ["P01", "P03"] }),
  ]);
  expect(others).toEqual([]);
  expect(only).toMatchObject({ phases: ["L1", "L2"], firstIds: ["P01", "P02"], stationIds: ["P01", "P02", "P03"] });
});

test("where one conductor is named it is the one with most too much, and a blocking one before one merely seen", () => {
  expect(worstOf([])).toBeNull();
  const seen = conflict({ basis: "seen", sum_mA: 90_000 });
  expect(worstOf([seen, conflict(), conflict({ phase: "L3", sum_mA: 50_000 })])?.phases).toEqual(["L3"]);
  expect(worstOf([seen])).toEqual(seen);
});

test("the advice is the highest safe current for all, or how many may keep the least that charges", () => {
  const bays = BAYS.map((id) => bayFallback(id));
  const advised = (limit_mA: number) => adviceFor(conflict({ limit_mA }), bays);
  expect(advised(61_000)).toEqual({ kind: "lower", each_mA: 10_000 });
  expect(advised(44_000)).toEqual({ kind: "lower", each_mA: 6_000 });
  expect(advised(36_000)).toEqual({ kind: "some", keep: 2, count: 4 });
  expect(advised(25_000)).toEqual({ kind: "some", keep: 0, count: 4 });
  expect(advised(19_000)).toEqual({ kind: "no-room" });
});

test("the advice leaves out what keeps its current whatever it is told", () => {
  const deaf = bayFallback("P01", { counted_mA: 16_000 });
  const bays = [deaf, ...["P02", "P03", "P04"].map((id) => bayFallback(id))];
  expect(adviceFor(conflict({ sum_mA: 54_000, limit_mA: 50_000 }), bays)).toEqual({ kind: "some", keep: 2, count: 3 });
  expect(adviceFor(conflict({ sum_mA: 54_000, limit_mA: 35_000 }), bays)).toEqual({ kind: "not-by-telling" });
  const alone = conflict({ sum_mA: 36_000, limit_mA: 30_000, stationIds: ["P01"] });
  expect(adviceFor(alone, bays)).toEqual({ kind: "not-by-telling" });
});

test("what a box keeps whatever it is told is named, and telling it less does not help on paper either", () => {
  const bays = BAYS.map((id) => bayFallback(id, id === "P02" ? { counted_mA: 16_000 } : {}));
  expect(beyondTelling(conflict(), bays).map(({ stationId }) => stationId)).toEqual(["P02"]);
  const problems = [problem({ sum_mA: 54_000 })];
  const after = (...ids: readonly string[]) => outlookOf(problems, bays, new Set(ids), 0)[0];
  expect(after("P01", "P02")).toMatchObject({ before_mA: 54_000, after_mA: 48_000, fits: false });
  expect(after("P01", "P03", "P04")).toMatchObject({ after_mA: 36_000, fits: true });
  expect(after("P09")?.after_mA).toBe(54_000);
});

test("the proposal lowers those that keep too much, or lets as few as will do wait, and then it fits", () => {
  const bays = BAYS.map((id) => bayFallback(id, id === "P04" ? {} : { promised_mA: 16_000, counted_mA: 16_000 }));
  const high = problem({ sum_mA: 74_000, limit_mA: 61_000 });
  const lowered = proposalFor(conflict(high), [high], bays);
  expect(lowered).toEqual({ stationIds: ["P01", "P02", "P03"], current_mA: 10_000 });

  const problems = [
    problem({ sum_mA: 38_000, stationIds: ["P01", "P02", "P03"] }),
    problem({ sum_mA: 38_000, phase: "L2", stationIds: ["P01", "P02", "P04"] }),
  ];
  const least = BAYS.map((id) => bayFallback(id));
  const proposal = proposalFor(conflict(problems[0]), problems, least);
  expect(proposal).toEqual({ stationIds: ["P02"], current_mA: 0 });
  expect(outlookOf(problems, least, new Set(proposal?.stationIds), 0)).toMatchObject([{ fits: true }]);
  expect(proposalFor(conflict({ limit_mA: 19_000 }), [problem({ limit_mA: 19_000 })], least)).toBeNull();
});

test("nobody is made to wait for what would not fit all the same", () => {
  const bays = BAYS.map((id) => bayFallback(id, id === "P04" ? { counted_mA: 32_000 } : {}));
  const problems = [
    problem({ sum_mA: 18_000, limit_mA: 12_000, otherLoad_mA: 0, stationIds: ["P01", "P02", "P03"] }),
    problem({ sum_mA: 50_000, limit_mA: 12_000, otherLoad_mA: 0, phase: "L2" }),
  ];
  expect(proposalFor(conflict(problems[0]), problems, bays)).toEqual({ stationIds: ["P03"], current_mA: 0 });
  expect(proposalFor(conflict(problems[1]), problems, bays)).toBeNull();
});

const MAX_mA = 16_000;
const known = (bay: BayFallback) => knowledgeOf(bay, MAX_mA);

test("a proven box says how, and a test that no longer counts is not taken for knowledge", () => {
  expect(known(bayFallback("P01", { provenBy: "box" }))).toBe("box");
  expect(known(tested("fell-back", { provenBy: "test" }))).toBe("tested");
  expect(known(tested("witnessed", { provenBy: "test" }))).toBe("witnessed");
  expect(known(tested("fell-back"))).toBe("outdated");
  expect(known(tested("kept-last", { counted_mA: 16_000 }))).toBe("keeps");
  expect(known(tested("rose", { counted_mA: 16_000 }))).toBe("rises");
  expect(known(tested("kept-last"))).toBe("outdated");
  expect(knowledgeOf(tested("kept-last", { promised_mA: 13_000, counted_mA: 13_000 }), 13_000)).toBe("keeps");
  expect(known(bayFallback("P01"))).toBe("unknown");
  const shown = bayFallback("P02", { provenBy: "box" });
  expect(unproven([bayFallback("P01"), shown])).toEqual([bayFallback("P01")]);
});

test("a test that told nothing leaves the box unknown", () => {
  for (const outcome of ["not-cut", "too-short", "not-told", "car-stopped", "not-back", "cancelled"] as const)
    expect(known(tested(outcome)), outcome).toBe("unknown");
});

test("a safe current is nothing, or from what a charger can offer to the least maximum of those chosen", () => {
  expect(safeCurrentOf(0, 16_000)).toBe(0);
  expect(safeCurrentOf(6, 16_000)).toBe(6_000);
  expect(safeCurrentOf(16, 16_000)).toBe(16_000);
  for (const wrong of [5, 17, -1, "", Number.NaN]) expect(safeCurrentOf(wrong, 16_000), String(wrong)).toBeNull();
  expect(currentOf(5.94)).toBe(5_940);
  expect(currentOf(101)).toBeNull();
});

test("nobody is told to put back what is back already", () => {
  expect(instructionOf({ stage: "cut" }, true)).toBe("cut");
  expect(instructionOf({ stage: "reconnect" }, false)).toBe("reconnect");
  expect(instructionOf({ stage: "reconnect" }, true)).toBe("back");
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
