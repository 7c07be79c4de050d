import { expect, test } from "vitest";
import type { QuarterHour } from "../../core/history/index.ts";
import { epochMs, wattHour } from "../../core/units/index.ts";
import { createHistoryFeed } from "./history-feed.ts";
import type { HistoryStore } from "../storage/types.ts";
import { newSiteState } from "./state.ts";
import { twoBaysOn } from "./two-bays.example.ts";

const START = 1_790_000_100_000;

/** What is booked for P01 and for the site, in Wh, after these registers, each read `[second, Wh]`. */
function booked(
  registers: readonly (readonly [second: number, register_Wh: number])[],
  last: ReturnType<HistoryStore["lastRegisters"]> = new Map(),
): readonly (number | null | undefined)[] {
  const site = newSiteState(twoBaysOn({ fuse_A: 63, max_A: 16, fallback_A: 6 }), epochMs(START));
  let rows: readonly QuarterHour[] = [];
  const store = {
    put: (slots: readonly QuarterHour[]) => {
      rows = slots;
    },
    get: () => [],
    lastRegisters: () => last,
  };
  const feed = createHistoryFeed({ site, store, started_at_ms: epochMs(START) });
  const state = site.stations.get("P01");
  for (const [second, register_Wh] of registers) {
    const at_ms = epochMs(START + second * 1_000);
    if (state !== undefined)
      state.evse = { ...state.evse, register: { at_ms, received_at_ms: at_ms, register_Wh: wattHour(register_Wh) } };
    feed.tick(at_ms);
  }
  feed.flush(epochMs(START + 800_000));
  return ["P01", ""].map((id) => rows.find((row) => row.stationId === id)?.ev_Wh);
}

test("a register that jumped, or was 0 for a while, puts no energy into the history that nobody drew", () => {
  const jumped = [
    [0, 1_000_000],
    [1, 1_000_003],
    [5, 1_400_003],
    [6, 1_400_006],
  ] as const;
  expect(booked(jumped)).toEqual([6, 6]);
  const wasZero = [
    [0, 1_000_000],
    [1, 1_000_003],
    [4, 0],
    [5, 0],
    [9, 1_000_020],
    [10, 1_000_023],
  ] as const;
  expect(booked(wasZero)).toEqual([6, 6]);
});

test("what flowed while a box was silent is booked when its register is read again", () => {
  expect(
    booked([
      [0, 1_000_000],
      [600, 1_001_800],
    ]),
  ).toEqual([1_800, 1_800]);
  // In steps of a whole kilowatt-hour.
  expect(
    booked([
      [0, 1_000_000],
      [1, 1_001_000],
    ]),
  ).toEqual([1_000, 1_000]);
});

test("a box that took another's place while nobody looked brings its own register, not energy; a long absence may", () => {
  const booked_Wh = (ago_ms: number): number | null | undefined =>
    booked(
      [
        [0, 9_000_000],
        [60, 9_000_100],
      ],
      new Map([["P01", { register_Wh: wattHour(1_000_000), slot_ms: epochMs(START - ago_ms) }]]),
    )[0];
  const [quarter_ms, year_ms] = [900_000, 365 * 86_400_000];
  expect(booked_Wh(quarter_ms)).toBe(100);
  expect(booked_Wh(year_ms)).toBe(8_000_100);
});
