import { describe, expect, test } from "vitest";
import { epochMs, milliamp } from "../units/index.ts";
import { conventionalPoint_s, fullBudget, observeBudget, usedLastHour_s } from "./budget.ts";
import type { BudgetAction, BudgetAlarm, BudgetState, ProtectiveDevice } from "./budget.ts";

const LIMIT = milliamp(100_000);
const START_MS = 1_760_000_000_000;

/** One sample a second of these loads in per cent on L2; what was to do each second, and what was told when. */
function run(device: ProtectiveDevice, loads: readonly number[], from: BudgetState = fullBudget, from_s = 0) {
  let state = from;
  const actions: BudgetAction[] = [];
  const told: [number, BudgetAlarm][] = [];
  loads.forEach((percent, s) => {
    const next = observeBudget(state, device, {
      at_ms: epochMs(START_MS + (from_s + s) * 1000),
      current_mA: [0, percent * 1000, 0],
      limit_mA: [LIMIT, LIMIT, LIMIT],
    });
    state = next.state;
    actions.push(state.action);
    for (const alarm of next.alarms) told.push([s, alarm]);
  });
  return { state, actions, told };
}
const steady = (percent: number, seconds: number): number[] => Array.from({ length: seconds }, () => percent);

describe("what the device carries for long", () => {
  test("is shed quietly, and told after a minute", () => {
    const { actions, told } = run("mcb-60898", steady(112, 61));
    expect(new Set(actions)).toEqual(new Set(["shed"]));
    expect(told).toEqual([[60, "lasting-overload"]]);
  });

  test("is less for a German main switch than for a breaker, and most for a fuse", () => {
    const after10_s = (device: ProtectiveDevice) => run(device, steady(110, 10)).actions.at(-1);
    expect(after10_s("mcb-60898")).toBe("shed");
    expect(after10_s("gg")).toBe("shed");
    expect(after10_s("sls")).toBe("hard");
    expect(after10_s("mcb-60947")).toBe("hard");
  });
});

describe("above what it carries for long", () => {
  test("more is shed after 8 s, and everybody is paused after 12 s", () => {
    const { actions, told } = run("mcb-60898", steady(130, 14));
    expect(actions.slice(0, 8)).toEqual(steady(0, 8).map(() => "shed"));
    expect(actions.slice(8, 12)).toEqual(steady(0, 4).map(() => "hard"));
    expect(actions.slice(12)).toEqual(["pause-all", "pause-all"]);
    expect(told).toEqual([[12, "pause-all"]]);
  });

  test("a moment below begins the time anew", () => {
    expect(run("mcb-60898", [...steady(130, 7), 100, ...steady(130, 7)]).actions.at(-1)).toBe("shed");
  });
});

test("where the device opens, everybody is paused at once", () => {
  expect(run("sls", [121]).actions).toEqual(["pause-all"]);
  expect(run("mcb-60898", [146]).actions).toEqual(["pause-all"]);
  expect(run("gg", [146]).actions).toEqual(["shed"]);
});

describe("the thermal account", () => {
  test("is the integral of the square above the rating over the last hour, and a tenth of the conventional point is told", () => {
    expect(conventionalPoint_s("mcb-60898")).toBeCloseTo(3600 * (1.45 ** 2 - 1));
    const { state, told } = run("mcb-60898", steady(140, 101));
    expect(usedLastHour_s(state)).toBeCloseTo(100 * (1.4 ** 2 - 1));
    expect(told.filter(([, alarm]) => alarm === "thermal-budget")).toEqual([]);
    const share_s = (0.1 * conventionalPoint_s("mcb-60898")) / (1.4 ** 2 - 1);
    const long = run("mcb-60898", steady(140, 600));
    expect(long.told.find(([, alarm]) => alarm === "thermal-budget")?.[0]).toBe(Math.ceil(share_s));
  });

  test("is forgotten after an hour and never longer than 60 entries", () => {
    const used = run(
      "gg",
      Array.from({ length: 8_000 }, (_, s) => (s % 2 === 0 ? 110 : 90)),
    ).state;
    expect(used.minutes.length).toBeLessThanOrEqual(60);
    expect(usedLastHour_s(run("gg", [50], used, 8_000 + 3_660).state)).toBe(0);
  });

  test("counts no more than five seconds of a gap in the samples", () => {
    const { state } = run("gg", [120]);
    expect(usedLastHour_s(run("gg", [120], state, 600).state)).toBeCloseTo(5 * (1.2 ** 2 - 1));
  });
});

test("export counts like import: the device does not ask for the direction", () => {
  expect(run("sls", [-121]).actions).toEqual(["pause-all"]);
});

test("a circuit that may carry nothing is overloaded by anything", () => {
  const none = milliamp(0);
  const sample = { at_ms: epochMs(START_MS), current_mA: [1, 0, 0] as const, limit_mA: [none, none, none] as const };
  expect(observeBudget(fullBudget, "gg", sample).state.action).toBe("pause-all");
});
