import { expect, test } from "vitest";
import { epochMs, milliamp } from "../units/index.ts";
import { nothingShown, observeHabits, unknownHabits } from "./car-habits.ts";
import type { CarHabits, ShownByCar } from "./car-habits.ts";
import { isTelling, rememberedCar, VISITS_KEPT, withMemory, withoutMemory } from "./car-memory.ts";

const NEEDS_8: ShownByCar = { needs_mA: milliamp(8_000), began_mA: milliamp(8_000), pause: null };
const BEGAN_AT_6: ShownByCar = { ...nothingShown, began_mA: milliamp(6_000) };
const BEGAN_AT_16: ShownByCar = { ...nothingShown, began_mA: milliamp(16_000) };
const SLEPT: ShownByCar = { ...nothingShown, pause: "slept" };
const RESUMED: ShownByCar = { ...nothingShown, pause: "resumed" };
const UNKNOWN = { min_mA: null, neverPause: false };

/** Readings every ten seconds from `from_s` on, all alike, on one phase. */
function feed(state: CarHabits, from_s: number, readings: number, drawn_A: number, offered_A: number): CarHabits {
  let now = state;
  for (let index = 0; index < readings; index += 1)
    now = observeHabits(now, {
      at_ms: epochMs((from_s + index * 10) * 1000),
      drawn_mA: [milliamp(drawn_A * 1000), milliamp(0), milliamp(0)],
      wired: ["L1"],
      offered_mA: milliamp(offered_A * 1000),
    });
  return now;
}
const remembers = (known: Partial<ReturnType<typeof rememberedCar>>): CarHabits =>
  withMemory(unknownHabits, { ...UNKNOWN, ...known });

test("a minimum counts when the last two visits that told anything of it agree, and then the lower one", () => {
  expect(rememberedCar([])).toEqual(UNKNOWN);
  expect(rememberedCar([NEEDS_8])).toEqual(UNKNOWN);
  expect(rememberedCar([NEEDS_8, BEGAN_AT_16, nothingShown, NEEDS_8]).min_mA).toBe(8_000);
  expect(rememberedCar([{ ...NEEDS_8, needs_mA: milliamp(10_000) }, NEEDS_8]).min_mA).toBe(8_000);
});

test("a driver whose other car begins at 6 A has no minimum until the one that needs it came twice again", () => {
  expect(rememberedCar([BEGAN_AT_6, NEEDS_8, NEEDS_8]).min_mA).toBeNull();
  expect(rememberedCar([NEEDS_8, BEGAN_AT_6, NEEDS_8]).min_mA).toBeNull();
  expect(rememberedCar([NEEDS_8, NEEDS_8, BEGAN_AT_6]).min_mA).toBe(8_000);
  expect(rememberedCar([{ ...NEEDS_8, began_mA: milliamp(6_000) }, NEEDS_8, NEEDS_8]).min_mA).toBeNull();
});

test("a car that slept on is not paused until a visit in which it resumed", () => {
  expect(rememberedCar([nothingShown, SLEPT]).neverPause).toBe(true);
  expect(rememberedCar([RESUMED, SLEPT, SLEPT]).neverPause).toBe(false);
  expect(rememberedCar([SLEPT, RESUMED]).neverPause).toBe(true);
});

test("after ten visits without a sign of it everything has to be shown anew", () => {
  const quiet = Array.from({ length: VISITS_KEPT }, () => nothingShown);
  expect(rememberedCar([...quiet.slice(2), NEEDS_8, NEEDS_8]).min_mA).toBe(8_000);
  expect(rememberedCar([...quiet.slice(1), NEEDS_8, NEEDS_8]).min_mA).toBeNull();
  expect(rememberedCar([...quiet, SLEPT])).toEqual(UNKNOWN);
});

test("phases are never remembered: they are safety, and count only when shown in this session", () => {
  const known = remembers({ min_mA: milliamp(8_000), neverPause: true });
  expect(known).toMatchObject({ min_mA: 8_000, neverPause: true, phases: null, seen: 0, shown: nothingShown });
});

test("what is remembered is given up as soon as the car shows otherwise, and is no sign of its own", () => {
  const minimum = remembers({ min_mA: milliamp(8_000) });
  expect(feed(minimum, 0, 1, 6, 6)).toMatchObject({ min_mA: null, shown: { began_mA: 6_000, needs_mA: null } });
  expect(feed(minimum, 0, 1, 8, 8)).toMatchObject({ min_mA: 8_000, shown: { needs_mA: null } });
  const sleeper = feed(remembers({ neverPause: true }), 0, 3, 15, 16);
  expect(sleeper).toMatchObject({ neverPause: true, shown: { pause: null } });
  const resumed = feed(feed(sleeper, 30, 6, 0, 0), 90, 1, 15, 16);
  expect(resumed).toMatchObject({ neverPause: false, shown: { pause: "resumed" } });
});

test("what it shows in this session is not taken back by a later start at less or one pause that went well", () => {
  const needs = feed(feed(unknownHabits, 0, 8, 0, 6), 80, 1, 8, 8);
  const paused = feed(needs, 90, 6, 0, 0);
  expect(feed(paused, 150, 1, 6, 6)).toMatchObject({ min_mA: 8_000, shown: { needs_mA: 8_000, began_mA: 6_000 } });
  const asleep = feed(feed(feed(unknownHabits, 0, 3, 15, 16), 30, 6, 0, 0), 90, 32, 0, 10);
  const woken = feed(asleep, 410, 1, 10, 10);
  expect(feed(feed(woken, 420, 6, 0, 0), 480, 1, 10, 10)).toMatchObject({
    neverPause: true,
    shown: { pause: "slept" },
  });
});

test("memory that comes late does not outweigh what the car has shown since it was plugged in", () => {
  const began = feed(unknownHabits, 0, 1, 6, 6);
  expect(withMemory(began, { min_mA: milliamp(8_000), neverPause: false }).min_mA).toBeNull();
  const resumed = feed(feed(feed(unknownHabits, 0, 1, 15, 16), 10, 3, 0, 0), 40, 1, 15, 16);
  expect(withMemory(resumed, { min_mA: null, neverPause: true }).neverPause).toBe(false);
});

test("another card without a plug pulled begins with nothing known, but the phases that the plug has shown", () => {
  const known = feed(remembers({ min_mA: milliamp(8_000), neverPause: true }), 0, 3, 15, 16);
  expect(withoutMemory(known)).toMatchObject({ min_mA: null, neverPause: false, phases: ["L1"], shown: nothingShown });
});

test("only a need and a sleep are worth keeping", () => {
  expect([NEEDS_8, SLEPT].map(isTelling)).toEqual([true, true]);
  expect([nothingShown, BEGAN_AT_6, BEGAN_AT_16, RESUMED].map(isTelling)).toEqual([false, false, false, false]);
});
