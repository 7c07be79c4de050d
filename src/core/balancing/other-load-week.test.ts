import { expect, test } from "vitest";
import { epochMs } from "../units/index.ts";
import { noLoadWeek, observeWeek, weekHighest_mA } from "./other-load-week.ts";
import type { LoadWeek } from "./other-load-week.ts";

const see = (week: LoadWeek, day: number, l1: number, l2 = 0): LoadWeek =>
  observeWeek(week, epochMs(day * 86_400_000 + 3_600_000), [l1, l2, 0]);

test("the highest load of each phase is kept for seven days and then forgotten", () => {
  let week = see(see(noLoadWeek, 100, 40_000, 3_000), 100, 12_000, 9_000);
  expect(weekHighest_mA(week)).toEqual([40_000, 9_000, 0]);
  for (let day = 101; day <= 107; day += 1) week = see(week, day, 20_000);
  expect(weekHighest_mA(week)[0]).toBe(40_000);
  week = see(week, 108, 15_000);
  expect(weekHighest_mA(week)).toEqual([20_000, 0, 0]);
});

test("it keeps no more than eight days, and loses nothing when the clock is set back a day", () => {
  let week = noLoadWeek;
  for (let day = 0; day < 400; day += 1) week = see(week, day, day);
  expect(week.length).toBeLessThanOrEqual(8);
  expect(weekHighest_mA(see(week, 398, 1))[0]).toBe(399);
});
