import { expect, test } from "vitest";
import { epochMs, wattHour } from "../units/index.ts";
import { expectStay, learnStays, noHabits, stillNeeded_Wh } from "./predict.ts";
import type { PastStay } from "./predict.ts";
import { TYPED_STAYS_MIN } from "./typed-need.ts";

const HOUR_MS = 3_600_000;
const stay = (driver: string | null, hour: number, hours: number, needed_Wh: number): PastStay => ({
  driver,
  hour,
  stay_ms: hours * HOUR_MS,
  needed_Wh,
  typed: null,
});
const arrives = (driver: string | null, hour: number) => ({ driver, hour, plugged_at_ms: epochMs(0) });

test("a driver is taken to be like before only after five visits, else like those of the same hour, else as usual", () => {
  const ana = [2, 3, 9, 4, 5].map((hours) => stay("ana", 8, hours, hours * 1000));
  const four = learnStays([...ana.slice(0, 4), stay(null, 8, 10, 30_000)]);
  expect(expectStay(four, arrives("ana", 8), null)).toEqual({
    departure_ms: 4 * HOUR_MS,
    needed_Wh: 4000,
    from: "hour",
  });
  const five = learnStays(ana);
  expect(expectStay(five, arrives("ana", 20), null)).toEqual({
    departure_ms: 4 * HOUR_MS,
    needed_Wh: 4000,
    from: "driver",
  });
  expect(expectStay(five, arrives("ben", 20), null)).toEqual({
    departure_ms: 8 * HOUR_MS,
    needed_Wh: 20_000,
    from: "usual",
  });
});

test("the median of an even number of stays lies between the two in the middle", () => {
  const habits = learnStays([stay(null, 7, 2, 1000), stay(null, 7, 4, 3000)]);
  expect(expectStay(habits, arrives(null, 7), null)).toMatchObject({ departure_ms: 3 * HOUR_MS, needed_Wh: 2000 });
});

test("a car that goes on charging past what was expected wants a little more", () => {
  expect(stillNeeded_Wh(20_000, 4_000)).toBe(20_000);
  expect(stillNeeded_Wh(20_000, 19_900)).toBe(20_400);
  expect(stillNeeded_Wh(20_000, 25_000)).toBe(25_500);
});

test("what was typed is averaged with the past; what was not typed is the past alone", () => {
  const typed = { departure_ms: epochMs(2 * HOUR_MS), needed_Wh: wattHour(10_000) };
  expect(expectStay(noHabits, arrives(null, 7), typed)).toEqual({
    departure_ms: 5 * HOUR_MS,
    needed_Wh: 15_000,
    from: "declared",
  });
  expect(expectStay(noHabits, arrives(null, 7), { ...typed, departure_ms: null })).toMatchObject({
    departure_ms: 8 * HOUR_MS,
    needed_Wh: 15_000,
  });
});

test("where drivers are known to type too much, what is typed counts with what cars take of it", () => {
  const typed = { needed_Wh: 20_000, isFull: true };
  const past = Array.from({ length: TYPED_STAYS_MIN }, () => ({ ...stay(null, 8, 4, 12_000), typed }));
  const habits = learnStays(past);
  const declared = { departure_ms: null, needed_Wh: wattHour(30_000) };
  expect(expectStay(habits, arrives(null, 8), declared)).toMatchObject({ needed_Wh: 18_000, from: "declared" });
  // What this driver's car took before is worth more than the hour: half of it and half of that.
  const ana = Array.from({ length: 5 }, () => stay("ana", 8, 4, 6000));
  expect(expectStay(learnStays([...past, ...ana]), arrives("ana", 8), declared).needed_Wh).toBe(12_000);
  expect(expectStay(learnStays(past.slice(1)), arrives(null, 8), declared).needed_Wh).toBe(21_000);
});
