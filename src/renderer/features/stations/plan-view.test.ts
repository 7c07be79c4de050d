import { expect, test } from "vitest";
import type { PlannedCar } from "../../../contract/index.ts";
import { planWords } from "./plan-view.ts";

const at_ms = Date.UTC(2026, 5, 10, 0, 0);
const car = (waits: Partial<NonNullable<PlannedCar["waits"]>>): PlannedCar => ({
  stationId: "P01",
  unmet_Wh: 0,
  waits: {
    kind: "price",
    until_ms: at_ms,
    price_micro_per_kWh: 320_000,
    later_micro_per_kWh: 200_000,
    paused: true,
    ...waits,
  },
});

test("a car that waits for a cheaper hour is told when it charges and what a kWh saves", () => {
  expect(planWords(car({}))).toEqual({ kind: "cheaper", from_ms: at_ms, saves: "0.12" });
});

test("without a saving, or for another reason than a price, only the time is told", () => {
  expect(planWords(car({ later_micro_per_kWh: 320_000 }))).toEqual({ kind: "later", from_ms: at_ms });
  const peak = { kind: "schedule", price_micro_per_kWh: null, later_micro_per_kWh: null } as const;
  expect(planWords(car(peak))).toEqual({ kind: "later", from_ms: at_ms });
});

test("a car that charges slowly by plan is told when it gets more", () => {
  expect(planWords(car({ paused: false }))).toEqual({ kind: "more", from_ms: at_ms });
});

test("a car that does not wait, or of which the plan does not reach so far, has no line", () => {
  expect(planWords({ stationId: "P01", unmet_Wh: 0, waits: null })).toBeNull();
  expect(planWords(car({ until_ms: null }))).toBeNull();
});
