import { describe, expect, test } from "vitest";
import { epochMs, milliamp, millisecond, perPhase, watt, wattHour } from "../units/index.ts";
import { joinFarSlots } from "./blocks.ts";
import type { PlanInput } from "./plan-types.ts";
import { planSlots } from "./slots.ts";

const NOW = epochMs(Date.UTC(2026, 10, 23, 8, 5, 0));
const HOUR_ms = 3_600_000;
/** 8:05 to 20:15: whole quarter hours from here on may be joined, up to the next full hour. */
const FIRST_FAR = 49;

const input = (over: Partial<PlanInput> = {}): PlanInput => {
  const slots = planSlots(NOW, 96);
  return {
    now_ms: NOW,
    voltage_V: 230,
    slots,
    circuits: [],
    cars: [],
    otherNet_W: slots.map(() => watt(0)),
    import_micro_per_kWh: slots.map(() => 200_000),
    export_micro_per_kWh: 0,
    peak: null,
    quarter: null,
    usedInQuarter_Wh: wattHour(0),
    limits: [],
    finishEarly_ms: millisecond(0),
    ...over,
  };
};

const sizes = (known: PlanInput): readonly number[] => {
  const { input: joined, blockOf } = joinFarSlots(known);
  return joined.slots.map((_, block) => blockOf.filter((of) => of === block).length);
};

describe("slots that are planned together", () => {
  test("none in the next twelve hours, then the quarter hours of each hour; no time is lost or counted twice", () => {
    const known = input();
    const { input: joined, blockOf } = joinFarSlots(known);
    expect(sizes(known).slice(0, FIRST_FAR)).toEqual(Array(FIRST_FAR).fill(1));
    expect(sizes(known).slice(FIRST_FAR)).toEqual([3, ...Array<number>(11).fill(4)]);
    expect(blockOf).toHaveLength(96);
    joined.slots.slice(1).forEach((slot, index) => {
      expect(slot.start_ms).toBe(joined.slots[index]?.end_ms);
    });
    expect(joined.slots.at(-1)?.end_ms).toBe(known.slots.at(-1)?.end_ms);
  });

  test("never two prices", () => {
    const { input: joined, blockOf } = joinFarSlots(
      input({ import_micro_per_kWh: planSlots(NOW, 96).map((_, slot) => (slot < 62 ? 200_000 : 100_000)) }),
    );
    expect(blockOf[61]).not.toBe(blockOf[62]);
    expect(new Set(joined.import_micro_per_kWh)).toEqual(new Set([200_000, 100_000]));
  });

  test("never across the beginning or end of a limit known ahead", () => {
    const from_ms = epochMs(NOW + 14 * HOUR_ms + 25 * 60_000);
    const until_ms = epochMs(from_ms + HOUR_ms);
    const limit = { circuit: "main", from_ms, until_ms, limit_W: watt(1), kind: "grid_signal" as const, ref: "14a" };
    const { slots } = joinFarSlots(input({ limits: [limit] })).input;
    for (const at_ms of [from_ms, until_ms])
      expect(slots.some(({ start_ms, end_ms }) => start_ms < at_ms && at_ms < end_ms)).toBe(false);
  });

  test("have the highest load of theirs on a circuit, and the mean of what is taken from the grid", () => {
    const load = (slot: number): number => (slot === 55 ? 9_000 : 1_000);
    const slots = planSlots(NOW, 96);
    const circuit = {
      id: "main",
      parent: null,
      limit_mA: perPhase(() => milliamp(63_000)),
      limit_W: null,
      otherLoad_mA: slots.map((_, slot) => perPhase(() => milliamp(load(slot)))),
    };
    const known = input({ circuits: [circuit], otherNet_W: slots.map((_, slot) => watt(load(slot))) });
    const { input: joined, blockOf } = joinFarSlots(known);
    const block = blockOf[55] ?? -1;
    expect(joined.circuits[0]?.otherLoad_mA?.[block]).toEqual([9_000, 9_000, 9_000]);
    expect(joined.otherNet_W[block]).toBe(3_000);
  });
});
