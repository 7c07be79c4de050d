import { describe, expect, test } from "vitest";
import { epochMs, watt, wattHour } from "../units/index.ts";
import { followQuarter, quarterCap, type QuarterState } from "./quarter-budget.ts";

const QUARTER = epochMs(Date.UTC(2026, 10, 23, 8, 0, 0));
const seconds = (count: number) => epochMs(QUARTER + count * 1000);

/** Readings of (second, Wh) since the quarter began at 10 000 Wh. */
const followed = (...readings: readonly (readonly [number, number])[]): QuarterState => {
  let state = followQuarter(null, { at_ms: QUARTER, register_Wh: wattHour(10_000) });
  for (const [second, used] of readings)
    state = followQuarter(state, { at_ms: seconds(second), register_Wh: wattHour(10_000 + used) });
  return state;
};

const capAt = (
  state: QuarterState,
  second: number,
  over: { target?: number; limit?: number; committed?: number } = {},
) =>
  quarterCap(state, {
    now_ms: seconds(second),
    target_W: watt(over.target ?? 40_000),
    limit_W: watt(over.limit ?? 100_000),
    committed_W: watt(over.committed ?? 0),
  }).cap_W;

describe("(target × 900 s - energy so far) / time left", () => {
  test.each([
    ["nothing used after five minutes: the rest may have half as much again", 300, 0, 60_000],
    ["used exactly as planned: the target", 300, 3_333, 40_002],
    ["used too much: less for the rest", 450, 7_500, 20_000],
    ["used all of it: nothing more", 600, 10_000, 0],
    ["used more than all of it: nothing, not less", 600, 12_000, 0],
    ["a second before the end the connection's limit holds", 899, 0, 100_000],
  ])("%s", (_, second, used, cap_W) => {
    expect(capAt(followed([30, 0], [second, used]), second)).toBe(cap_W);
  });

  test("never below what is committed, never above the connection's limit", () => {
    const spent = followed([600, 12_000]);
    expect(capAt(spent, 600, { committed: 4_140 })).toBe(4_140);
    expect(capAt(spent, 600, { committed: 8_000, limit: 6_000 })).toBe(6_000);
  });

  test("a quarter hour that keeps to its caps ends at its target to the watt-hour", () => {
    let state = followed();
    let used_Wms = 0;
    for (let second = 1; second <= 900; second += 1) {
      // The first half somebody else takes 70 kW, then the site takes what it may.
      const power_W = second <= 400 ? 70_000 : capAt(state, second - 1);
      used_Wms += power_W * 1000;
      if (second < 900)
        state = followQuarter(state, {
          at_ms: seconds(second),
          register_Wh: wattHour(10_000 + Math.floor(used_Wms / 3_600_000)),
        });
    }
    expect(Math.round(used_Wms / 3_600_000)).toBe(10_000);
  });
});

describe("the turn of the quarter", () => {
  test("divides what flowed over it by time", () => {
    const state = followed([896, 9_000], [906, 9_100]);
    expect(state.quarter_ms).toBe(QUARTER + 900_000);
    // Four of the ten seconds lie before the turn.
    expect(state.start_Wh).toBe(19_040);
    expect(capAt(state, 906)).toBe(Math.floor((10_000 - 60) / (894 / 3600)));
  });

  test("after a gap nobody knows what belongs to it: the target itself holds until the next one", () => {
    const state = followed([800, 9_000], [1_000, 11_000]);
    expect(state.start_Wh).toBeNull();
    expect(capAt(state, 1_000)).toBe(40_000);
    const next = [1_795, 1_805].reduce(
      (before, second) => followQuarter(before, { at_ms: seconds(second), register_Wh: wattHour(22_000) }),
      state,
    );
    expect(next.start_Wh).toBe(22_000);
  });

  test("a first reading in the middle of a quarter does not know its start", () => {
    const state = followQuarter(null, { at_ms: seconds(60), register_Wh: wattHour(500) });
    expect(state.start_Wh).toBeNull();
    expect(capAt(state, 60)).toBe(40_000);
  });

  test("a register that falls, or a clock that is set back, leaves the start unknown", () => {
    expect(followed([100, 500], [101, -9_000]).start_Wh).toBeNull();
    expect(followed([100, 500], [50, 600]).start_Wh).toBeNull();
  });

  test("a meter that tells its own quarter moves ours to it", () => {
    const meterQuarter_ms = seconds(-20);
    const first = followQuarter(null, { at_ms: meterQuarter_ms, register_Wh: wattHour(0), meterQuarter_ms });
    expect(first).toMatchObject({ quarter_ms: meterQuarter_ms, offset_ms: -20_000, start_Wh: 0 });
    const { left_ms } = quarterCap(first, {
      now_ms: seconds(80),
      target_W: watt(1),
      limit_W: watt(1),
      committed_W: watt(0),
    });
    expect(left_ms).toBe(800_000);
    const turned = [870, 885].reduce(
      (before, second) => followQuarter(before, { at_ms: seconds(second), register_Wh: wattHour(second) }),
      first,
    );
    expect(turned.quarter_ms).toBe(seconds(880));
  });

  test("when the meter moves the quarter to before the last reading, its start is not known", () => {
    const before = followed([899, 100], [901, 110]);
    const moved = followQuarter(before, {
      at_ms: seconds(902),
      register_Wh: wattHour(10_120),
      meterQuarter_ms: seconds(890),
    });
    expect(moved.start_Wh).toBeNull();
  });
});
