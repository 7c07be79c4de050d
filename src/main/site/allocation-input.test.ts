import { expect, test } from "vitest";
import { epochMs, milliamp } from "../../core/units/index.ts";
import type { StationPort } from "../devices/ports.ts";
import { minimum_mA } from "./allocation-input.ts";
import { newSiteState } from "./state.ts";
import type { StationState } from "./state.ts";
import { twoBaysOn } from "./two-bays.example.ts";

/** A bay of so many amperes whose box can be told no less than `least_mA`; its car needs `car_mA`. */
function bay(of: { readonly max_A: number; readonly least_mA?: number; readonly car_mA?: number }): StationState {
  const site = newSiteState(twoBaysOn({ fuse_A: 32, max_A: of.max_A, fallback_A: 6 }), epochMs(0));
  const state = site.stations.get("P01");
  if (state === undefined) throw new Error("there are two bays");
  const no = { ok: false, code: "not-supported", retry: false, detail: "" } as const;
  const port: StationPort = {
    stationId: "P01",
    reportsTransactions: false,
    setLimit: () => Promise.resolve(no),
    start: () => Promise.resolve(no),
    stop: () => Promise.resolve(no),
    unlock: () => Promise.resolve(no),
    reset: () => Promise.resolve(no),
  };
  const { least_mA, car_mA } = of;
  state.port = least_mA === undefined ? port : { ...port, least_mA: () => milliamp(least_mA) };
  state.habits = { ...state.habits, min_mA: car_mA === undefined ? null : milliamp(car_mA) };
  return state;
}

test("the least of a car is that of its bay, of the steps of its box, or what it has shown to need", () => {
  expect(minimum_mA(bay({ max_A: 16 }))).toBe(6_000);
  expect(minimum_mA(bay({ max_A: 16, least_mA: 6_087 }))).toBe(6_087);
  expect(minimum_mA(bay({ max_A: 16, least_mA: 6_087, car_mA: 8_000 }))).toBe(8_000);
  expect(minimum_mA(bay({ max_A: 16, car_mA: 20_000 }))).toBe(16_000);
});

test("a bay whose most is less than its box can be told has no current booked that nobody could take", () => {
  // 6 A are told to such a box as 5.94 A, and that is a pause.
  expect(minimum_mA(bay({ max_A: 6, least_mA: 6_087 }))).toBe(6_087);
});
