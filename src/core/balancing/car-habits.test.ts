import { expect, test } from "vitest";
import { epochMs, milliamp } from "../units/index.ts";
import type { Phase } from "../units/index.ts";
import { contradictsPhases, observeHabits, unknownHabits } from "./car-habits.ts";
import type { CarHabits } from "./car-habits.ts";

const WIRED: readonly Phase[] = ["L1", "L2", "L3"];

/** Readings every ten seconds from `from_s` on, all alike. */
function feed(
  state: CarHabits,
  from_s: number,
  readings: number,
  drawn_A: readonly [number, number, number],
  offered_A: number,
): CarHabits {
  let now = state;
  for (let index = 0; index < readings; index += 1)
    now = observeHabits(now, {
      at_ms: epochMs((from_s + index * 10) * 1000),
      drawn_mA: [milliamp(drawn_A[0] * 1000), milliamp(drawn_A[1] * 1000), milliamp(drawn_A[2] * 1000)],
      wired: WIRED,
      offered_mA: milliamp(offered_A * 1000),
    });
  return now;
}

test("three readings of one phase free the others, and one current on another phase takes that back at once", () => {
  const two = feed(unknownHabits, 0, 2, [15, 0, 0], 16);
  expect(two.phases).toBeNull();
  const three = feed(two, 20, 1, [15, 0.2, 0], 16);
  expect(three.phases).toEqual(["L1"]);
  expect(contradictsPhases(three, [milliamp(15_000), milliamp(8000), milliamp(0)])).toBe(true);
  expect(feed(three, 30, 1, [15, 8, 0], 16).phases).toBeNull();
});

test("a paused car keeps the phases it has shown", () => {
  const charged = feed(unknownHabits, 0, 3, [15, 0, 0], 16);
  expect(feed(charged, 30, 30, [0, 0, 0], 0).phases).toEqual(["L1"]);
});

test("a reading with an unknown phase proves nothing", () => {
  const reading = { at_ms: epochMs(0), drawn_mA: [milliamp(15_000), null, null] as const, wired: WIRED };
  expect(observeHabits(unknownHabits, { ...reading, offered_mA: milliamp(16_000) })).toEqual(unknownHabits);
});

test("a car that is idle at 6 A and charges as soon as it has 8 A needs 8 A", () => {
  const idle = feed(unknownHabits, 0, 8, [0, 0, 0], 6);
  expect(feed(idle, 80, 1, [8, 8, 8], 8).min_mA).toBe(8000);
  expect(feed(idle, 80, 1, [15, 15, 15], 16).min_mA).toBe(8000);
  const idleAtEight = feed(idle, 80, 8, [0, 0, 0], 8);
  expect(feed(idleAtEight, 160, 1, [10, 10, 10], 10).min_mA).toBe(10_000);
});

test("a car that begins by itself long after the offer was raised has shown no minimum", () => {
  const idle = feed(unknownHabits, 0, 8, [0, 0, 0], 6);
  const waits = feed(idle, 80, 30, [0, 0, 0], 16);
  expect(feed(waits, 380, 1, [15, 15, 15], 16).min_mA).toBeNull();
});

test("a car that does not resume after a pause, but does when it is woken, is not to be paused again", () => {
  const charged = feed(unknownHabits, 0, 3, [15, 15, 15], 16);
  const paused = feed(charged, 30, 6, [0, 0, 0], 0);
  const asleep = feed(paused, 90, 32, [0, 0, 0], 10);
  expect(asleep).toMatchObject({ didNotResume: true, neverPause: false });
  expect(feed(asleep, 410, 1, [10, 10, 10], 10).neverPause).toBe(true);
});

test("a car sleeps on after a pause also where its offer changes every minute", () => {
  const paused = feed(feed(unknownHabits, 0, 3, [15, 15, 15], 16), 30, 6, [0, 0, 0], 0);
  const asleep = [7, 9, 8, 10, 7, 9].reduce(
    (state, offer_A, minute) => feed(state, 90 + minute * 60, 6, [0, 0, 0], offer_A),
    paused,
  );
  expect(asleep.didNotResume).toBe(true);
});

test("a car that resumes in time, or was full before the pause, is an ordinary one", () => {
  const charged = feed(unknownHabits, 0, 3, [15, 15, 15], 16);
  const resumed = feed(feed(feed(charged, 30, 6, [0, 0, 0], 0), 90, 10, [0, 0, 0], 10), 190, 1, [10, 10, 10], 10);
  expect(resumed).toMatchObject({ neverPause: false, min_mA: null });
  const full = feed(charged, 30, 40, [0, 0, 0], 16);
  const later = feed(feed(full, 430, 6, [0, 0, 0], 0), 490, 40, [0, 0, 0], 16);
  expect(feed(later, 890, 1, [10, 10, 10], 16).neverPause).toBe(false);
});
