import { describe, expect, test } from "vitest";
import { epochMs, milliamp, millisecond, wattHour } from "../units/index.ts";
import { policyOf } from "./policy.ts";
import type { AllocationEvse, AllocationRequest } from "./types.ts";
import { whatIf } from "./what-if.ts";

const NOW_MS = epochMs(1_760_000_000_000);

const car = (id: string, more: Partial<AllocationEvse> = {}): AllocationEvse => ({
  id,
  circuit: "main",
  phases: ["L1"],
  min_mA: milliamp(6_000),
  max_mA: milliamp(16_000),
  step_mA: milliamp(1_000),
  weight: 1,
  priorityClass: 1,
  plugged_at_ms: epochMs(NOW_MS - 60_000),
  charging_since_ms: null,
  attained_Wh: wattHour(0),
  needed_Wh: null,
  departure_ms: null,
  ...more,
});
const amps = (limit_A: number) =>
  [milliamp(limit_A * 1000), milliamp(limit_A * 1000), milliamp(limit_A * 1000)] as const;
const equal = policyOf({ rule: "equal", hold_ms: millisecond(3_600_000) });

const request = (limit_A: number, evses: readonly AllocationEvse[]): AllocationRequest => ({
  now_ms: NOW_MS,
  policy: equal,
  circuits: [{ id: "main", parent: null, limit_mA: amps(limit_A), otherLoad_mA: amps(0) }],
  evses,
});
const after = (...asked: Parameters<typeof whatIf>) =>
  Object.fromEntries(whatIf(...asked).map(({ evse, before_mA, after_mA }) => [evse, [before_mA, after_mA]]));

describe("with one thing otherwise", () => {
  test("10 A more for two cars that share 20 A are 5 A more for each", () => {
    expect(
      after(request(20, [car("P01"), car("P02")]), { kind: "limit", circuit: "main", limit_mA: amps(30) }),
    ).toEqual({
      P01: [10_000, 15_000],
      P02: [10_000, 15_000],
    });
  });

  test("a car that goes first has all it can take, and the other one what is left", () => {
    expect(after(request(24, [car("P01"), car("P02")]), { kind: "first", evse: "P02" })).toEqual({
      P01: [12_000, 8_000],
      P02: [12_000, 16_000],
    });
  });

  test("a car that goes first takes the place of one that charges, and that one waits", () => {
    const first = car("P01", { charging_since_ms: epochMs(NOW_MS - 60_000) });
    expect(whatIf(request(10, [first, car("P02")]), { kind: "first", evse: "P02" })).toEqual([
      { evse: "P01", before_mA: 10_000, after_mA: 0, placeBefore: null, placeAfter: 1 },
      { evse: "P02", before_mA: 0, after_mA: 10_000, placeBefore: 1, placeAfter: null },
    ]);
  });

  test("a car on another phase leaves its own to the others", () => {
    expect(after(request(16, [car("P01"), car("P02")]), { kind: "phases", evse: "P02", phases: ["L2"] })).toEqual({
      P01: [8_000, 16_000],
      P02: [8_000, 16_000],
    });
  });

  test("priorities are weights or classes, as the rule says", () => {
    const two = [car("P01"), car("P02", { priorityClass: 3, weight: 3 })];
    const byClass = policyOf({ rule: "priority", hold_ms: millisecond(3_600_000) });
    expect(after(request(24, two), { kind: "policy", circuit: null, policy: byClass })).toEqual({
      P01: [8_000, 8_000],
      P02: [16_000, 16_000],
    });
    const classes = { ...request(20, [car("P01"), car("P02", { priorityClass: 3 })]), policy: byClass };
    expect(after(classes, { kind: "policy", circuit: null, policy: equal })).toEqual({
      P01: [6_000, 6_000],
      P02: [14_000, 14_000],
    });
  });

  test("the rule of one circuit can be set and taken back", () => {
    const single = car("P01", { plugged_at_ms: epochMs(NOW_MS - 120_000) });
    const firstCome = policyOf({ rule: "first-come", hold_ms: millisecond(3_600_000) });
    const plain = request(22, [single, car("P02")]);
    expect(after(plain, { kind: "policy", circuit: "main", policy: firstCome })).toEqual({
      P01: [11_000, 16_000],
      P02: [11_000, 6_000],
    });
    const own = { ...plain, circuits: plain.circuits.map((circuit) => ({ ...circuit, policy: firstCome })) };
    expect(after(own, { kind: "policy", circuit: "main", policy: null })["P02"]).toEqual([6_000, 11_000]);
  });
});

test("a change of what is not there, or of a box that is reserved, changes nothing", () => {
  const silent = car("P02", { reserved: { current_mA: milliamp(6_000), kind: "fallback" } });
  const asked = request(20, [car("P01"), silent]);
  const nothing = { P01: [14_000, 14_000], P02: [6_000, 6_000] };
  expect(after(asked, { kind: "first", evse: "P02" })).toEqual(nothing);
  expect(after(asked, { kind: "first", evse: "P99" })).toEqual(nothing);
  expect(after(asked, { kind: "limit", circuit: "none", limit_mA: amps(99) })).toEqual(nothing);
  expect(after(asked, { kind: "policy", circuit: null, policy: null })).toEqual(nothing);
});
