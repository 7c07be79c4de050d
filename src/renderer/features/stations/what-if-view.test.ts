import { expect, test } from "vitest";
import type { BalancingSettings, LearnedView } from "../../../contract/index.ts";
import { circuitLive, stationLive } from "../../test-data.ts";
import { answersFor, questionsFor } from "./what-if-view.ts";

const nothing: LearnedView = { phases: null, min_mA: null, max_mA: null, neverPause: false, over_permille: 0 };
const settings: BalancingSettings = {
  site: { rule: "need", hold_ms: 3_600_000 },
  circuits: ["main", "b"].map((circuitId) => ({
    circuitId,
    name: circuitId,
    parentId: circuitId === "main" ? null : "main",
    sharing: null,
    protection: "mcb-60898" as const,
    system: "star" as const,
    unbalance_mA: null,
  })),
};
const circuits = [circuitLive("main"), circuitLive("b", { parentId: "main" })];
const because = [{ kind: "circuit_phase", ref: "b", phase: "L2", before_mA: 16_000, after_mA: 7_000 }] as const;
const limited = stationLive("P07", { circuitId: "b", because: [...because] });

test("the circuit that decides is asked with a larger fuse and without its margin, and every other rule is asked", () => {
  const questions = questionsFor(limited, circuits, settings, nothing);
  expect(questions.slice(0, 3)).toEqual([
    { kind: "fuse", circuitId: "b", more_mA: 10_000 },
    { kind: "no-margin", circuitId: "b" },
    { kind: "first", stationId: "P07" },
  ]);
  const rules = questions.flatMap((one) => (one.kind === "rule" ? [one.sharing?.rule] : []));
  expect(rules).toEqual(["equal", "equal-energy", "priority", "first-come", "need-by-time"]);
  expect(questionsFor(stationLive("P07"), circuits, settings, nothing)[0]?.kind).toBe("first");
});

test("another rotation is asked only where the car would notice it", () => {
  const asked = (patch: Parameters<typeof stationLive>[1], learned = nothing): readonly string[] =>
    questionsFor(stationLive("P07", patch), circuits, settings, learned).flatMap((one) =>
      one.kind === "rotation" ? [one.rotation] : [],
    );
  expect(asked({ phases: ["L2"] })).toEqual(["L1", "L3"]);
  expect(asked({})).toEqual([]);
  expect(asked({ phases: ["L2", "L3", "L1"] }, { ...nothing, phases: ["L2"] })).toEqual(["L3L1L2", "L1L2L3"]);
  expect(asked({ phases: ["L1", "L2"] }, { ...nothing, phases: ["L1"] })).toEqual([]);
});

test("the rule is asked where it is set: at the nearest circuit with one of its own", () => {
  const own = {
    ...settings,
    circuits: settings.circuits.map((one) =>
      one.circuitId === "main" ? { ...one, sharing: { rule: "equal" as const, hold_ms: 900_000 } } : one,
    ),
  };
  const rule = questionsFor(limited, circuits, own, nothing).find(({ kind }) => kind === "rule");
  expect(rule).toEqual({ kind: "rule", circuitId: "main", sharing: { rule: "need", hold_ms: 900_000 } });
});

test("only what makes a difference is shown, the best first, with how many lose by it", () => {
  const car = (stationId: string, before_mA: number, after_mA: number) => ({
    stationId,
    before_mA,
    after_mA,
    placeBefore: null,
    placeAfter: null,
  });
  const questions = questionsFor(limited, circuits, settings, nothing).slice(0, 3);
  const answers = answersFor("P07", questions, [
    [car("P07", 7_000, 9_000), car("P08", 7_000, 9_000)],
    [car("P07", 7_000, 7_100)],
    [car("P07", 7_000, 16_000), car("P08", 7_000, 0), car("P09", 6_000, 5_900)],
  ]);
  expect(answers.map(({ question, change_mA, losers }) => [question.kind, change_mA, losers])).toEqual([
    ["first", 9_000, 1],
    ["fuse", 2_000, 0],
  ]);
  expect(answersFor("P99", questions, [[car("P07", 0, 1_000)]])).toEqual([]);
});
