import { expect, test } from "vitest";
import { epochMs, milliamp, millisecond, wattHour } from "../units/index.ts";
import type { Phase } from "../units/index.ts";
import { allocate } from "./allocate.ts";
import { BETWEEN_MS, SWITCHES_MAX, worthSwitching as worth } from "./phase-switch.ts";
import type { Switchable } from "./phase-switch.ts";
import type { AllocationEvse, AllocationRequest } from "./types.ts";

const NOW_MS = epochMs(1_760_000_000_000);
const ALL: readonly Phase[] = ["L1", "L2", "L3"];

const car = (id: string, phases: readonly Phase[]): AllocationEvse => ({
  id,
  circuit: "main",
  phases,
  min_mA: milliamp(6000),
  max_mA: milliamp(16_000),
  step_mA: milliamp(1000),
  weight: 1,
  plugged_at_ms: epochMs(NOW_MS - (id === "first" ? 2 : 1) * 60_000),
  charging_since_ms: id === "first" ? epochMs(NOW_MS - 60_000) : null,
  attained_Wh: wattHour(0),
  needed_Wh: null,
  departure_ms: null,
});

const worthSwitching = (request: AllocationRequest, boxes: readonly Switchable[]): ReturnType<typeof worth> =>
  worth(request, allocate(request), boxes);

/** L1 has room for two cars, L2 and L3 for one. */
const site = (evses: readonly AllocationEvse[], l2_A: number): AllocationRequest => ({
  now_ms: NOW_MS,
  policy: { share: "equal", per: "current", hold_ms: millisecond(3_600_000) },
  circuits: [
    {
      id: "main",
      parent: null,
      limit_mA: [milliamp(20_000), milliamp(l2_A * 1000), milliamp(l2_A * 1000)],
      otherLoad_mA: [milliamp(0), milliamp(0), milliamp(0)],
    },
  ],
  evses,
});

const box = (evse: string, more: Partial<Switchable> = {}): Switchable => ({
  evse,
  one: ["L1"],
  three: ALL,
  now: 3,
  switched_at_ms: null,
  switches: 0,
  ...more,
});

test("a car that waits because two phases are full is worth switching to one", () => {
  const request = site([car("first", ALL), car("second", ALL)], 10);
  expect(worthSwitching(request, [box("second")])).toEqual({ evse: "second", phases: 1 });
});

test("where everybody charges already, nobody is interrupted", () => {
  expect(worthSwitching(site([car("first", ALL), car("second", ALL)], 20), [box("second")])).toBeNull();
});

test("for a car that takes nothing anyway nobody is switched", () => {
  const request = site([car("first", ALL), { ...car("second", ALL), finished: true }], 10);
  expect(worthSwitching(request, [box("first"), box("second")])).toBeNull();
});

test("back to three phases as soon as all go on charging with it, and not before", () => {
  const single = [car("first", ALL), car("second", ["L1"])];
  expect(worthSwitching(site(single, 20), [box("second", { now: 1 })])).toEqual({ evse: "second", phases: 3 });
  expect(worthSwitching(site(single, 10), [box("second", { now: 1 })])).toBeNull();
});

test("not again within ten minutes, nor more than four times in a session", () => {
  const request = site([car("first", ALL), car("second", ALL)], 10);
  const lately = box("second", { switched_at_ms: epochMs(NOW_MS - BETWEEN_MS + 1) });
  expect(worthSwitching(request, [lately])).toBeNull();
  expect(worthSwitching(request, [box("second", { switches: SWITCHES_MAX })])).toBeNull();
  const longAgo = box("second", { switched_at_ms: epochMs(NOW_MS - BETWEEN_MS) });
  expect(worthSwitching(request, [longAgo])).toEqual({ evse: "second", phases: 1 });
});
