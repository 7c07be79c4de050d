import { expect, test } from "vitest";
import { epochMs, milliamp, millisecond, wattHour } from "../units/index.ts";
import type { AllocationRequest, CircuitUse } from "./types.ts";
import { isSkewed, noUsage, observeDemand, observeUsage } from "./usage.ts";
import type { SiteUsage } from "./usage.ts";

const HOUR_MS = 3_600_000;
const use = (l1: number, l2: number, l3: number): CircuitUse => ({
  id: "main",
  limit_mA: [milliamp(100_000), milliamp(100_000), milliamp(100_000)],
  granted_mA: [milliamp(l1 * 1000), milliamp(l2 * 1000), milliamp(l3 * 1000)],
  free_mA: [milliamp((100 - l1) * 1000), milliamp((100 - l2) * 1000), milliamp((100 - l3) * 1000)],
});
const hours = (state: SiteUsage, count: number, what: CircuitUse): SiteUsage =>
  Array.from({ length: count }).reduce<SiteUsage>((now) => observeUsage(now, what, HOUR_MS), state);

test("a phase that is full most of the time while another idles makes a site skewed, after a day of seeing it", () => {
  expect(isSkewed(hours(noUsage, 20, use(100, 40, 40)))).toBe(false);
  expect(isSkewed(hours(noUsage, 30, use(100, 40, 40)))).toBe(true);
});

test("idle phases at times when none is full make no skew", () => {
  const day = hours(hours(noUsage, 40, use(100, 95, 90)), 38, use(50, 10, 10));
  expect(isSkewed(day)).toBe(false);
});

test("nights without cars say nothing", () => {
  const seen = hours(noUsage, 30, use(100, 40, 40));
  expect(hours(seen, 200, use(0, 0, 0))).toEqual(seen);
});

const car = (id: string, finished = false): AllocationRequest["evses"][number] => ({
  id,
  circuit: "main",
  phases: ["L1"],
  min_mA: milliamp(6000),
  max_mA: milliamp(32_000),
  step_mA: milliamp(1000),
  weight: 1,
  plugged_at_ms: epochMs(0),
  charging_since_ms: null,
  attained_Wh: wattHour(0),
  needed_Wh: null,
  departure_ms: null,
  finished,
});

test("demand is the highest multiple of what the site has, and fades by half in four weeks", () => {
  const request: AllocationRequest = {
    now_ms: epochMs(0),
    policy: { share: "need", per: "current", hold_ms: millisecond(0) },
    circuits: [{ ...use(0, 0, 0), parent: null, otherLoad_mA: [milliamp(20_000), milliamp(0), milliamp(0)] }],
    evses: Array.from({ length: 10 }, (_, index) => car(String(index))),
  };
  const busy = observeDemand(noUsage, request, HOUR_MS);
  expect(busy.overload).toBe(4);
  const one = { ...request, evses: request.evses.slice(0, 1) };
  expect(observeDemand(busy, one, 28 * 24 * HOUR_MS).overload).toBe(2);
});

test("a phase that has nothing for cars is not one that cars have filled", () => {
  const onePhase: CircuitUse = {
    id: "main",
    limit_mA: [milliamp(63_000), milliamp(1_000), milliamp(1_000)],
    granted_mA: [milliamp(20_000), milliamp(0), milliamp(0)],
    free_mA: [milliamp(40_000), milliamp(0), milliamp(0)],
  };
  expect(isSkewed(hours(noUsage, 30, onePhase))).toBe(false);
});

test("a car that takes nothing of what it is offered is no demand", () => {
  const request = (evses: AllocationRequest["evses"]): AllocationRequest => ({
    now_ms: epochMs(0),
    policy: { share: "need", per: "current", hold_ms: millisecond(0) },
    circuits: [{ ...use(0, 0, 0), parent: null, otherLoad_mA: [milliamp(0), milliamp(0), milliamp(0)] }],
    evses,
  });
  const alone = observeDemand(noUsage, request([car("P01")]), 1_000).overload;
  expect(alone).toBeGreaterThan(0);
  expect(observeDemand(noUsage, request([car("P01"), car("P02", true)]), 1_000).overload).toBe(alone);
  expect(observeDemand(noUsage, request([car("P02", true)]), 1_000).overload).toBeNull();
});

test("a building that takes nearly everything for a second makes no site that is short for weeks", () => {
  const request: AllocationRequest = {
    now_ms: epochMs(0),
    policy: { share: "need", per: "current", hold_ms: millisecond(0) },
    circuits: [{ ...use(0, 0, 0), parent: null, otherLoad_mA: [milliamp(99_000), milliamp(0), milliamp(0)] }],
    evses: [car("P01")],
  };
  expect(observeDemand(noUsage, request, 1_000).overload).toBeLessThan(6);
});
