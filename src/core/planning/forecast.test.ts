import { describe, expect, test } from "vitest";
import { epochMs } from "../units/index.ts";
import { forecastBase, forecastProduction, type PowerSample } from "./forecast.ts";
import { planSlots } from "./slots.ts";

const ZONE = "Europe/Berlin";
const QUARTER_ms = 900_000;
const DAY_ms = 86_400_000;
const at = (local: string): number => Temporal.ZonedDateTime.from(`${local}[${ZONE}]`).epochMilliseconds;

/** Quarter hours from one local time to another, with a power that follows local time. */
function history(from: string, to: string, powerAt: (local: Temporal.ZonedDateTime) => number | null): PowerSample[] {
  const samples: PowerSample[] = [];
  for (let slot = at(from); slot < at(to); slot += QUARTER_ms) {
    const local = Temporal.Instant.fromEpochMilliseconds(slot).toZonedDateTimeISO(ZONE);
    samples.push({ slot_ms: epochMs(slot), power_W: powerAt(local) });
  }
  return samples;
}

describe("base load", () => {
  test("is the median of the same weekday and time, with the margin that nine of ten days stay below", () => {
    // Ten Mondays at ten o'clock: 1000, 1100 … 1900 W; eight weeks back are looked at.
    const samples = history("2026-09-14T00:00", "2026-11-23T08:00", (local) => {
      const week = Math.round((local.epochMilliseconds - at("2026-09-14T00:00")) / (7 * DAY_ms));
      return local.dayOfWeek === 1 && local.hour === 10 ? 1000 + 100 * week : 500;
    });
    const now_ms = epochMs(at("2026-11-23T08:00"));
    const forecast = forecastBase(samples, planSlots(now_ms, 12), { now_ms, timezone: ZONE });
    // Weeks 2 to 9 count: the median of 1200 … 1900 is 1500.
    expect(forecast?.expected_W.slice(7, 12)).toEqual([500, 1500, 1500, 1500, 1500]);
    expect(forecast?.high_W[0]).toBe(500);
  });

  test("the margin covers days that differ", () => {
    const samples = history("2026-09-28T00:00", "2026-11-23T00:00", (local) =>
      (local.weekOfYear ?? 0) % 4 === 0 ? 2000 : 1000,
    );
    const now_ms = epochMs(at("2026-11-23T00:00"));
    const forecast = forecastBase(samples, planSlots(now_ms, 1), { now_ms, timezone: ZONE });
    expect(forecast?.expected_W[0]).toBe(1000);
    expect(forecast?.high_W[0]).toBe(2000);
  });

  test("follows the wall clock over the change of the hour", () => {
    // Clocks go back on 25 October 2026 at 3:00. The baker's oven starts at 4:00 local time, every day.
    const samples = history("2026-09-28T00:00", "2026-10-24T12:00", (local) => (local.hour === 4 ? 9000 : 100));
    const now_ms = epochMs(at("2026-10-24T12:00"));
    const slots = planSlots(now_ms, 80);
    const forecast = forecastBase(samples, slots, { now_ms, timezone: ZONE });
    const hot = slots
      .filter((_, index) => forecast?.expected_W[index] === 9000)
      .map(({ start_ms }): number => start_ms);
    expect(hot).toEqual([0, 1, 2, 3].map((quarter) => at("2026-10-25T04:00") + quarter * QUARTER_ms));
  });

  test("a day never seen takes the days of its kind, and a time never seen the highest", () => {
    const samples = history("2026-11-16T08:00", "2026-11-18T12:00", (local) => (local.hour === 9 ? 3000 : 800));
    const now_ms = epochMs(at("2026-11-19T09:00"));
    const forecast = forecastBase(samples, planSlots(now_ms, 8), { now_ms, timezone: ZONE });
    expect(forecast?.expected_W.slice(0, 5)).toEqual([3000, 3000, 3000, 3000, 800]);
    const weekend = epochMs(at("2026-11-21T10:00"));
    expect(forecastBase(samples, planSlots(weekend, 1), { now_ms: weekend, timezone: ZONE })?.expected_W).toEqual([
      3000,
    ]);
  });

  test("unknown stays unknown", () => {
    const now_ms = epochMs(at("2026-11-23T08:00"));
    const unseen = history("2026-11-22T00:00", "2026-11-23T00:00", () => null);
    expect(forecastBase(unseen, planSlots(now_ms, 4), { now_ms, timezone: ZONE })).toBeNull();
    expect(forecastBase([], planSlots(now_ms, 4), { now_ms, timezone: ZONE })).toBeNull();
  });
});

describe("production", () => {
  const sun = (local: Temporal.ZonedDateTime): number => (local.hour >= 10 && local.hour < 16 ? 8000 : 0);

  test("is the profile of the last days, today as much less as it has been so far", () => {
    const cloudy = at("2026-11-23T00:00");
    const samples = history("2026-11-16T00:00", "2026-11-23T12:00", (local) =>
      local.epochMilliseconds >= cloudy ? sun(local) / 2 : sun(local),
    );
    const now_ms = epochMs(at("2026-11-23T12:00"));
    const forecast = forecastProduction(samples, planSlots(now_ms, 144), { now_ms, timezone: ZONE });
    expect(forecast?.[0]).toBe(4000);
    expect(forecast?.[20]).toBe(0);
    // Tomorrow at noon it is a day like others.
    expect(forecast?.[96]).toBe(8000);
  });

  test("before sunrise nothing is known of today, so it is a day like others", () => {
    const samples = history("2026-11-16T00:00", "2026-11-23T06:00", sun);
    const now_ms = epochMs(at("2026-11-23T06:00"));
    expect(forecastProduction(samples, planSlots(now_ms, 24), { now_ms, timezone: ZONE })?.[20]).toBe(8000);
  });

  test("without a day of history nothing is known", () => {
    const now_ms = epochMs(at("2026-11-23T06:00"));
    expect(forecastProduction([], planSlots(now_ms, 4), { now_ms, timezone: ZONE })).toBeNull();
  });
});
