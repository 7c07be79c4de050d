import { expect, test } from "vitest";
import { milliamp } from "../units/index.ts";
import { type AcceptedRisk, judgeArming } from "./arming.ts";
import type { CommissioningProblem } from "./commissioning.ts";

const problem = (more: Partial<CommissioningProblem> = {}): CommissioningProblem => ({
  circuitId: "garage",
  phase: "L2",
  sum_mA: milliamp(78_000),
  limit_mA: milliamp(63_000),
  otherLoad_mA: milliamp(0),
  stationIds: ["P01"],
  basis: "configured",
  ...more,
});
const risk: AcceptedRisk = {
  circuitId: "garage",
  phase: "L2",
  sum_mA: milliamp(78_000),
  limit_mA: milliamp(63_000),
};

test("a site is armed when everything fits and every box has shown that it falls back", () => {
  expect(judgeArming([], 0, null).state).toBe("armed");
});

test("a box that has shown nothing, or a meter that has seen too much, keeps it on trial and holds nobody back", () => {
  for (const arming of [judgeArming([], 1, null), judgeArming([problem({ basis: "seen" })], 0, null)]) {
    expect(arming.state).toBe("trial");
    expect(arming.heldBack.size).toBe(0);
  }
});

test("safe currents that do not fit block the circuits concerned, and no others", () => {
  const arming = judgeArming([problem(), problem({ circuitId: "main", basis: "seen" })], 0, null);
  expect(arming.state).toBe("blocked");
  expect([...arming.heldBack]).toEqual(["garage"]);
});

test("a person's word covers what it was given for, and less", () => {
  expect(judgeArming([problem()], 0, [risk]).state).toBe("overridden");
  expect(judgeArming([problem({ sum_mA: milliamp(70_000) })], 3, [risk])).toMatchObject({
    state: "overridden",
    overrideHolds: true,
  });
});

test.each([
  ["more current", problem({ sum_mA: milliamp(78_001) })],
  ["a smaller fuse", problem({ limit_mA: milliamp(62_999) })],
  ["another phase", problem({ phase: "L1" })],
  ["another circuit", problem({ circuitId: "main" })],
])("%s is not covered: the override lapses", (_, worse) => {
  const arming = judgeArming([problem(), worse], 0, [risk]);
  expect(arming).toMatchObject({ state: "blocked", overrideHolds: false });
});

test("an override that nothing stands against any more still holds", () => {
  expect(judgeArming([], 0, [risk])).toMatchObject({ state: "armed", overrideHolds: true });
});
