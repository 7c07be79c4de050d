import fc from "fast-check";
import { expect, test } from "vitest";
import { epochMs, milliamp } from "../units/index.ts";
import type { EpochMs, Milliamp, Phase } from "../units/index.ts";
import { unknownEntry } from "./ledger.ts";
import type { BoxView, LedgerEntry } from "./ledger.ts";
import { shed } from "./shed.ts";
import type { Sheddable } from "./shed.ts";
import type { AllocationCircuit } from "./types.ts";

const t = (ms: number): EpochMs => epochMs(1_760_000_000_000 + ms);
const mA = (value: number): Milliamp => milliamp(value);
const main: AllocationCircuit = {
  id: "main",
  parent: null,
  limit_mA: [mA(63_000), mA(63_000), mA(63_000)],
  otherLoad_mA: [mA(0), mA(0), mA(0)],
};
type Wish = {
  readonly id: string;
  readonly at: number;
  readonly rank?: number;
  readonly raised_ms?: number;
  readonly phases?: readonly Phase[];
  readonly entry?: Partial<LedgerEntry>;
  readonly view?: Partial<BoxView>;
  readonly target?: number;
};
const one = ({
  id,
  at,
  rank = 0,
  raised_ms,
  phases = ["L1"],
  entry = {},
  view = {},
  target = at,
}: Wish): Sheddable => ({
  id,
  circuit: "main",
  phases,
  min_mA: mA(6000),
  step_mA: mA(1000),
  entry: {
    ...unknownEntry({ max_mA: mA(at) }),
    setpoint_mA: mA(at),
    acknowledged_at_ms: t(-90_000),
    raised_at_ms: raised_ms === undefined ? null : t(raised_ms),
    ...entry,
  },
  box: {
    online: true,
    unplugged: false,
    drawn_mA: null,
    drawn_at_ms: null,
    max_mA: mA(32_000),
    fallback_mA: mA(6000),
    ...view,
  },
  target_mA: mA(target),
  booked_mA: mA(target),
  commandable: true,
  rank,
});
const after = (over: readonly [number, number, number], all: readonly Sheddable[], pauseAll = false) =>
  shed([main], all, { now_ms: t(0), voltage_V: 230, over_mA: () => over, pauseAll: () => pauseAll }).map(
    ({ target_mA }) => target_mA,
  );

test("the newest raise is taken back first, straight to what is left for it", () => {
  const all = [one({ id: "a", at: 20_000 }), one({ id: "b", at: 12_000, raised_ms: -5_000 })];
  expect(after([4_500, 0, 0], all)).toEqual([20_000, 7_000]);
});

test("then those furthest above their minimum, then the last admitted is paused", () => {
  const all = [
    one({ id: "a", at: 20_000, rank: 0 }),
    one({ id: "b", at: 12_000, rank: 1 }),
    one({ id: "c", at: 8_000, rank: 2 }),
  ];
  expect(after([10_000, 0, 0], all)).toEqual([10_000, 12_000, 8_000]);
  expect(after([21_000, 0, 0], all)).toEqual(
    [6_000, 6_000, 6_000].map((floor, index) => (index === 2 ? 7_000 : floor)),
  );
  expect(after([23_000, 0, 0], all)).toEqual([6_000, 6_000, 0]);
});

test("what the targets and young decreases bring anyway is not asked of anybody else", () => {
  const lowered = one({ id: "a", at: 20_000, target: 12_000 });
  expect(after([8_000, 0, 0], [lowered, one({ id: "b", at: 16_000 })])).toEqual([12_000, 16_000]);
  const open = { upper_mA: mA(20_000), setpoint_mA: mA(12_000), unproven_since_ms: t(-2_000) };
  const underWay = one({ id: "a", at: 12_000, entry: open });
  expect(after([8_000, 0, 0], [underWay, one({ id: "b", at: 16_000 })])).toEqual([12_000, 16_000]);
  const late = one({ id: "a", at: 12_000, entry: { ...open, unproven_since_ms: t(-30_000) } });
  expect(after([8_000, 0, 0], [late, one({ id: "b", at: 16_000 })])).toEqual([12_000, 8_000]);
});

test("a car on another phase keeps its current", () => {
  const all = [one({ id: "a", at: 20_000, phases: ["L2"] }), one({ id: "b", at: 10_000 })];
  expect(after([3_000, 0, 0], all)).toEqual([20_000, 7_000]);
});

test("a car that draws less than it is told brings only what it draws", () => {
  const all = [one({ id: "a", at: 32_000, view: { drawn_mA: mA(10_000) } }), one({ id: "b", at: 12_000 })];
  expect(after([8_000, 0, 0], all)).toEqual([6_000, 8_000]);
});

test("when the protection is about to open everybody who listens is paused", () => {
  expect(after([1_000, 0, 0], [one({ id: "a", at: 20_000 }), one({ id: "b", at: 6_000 })], true)).toEqual([0, 0]);
});

test("without an overload nothing changes", () => {
  const all = [one({ id: "a", at: 20_000 })];
  expect(shed([main], all, { now_ms: t(0), voltage_V: 230, over_mA: () => null })).toBe(all);
});

test("targets only fall, stay 0 or between minimum and what they were, and bring what is needed while anybody has it", () => {
  const wish = fc.record({
    at: fc.integer({ min: 6, max: 32 }).map((amps) => amps * 1000),
    rank: fc.integer({ min: 0, max: 9 }),
    raised_ms: fc.integer({ min: -120_000, max: 0 }),
    phases: fc.constantFrom<readonly Phase[]>(["L1"], ["L2"], ["L1", "L2", "L3"]),
  });
  fc.assert(
    fc.property(fc.array(wish, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 80_000 }), (wishes, over) => {
      const all = wishes.map((each, index) => one({ id: String(index), ...each }));
      const to = after([over, 0, 0], all);
      let relief = 0;
      let possible = 0;
      all.forEach((each, index) => {
        const target = to[index] ?? -1;
        expect(target).toBeLessThanOrEqual(each.target_mA);
        expect(target === 0 || target >= each.min_mA).toBe(true);
        if (!each.phases.includes("L1")) return;
        relief += each.target_mA - target;
        possible += each.target_mA;
      });
      expect(relief).toBeGreaterThanOrEqual(Math.min(over, possible));
    }),
  );
});

test("whole milliamps also come of lines that add at 60 degrees, for a box that takes any current", () => {
  const delta: AllocationCircuit = { ...main, system: "delta" };
  const two = one({ id: "a", at: 20_000, phases: ["L1", "L2"], target: 19_000 });
  const three = one({ id: "b", at: 20_000, phases: ["L1", "L2", "L3"], target: 18_500 });
  const all = [two, three].map((each) => ({ ...each, step_mA: mA(0) }));
  const lowered = shed([delta], all, { now_ms: t(0), voltage_V: 230, over_mA: () => [5_000, 5_000, 5_000] });
  expect(lowered.every(({ target_mA }) => Number.isSafeInteger(target_mA))).toBe(true);
});

test("a box that draws far more than anything it was told brings nothing: others make room at once", () => {
  const all = (drawn_A: number): readonly Sheddable[] => [
    one({
      id: "a",
      at: 16_000,
      entry: { upper_mA: mA(16_000) },
      view: { drawn_mA: mA(drawn_A * 1000), drawn_at_ms: t(-1_000) },
    }),
    one({ id: "b", at: 12_000 }),
  ];
  expect(after([3_000, 0, 0], all(16))).toEqual([13_000, 12_000]);
  expect(after([3_000, 0, 0], all(17.5))).toEqual([13_000, 12_000]);
  expect(after([3_000, 0, 0], all(20))).toEqual([16_000, 9_000]);
  // A car that is known to take more than its pilot allows goes down with it all the same.
  const eager = all(18).map((each) => ({ ...each, box: { ...each.box, over_permille: 120 } }));
  expect(after([3_000, 0, 0], eager)).toEqual([13_000, 12_000]);
});

test("a car has six seconds to follow a decrease; what it has not brought by then is asked of others", () => {
  const lowered = (ago_ms: number): readonly Sheddable[] => [
    one({ id: "a", at: 12_000, entry: { upper_mA: mA(16_000), unproven_since_ms: t(-ago_ms) } }),
    one({ id: "b", at: 12_000 }),
  ];
  expect(after([3_000, 0, 0], lowered(5_900))).toEqual([12_000, 12_000]);
  expect(after([3_000, 0, 0], lowered(6_000))).toEqual([12_000, 9_000]);
});

test("a box that has just refused to go lower brings nothing, and others are asked at once", () => {
  const refused = { acknowledged_at_ms: null, failed: true, unproven_since_ms: t(-500) };
  const all = [
    one({ id: "a", at: 12_000, entry: refused, view: { drawn_mA: mA(16_000) } }),
    one({ id: "b", at: 12_000 }),
  ];
  expect(after([3_000, 0, 0], all)).toEqual([12_000, 9_000]);
});

test("those that have not proven their last decrease are asked again when nobody else is left", () => {
  const slow = one({ id: "a", at: 12_000, entry: { upper_mA: mA(16_000), unproven_since_ms: t(-7_000) } });
  expect(after([3_000, 0, 0], [slow])).toEqual([9_000]);
  expect(after([3_000, 0, 0], [slow, one({ id: "b", at: 12_000 })])).toEqual([12_000, 9_000]);
});

test("a car that was last looked at before the overload may use more phases now: it goes down, but is not paused", () => {
  const suspect = (drawn_ms: number): readonly Sheddable[] => [
    {
      ...one({ id: "a", at: 16_000, phases: ["L1"], view: { drawn_mA: mA(16_000), drawn_at_ms: t(drawn_ms) } }),
      wired: ["L1", "L2", "L3"],
    },
  ];
  const shedding = (over: readonly [number, number, number], drawn_ms: number): readonly number[] =>
    shed([main], suspect(drawn_ms), {
      now_ms: t(0),
      voltage_V: 230,
      over_mA: () => over,
      overSince_ms: () => t(-2_000),
    }).map(({ target_mA }) => target_mA);
  expect(shedding([0, 0, 4_000], -10_000)).toEqual([12_000]);
  expect(shedding([0, 0, 40_000], -10_000)).toEqual([6_000]);
  // Seen since then on one phase only: this overload is none of its doing.
  expect(shedding([0, 0, 4_000], -1_000)).toEqual([16_000]);
});
