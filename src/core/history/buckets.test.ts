import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Bucket, bucketBoundaries, BUCKETS_MAX, offsetStretches } from "./buckets.ts";

const BERLIN = "Europe/Berlin";
const HOUR_ms = 3_600_000;
const ms = (text: string): number => Temporal.Instant.from(text).epochMilliseconds;
const lengths_h = (boundaries: readonly number[]): number[] =>
  boundaries.slice(1).map((to, index) => (to - (boundaries[index] ?? 0)) / HOUR_ms);

describe("local days", () => {
  test("the night that summer time begins makes a day of 23 hours", () => {
    const range = { from_ms: ms("2026-03-28T00:00+01:00"), to_ms: ms("2026-03-31T00:00+02:00") };
    expect(lengths_h(bucketBoundaries(range, "day", BERLIN))).toEqual([24, 23, 24]);
    expect(
      bucketBoundaries({ from_ms: ms("2026-03-29T00:00+01:00"), to_ms: ms("2026-03-30T00:00+02:00") }, "hour", BERLIN),
    ).toHaveLength(24);
  });

  test("the night that summer time ends makes a day of 25 hours, and both hours from 2 to 3 are kept apart", () => {
    const range = { from_ms: ms("2026-10-25T00:00+02:00"), to_ms: ms("2026-10-26T00:00+01:00") };
    expect(lengths_h(bucketBoundaries(range, "day", BERLIN))).toEqual([25]);
    const hours = bucketBoundaries(range, "hour", BERLIN);
    expect(lengths_h(hours)).toEqual(Array.from({ length: 25 }, () => 1));
    expect(hours.slice(2, 4)).toEqual([ms("2026-10-25T02:00+02:00"), ms("2026-10-25T02:00+01:00")]);
  });

  test("a day whose midnight is skipped begins at one o'clock", () => {
    // Santiago moves its clocks at midnight.
    const range = { from_ms: ms("2025-09-07T12:00Z"), to_ms: ms("2025-09-07T13:00Z") };
    expect(bucketBoundaries(range, "day", "America/Santiago")[0]).toBe(ms("2025-09-07T01:00-03:00"));
  });

  test("the date that Samoa left out has no bucket", () => {
    const range = { from_ms: ms("2011-12-29T12:00-10:00"), to_ms: ms("2011-12-31T12:00+14:00") };
    expect(lengths_h(bucketBoundaries(range, "day", "Pacific/Apia"))).toEqual([24, 24]);
  });
});

test("months begin on the first at local midnight, whatever part of them is asked for", () => {
  const range = { from_ms: ms("2026-03-15T10:00Z"), to_ms: ms("2026-04-02T00:00Z") };
  expect(bucketBoundaries(range, "month", BERLIN)).toEqual([
    ms("2026-03-01T00:00+01:00"),
    ms("2026-04-01T00:00+02:00"),
    ms("2026-05-01T00:00+02:00"),
  ]);
});

test("an hour where the offset changes by half an hour is half an hour longer, with no gap", () => {
  const range = { from_ms: ms("2026-04-04T00:00Z"), to_ms: ms("2026-04-05T12:00Z") };
  const hours = lengths_h(bucketBoundaries(range, "hour", "Australia/Lord_Howe"));
  expect(hours.filter((length) => length !== 1)).toEqual([1.5]);
});

test("an empty or reversed range has no buckets", () => {
  expect(bucketBoundaries({ from_ms: 10, to_ms: 10 }, "hour", BERLIN)).toEqual([]);
  expect(bucketBoundaries({ from_ms: 10, to_ms: 5 }, "month", BERLIN)).toEqual([]);
});

test("a range of fifty years in hours is cut to its newest part", () => {
  const boundaries = bucketBoundaries({ from_ms: 0, to_ms: ms("2026-11-22T00:00Z") }, "hour", BERLIN);
  expect(boundaries.length).toBeLessThanOrEqual(BUCKETS_MAX + 1);
  expect(boundaries.at(-1)).toBe(ms("2026-11-22T00:00Z"));
});

const zones = fc.constantFrom(
  BERLIN,
  "America/St_Johns",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "America/Santiago",
  "Pacific/Apia",
  "UTC",
);
const instants = fc.integer({ min: ms("2005-01-01T00:00Z"), max: ms("2035-01-01T00:00Z") });

test("buckets are in order, cover the range, and are no larger than the range needs", () => {
  fc.assert(
    fc.property(
      zones,
      instants,
      fc.integer({ min: 1, max: 400 * HOUR_ms }),
      fc.constantFrom<Bucket>("hour", "day", "month"),
      (zone, from_ms, length_ms, bucket) => {
        const to_ms = from_ms + length_ms;
        const boundaries = bucketBoundaries({ from_ms, to_ms }, bucket, zone);
        expect(boundaries).toEqual([...new Set(boundaries)].sort((a, b) => a - b));
        expect(boundaries[0]).toBeLessThanOrEqual(from_ms);
        expect(boundaries[1]).toBeGreaterThan(from_ms);
        expect(boundaries.at(-1)).toBeGreaterThanOrEqual(to_ms);
        expect(boundaries.at(-2)).toBeLessThan(to_ms);
      },
    ),
  );
});

test("stretches of one offset join without gaps and tell the local time", () => {
  fc.assert(
    fc.property(zones, instants, fc.integer({ min: 1, max: 10_000 * HOUR_ms }), (zone, from_ms, length_ms) => {
      const stretches = offsetStretches({ from_ms, to_ms: from_ms + length_ms }, zone);
      expect(stretches[0]?.from_ms).toBe(from_ms);
      expect(stretches.at(-1)?.to_ms).toBe(from_ms + length_ms);
      for (const [index, stretch] of stretches.entries()) {
        if (index > 0) expect(stretch.from_ms).toBe(stretches[index - 1]?.to_ms);
        const local = Temporal.Instant.fromEpochMilliseconds(stretch.to_ms - 1).toZonedDateTimeISO(zone);
        expect(local.offsetNanoseconds / 1e6).toBe(stretch.offset_ms);
      }
    }),
  );
});
