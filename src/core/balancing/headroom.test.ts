import fc from "fast-check";
import { expect, test } from "vitest";
import { epochMs, milliamp } from "../units/index.ts";
import { headroom_mA, LEARNED_AFTER, noHeadroom, observeHeadroom, REACTION_MS } from "./headroom.ts";
import type { HeadroomState } from "./headroom.ts";

const LIMIT = milliamp(63_000);
const fresh = noHeadroom([LIMIT, LIMIT, LIMIT]);
const see = (state: HeadroomState, s: number, value: number, counted = value, margin = 0): HeadroomState =>
  observeHeadroom(state, {
    at_ms: epochMs(s * 1000),
    value_mA: [value, 0, 0],
    counted_mA: [counted, 0, 0],
    margin_mA: milliamp(margin),
  });

test("before anything is learned it is 8 % of the limit, and at least 3 A", () => {
  expect(headroom_mA(fresh)[0]).toBe(5_040);
  expect(headroom_mA(noHeadroom([milliamp(16_000), LIMIT, LIMIT]))[0]).toBe(3_000);
});

test("a building that never moves needs 1 A after an hour, and one that steps by 9 A needs 9 A", () => {
  let still = fresh;
  let steps = fresh;
  for (let s = 0; s < LEARNED_AFTER + 60; s += 1) {
    still = see(still, s, 10_000);
    steps = see(steps, s, s % 600 < 300 ? 10_000 : 19_000);
  }
  expect(headroom_mA(still)[0]).toBe(1_000);
  expect(headroom_mA(steps)[0]).toBeGreaterThanOrEqual(9_000);
  expect(headroom_mA(steps)[0]).toBeLessThanOrEqual(9_200);
  expect(headroom_mA(steps)[1]).toBe(1_000);
});

test("what is counted already is not learned once more", () => {
  let state = fresh;
  for (let s = 0; s < LEARNED_AFTER + 60; s += 1) state = see(state, s, s % 6 < 3 ? 10_000 : 19_000, 19_000);
  expect(headroom_mA(state)[0]).toBe(1_000);
});

test("however wild the building, no more than 30 % of the limit is held back", () => {
  let state = fresh;
  for (let s = 0; s < 2_000; s += 1) state = see(state, s, s % 60 < 30 ? 0 : 60_000);
  expect(headroom_mA(state)[0]).toBe(18_900);
});

test("the margin of the circuit is part of the headroom, not besides it", () => {
  expect(see(fresh, 0, 10_000, 10_000, 0).reserved_mA?.[0]).toBe(15_040);
  expect(see(fresh, 0, 10_000, 10_000, 3_000).reserved_mA?.[0]).toBe(12_040);
  expect(see(fresh, 0, 10_000, 10_000, 8_000).reserved_mA?.[0]).toBe(10_000);
});

test("a gap in the samples teaches nothing", () => {
  let state = see(fresh, 0, 0);
  state = see(state, 3_600, 40_000);
  expect(state.samples).toBe(0);
});

test("what is reserved always covers the counted load and half the headroom, never more than all, and stays when it can", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 60 }), (loads) => {
      let state = fresh;
      loads.forEach((load, s) => {
        const before = state.reserved_mA?.[0] ?? null;
        state = see(state, s, load);
        const all = headroom_mA(state)[0];
        const now = state.reserved_mA?.[0] ?? -1;
        expect(now).toBeGreaterThanOrEqual(load + Math.floor(all / 2));
        expect(now).toBeLessThanOrEqual(load + all);
        if (before !== null && before >= load + all / 2 && before <= load + all) expect(now).toBe(before);
      });
      expect(state.open.length).toBeLessThanOrEqual(REACTION_MS / 1000 + 1);
    }),
  );
});
