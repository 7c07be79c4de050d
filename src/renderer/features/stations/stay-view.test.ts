import { expect, test } from "vitest";
import { departureOf, needOf } from "./stay-view.ts";

const HOUR_ms = 3_600_000;

test("hours count from now and energy is sent in watt-hours; what is left empty is not said", () => {
  expect(needOf({ hours: 2.5, needs_kWh: 12.5 }, 1_000)).toEqual({ departure_ms: 9_001_000, needed_Wh: 12_500 });
  expect(needOf({ hours: "", needs_kWh: 20 }, 0)).toEqual({ departure_ms: null, needed_Wh: 20_000 });
  expect(needOf({ hours: 1, needs_kWh: "" }, 0)).toEqual({ departure_ms: HOUR_ms, needed_Wh: null });
});

test("nothing, and nothing possible, is not sent", () => {
  for (const [hours, needs_kWh] of [
    ["", ""],
    [0, ""],
    [-1, 5],
    [400, ""],
    ["soon", 5],
    ["", -1],
    [1, 1_001],
    ["", "much"],
  ] as const)
    expect(needOf({ hours, needs_kWh }, 0)).toBeNull();
  expect(departureOf("", 0)).toBeNull();
});
