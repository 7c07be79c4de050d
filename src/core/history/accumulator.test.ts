import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochMs, wattHour, type WattHour } from "../units/index.ts";
import {
  accumulate,
  currentSlot,
  type HistorySample,
  type HistoryState,
  resumeHistory,
  type StationSample,
} from "./accumulator.ts";
import { type QuarterHour, SLOT_ms } from "./quarter-hour.ts";

const START = epochMs(Temporal.Instant.from("2026-11-22T12:00Z").epochMilliseconds);
const fresh = (at_ms: number = START): HistoryState => resumeHistory(epochMs(at_ms), [], new Map());

const station = (over: Partial<StationSample> = {}): StationSample => ({
  stationId: "P01",
  register_Wh: null,
  power_W: null,
  plugged: true,
  charging: true,
  limited: false,
  ...over,
});
const sample = (second: number, over: Partial<StationSample> = {}, site_W: number | null = 0): HistorySample => ({
  at_ms: epochMs(START + second * 1000),
  site_W,
  stations: [station(over)],
});

/** All rows that a run writes: those of each slot when it is over and those of the last one so far. */
function rowsOf(
  samples: readonly HistorySample[],
  begin: HistoryState = fresh(),
): { rows: QuarterHour[]; state: HistoryState } {
  let state = begin;
  const rows: QuarterHour[] = [];
  for (const each of samples) {
    const step = accumulate(state, each);
    state = step.state;
    rows.push(...step.closed);
  }
  return { rows: [...rows, ...currentSlot(state)], state };
}

const energyOf = (rows: readonly QuarterHour[], stationId: string): number =>
  rows.filter((row) => row.stationId === stationId).reduce((sum, row) => sum + (row.ev_Wh ?? 0), 0);
const register = (value: number | null): WattHour | null => (value === null ? null : wattHour(value));

describe("energy", () => {
  test("a register that jumps further than energy can flow starts anew, and so does one that was 0 for a while", () => {
    const shown = [1_000_000, 1_000_010, 1_400_010, 1_400_020, 0, 1_400_030, 1_400_040];
    const samples = shown.map((register_Wh, second) =>
      sample(second, { register_Wh: wattHour(register_Wh), grown_Wh_max: 1_100 }),
    );
    expect(energyOf(rowsOf(samples).rows, "P01")).toBe(30);
    const site = shown.map((register_Wh, second) => ({
      ...sample(second),
      siteRegister_Wh: wattHour(register_Wh),
      siteGrown_Wh_max: 1_100,
    }));
    expect(rowsOf(site).rows.find((row) => row.stationId === "")?.site_Wh).toBe(30);
  });

  test("quarter hours of a session add up to the difference of its registers", () => {
    const seconds = Array.from({ length: 3600 }, (_, index) =>
      sample(index, { register_Wh: wattHour(500_000 + index * 3) }),
    );
    const { rows } = rowsOf(seconds);
    expect(energyOf(rows, "P01")).toBe(3599 * 3);
    expect(energyOf(rows, "")).toBe(3599 * 3);
    expect(rows.filter((row) => row.stationId === "P01").map((row) => row.ev_Wh)).toEqual([2700, 2700, 2700, 2697]);
  });

  test("what flowed while nobody could read the register is booked where it is read again", () => {
    const { rows } = rowsOf([
      sample(0, { register_Wh: wattHour(1000) }),
      sample(1, { register_Wh: null, plugged: null }),
      sample(2000, { register_Wh: wattHour(9000) }),
    ]);
    const own = rows.filter((row) => row.stationId === "P01");
    expect(own.map((row) => [row.slot_ms - START, row.ev_Wh])).toEqual([
      [0, 0],
      [2 * SLOT_ms, 8000],
    ]);
  });

  test("a register that falls starts anew and never counts backwards", () => {
    const { rows } = rowsOf(
      [1000, 1500, 0, 200, 50].map((value, index) => sample(index, { register_Wh: wattHour(value) })),
    );
    expect(energyOf(rows, "P01")).toBe(500 + 200);
  });

  test("a station whose register was never read has no energy, which is not zero", () => {
    const { rows } = rowsOf([sample(0, { power_W: 100 }), sample(1, { power_W: 100 })]);
    expect(rows.map((row) => row.ev_Wh)).toEqual([null, null]);
  });

  test("whatever is read and missed, the slots add up to the growth of the register", () => {
    const steps = fc.array(
      fc.record({ after_s: fc.integer({ min: 0, max: 4000 }), grown_Wh: fc.nat(20_000), read: fc.boolean() }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, fc.nat(59), (plan, restartAt) => {
        let [second, value] = [0, 10_000];
        const read: number[] = [];
        let state = fresh();
        const stored = new Map<string, QuarterHour>();
        const keep = (rows: readonly QuarterHour[]): void => {
          for (const row of rows) stored.set(`${String(row.slot_ms)} ${row.stationId}`, row);
        };
        for (const [index, step] of plan.entries()) {
          second += step.after_s;
          value += step.grown_Wh;
          if (step.read) read.push(value);
          const next = accumulate(state, sample(second, { register_Wh: register(step.read ? value : null) }));
          keep(next.closed);
          keep(currentSlot(next.state));
          state = next.state;
          if (index === restartAt) {
            const known = new Map<string, WattHour>();
            for (const row of stored.values()) {
              const { register_Wh = null } = row;
              if (register_Wh !== null) known.set(row.stationId, register_Wh);
            }
            state = resumeHistory(epochMs(START + second * 1000), [...stored.values()], known);
          }
        }
        expect(energyOf([...stored.values()], "P01")).toBe((read.at(-1) ?? 0) - (read[0] ?? 0));
        expect(energyOf([...stored.values()], "")).toBe((read.at(-1) ?? 0) - (read[0] ?? 0));
      }),
    );
  });
});

describe("power and time", () => {
  test("the mean is weighted by how long each value held, and the highest is kept", () => {
    const { rows } = rowsOf([sample(0, {}, 9999), sample(10, {}, 1000), sample(15, {}, 4000)]);
    const site = rows.find((row) => row.stationId === "");
    expect(site).toMatchObject({ avg_W: 2000, max_W: 4000, seen_ms: 15_000 });
    expect(site?.site_Wh).toBe(Math.floor((10 * 1000 + 5 * 4000) / 3600));
  });

  test("a second that lies across the boundary is split between both slots", () => {
    const { rows } = rowsOf([sample(0), ...Array.from({ length: 91 }, (_, index) => sample(index * 10 + 5))]);
    expect(rows.filter((row) => row.stationId === "P01").map((row) => row.plugged_ms)).toEqual([SLOT_ms, 5000]);
  });

  test("nobody saw the time between two samples that lie far apart", () => {
    const { rows } = rowsOf([
      sample(0, { power_W: 5000 }),
      sample(300, { power_W: 5000 }),
      sample(301, { power_W: 5000 }),
    ]);
    expect(rows.find((row) => row.stationId === "P01")).toMatchObject({ seen_ms: 1000, plugged_ms: 1000, avg_W: 5000 });
  });

  test("a silent station is not seen, and neither free nor plugged in", () => {
    const { rows } = rowsOf([sample(0, { plugged: null }), sample(1, { plugged: null })]);
    expect(rows.map((row) => row.stationId)).toEqual([""]);
  });

  test("of the site, plugged time is that of all its bays together", () => {
    const two = (second: number): HistorySample => ({
      ...sample(second),
      stations: [station(), station({ stationId: "P02", limited: true })],
    });
    const { rows } = rowsOf([two(0), two(10)]);
    expect(rows.find((row) => row.stationId === "")).toMatchObject({
      seen_ms: 10_000,
      plugged_ms: 20_000,
      limited_ms: 10_000,
    });
  });

  test("integrated import carries fractions of a watt-hour into the next slot", () => {
    const samples = Array.from({ length: 361 }, (_, index) => sample(index * 10, {}, 7));
    const { rows } = rowsOf(samples);
    const sites = rows.filter((row) => row.stationId === "").map((row): number => row.site_Wh ?? 0);
    expect(sites.reduce((sum, value) => sum + value, 0)).toBe(7);
  });

  test("export at the main meter is no negative import", () => {
    const { rows } = rowsOf([sample(0, {}, -5000), sample(10, {}, -5000)]);
    expect(rows[0]).toMatchObject({ site_Wh: 0, avg_W: -5000, max_W: -5000 });
  });

  test("a main meter with a register is read instead of integrated", () => {
    const at = (second: number, value: number): HistorySample => ({
      ...sample(second, {}, 1_000_000),
      siteRegister_Wh: wattHour(value),
    });
    const { rows } = rowsOf([at(0, 100), at(10, 130)]);
    expect(rows[0]).toMatchObject({ site_Wh: 30, register_Wh: 130 });
  });

  test("a clock that is set back counts as standing still and rewrites no older slot", () => {
    const { rows } = rowsOf([sample(1000), sample(1005), sample(10), sample(1006)], fresh(START + 1_000_000));
    expect(new Set(rows.map((row) => row.slot_ms))).toEqual(new Set([START + SLOT_ms]));
    expect(rows.find((row) => row.stationId === "")?.seen_ms).toBe(6000);
  });

  test("seen, plugged and charging time never exceed the slot", () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 200 });
    fc.assert(
      fc.property(gaps, (plan) => {
        let at: number = START;
        const { rows } = rowsOf(plan.map((gap) => ({ ...sample(0), at_ms: epochMs((at += gap)) })));
        for (const row of rows) {
          expect(row.seen_ms).toBeLessThanOrEqual(SLOT_ms);
          expect(row.plugged_ms).toBe(row.seen_ms);
        }
      }),
    );
  });
});

test("a restart goes on in the slot it was killed in", () => {
  const seconds = (from: number, to: number): HistorySample[] =>
    Array.from({ length: to - from }, (_, index) =>
      sample(from + index, { register_Wh: wattHour((from + index) * 2), power_W: 7200 }, 7200),
    );
  const before = rowsOf(seconds(0, 301));
  const registers = new Map([["P01", wattHour(600)]]);
  const after = rowsOf(seconds(310, 601), resumeHistory(epochMs(START + 310_000), before.rows, registers));
  const own = after.rows.find((row) => row.stationId === "P01");
  expect(own).toMatchObject({ ev_Wh: 1200, avg_W: 7200, seen_ms: 300_000 + 290_000 });
});
