import { expect, test } from "vitest";
import { epochMs, watt, wattHour } from "../units/index.ts";
import { worstImpossible } from "./registers.ts";

const NOON = 1_790_000_000_000;
const row = (...points: readonly (readonly [minute: number, register_Wh: number])[]) =>
  points.map(([minute, register_Wh]) => ({
    at_ms: epochMs(NOON + minute * 60_000),
    register_Wh: wattHour(register_Wh),
  }));

test("a register that counts in steps of 100 Wh shows a whole one at once; two at once are impossible", () => {
  const steps = (last: number) => row([0, 10_000], [4, 10_200], [9.9, 10_500], [10, last]);
  expect(worstImpossible(steps(10_600), watt(3_700))).toBeNull();
  expect(worstImpossible(steps(10_700), watt(3_700))).toMatchObject({ energy_Wh: 200 });
});

test("a register that counts every watt-hour may hide 50 of them in one late value", () => {
  const late = (last: number) => row([0, 10_001], [4, 10_203], [9.9, 10_507], [10, last]);
  expect(worstImpossible(late(10_560), watt(3_700))).toBeNull();
  expect(worstImpossible(late(10_607), watt(3_700))).toMatchObject({ energy_Wh: 100 });
});
