import { epochMs, wattHour } from "../units/index.ts";
import type { EpochMs, WattHour } from "../units/index.ts";
import { learnTypedFactor } from "./typed-need.ts";

// What a car will probably need, from those that were here before. Drivers err by hours (balancing.md §0.4), so what they
// type is averaged with what the past says.

/** A driver is believed to be like before after this many visits. */
export const VISITS_MIN = 5;
const HOURS = 24;
/** What a car is taken for of which the past says nothing. */
const USUAL: Stay = { stay_ms: 8 * 3_600_000, needed_Wh: 20_000 };

export type Stay = { readonly stay_ms: number; readonly needed_Wh: number };
/** `hour`: the hour of day it arrived in, in the site's zone. */
export type PastStay = Stay & {
  readonly driver: string | null;
  readonly hour: number;
  /** What was typed of its need, and whether the car was full when it left; `null`: nothing was typed. */
  readonly typed: { readonly needed_Wh: number; readonly isFull: boolean } | null;
};

export type StayHabits = {
  readonly drivers: ReadonlyMap<string, Stay>;
  readonly hours: readonly (Stay | null)[];
  /** What cars take here of what was typed for them; `null`: not known yet. */
  readonly typedFactor: number | null;
};

export const noHabits: StayHabits = { drivers: new Map(), hours: [], typedFactor: null };

/** Medians of each driver with five visits or more, and of each hour of arrival; and what typing is worth here. */
export function learnStays(past: readonly PastStay[]): StayHabits {
  const drivers = new Map<string, Stay>();
  for (const [driver, stays] of Map.groupBy(past, (stay) => stay.driver))
    if (driver !== null && stays.length >= VISITS_MIN) drivers.set(driver, medianStay(stays));
  const byHour = Map.groupBy(past, (stay) => stay.hour);
  const hours = Array.from({ length: HOURS }, (_, hour) => {
    const stays = byHour.get(hour);
    return stays === undefined ? null : medianStay(stays);
  });
  const typedFactor = learnTypedFactor(
    past.flatMap(({ typed, needed_Wh }) =>
      typed === null ? [] : [{ typed_Wh: typed.needed_Wh, taken_Wh: needed_Wh, isFull: typed.isFull }],
    ),
  );
  return { drivers, hours, typedFactor };
}

/** Where an expectation comes from; the words are made in the UI. */
export type ExpectedFrom = "driver" | "hour" | "usual" | "declared";
export type Expected = {
  readonly departure_ms: EpochMs;
  readonly needed_Wh: WattHour;
  readonly from: ExpectedFrom;
};
export type Declared = { readonly departure_ms: EpochMs | null; readonly needed_Wh: WattHour | null };

/**
 * What the driver or the owner typed counts half, what the past says the other half; what was not typed is the past alone.
 * Typed energy is first brought down to what cars take of it here. Then it counts alone where else only the hour of arrival
 * would tell: averaging it once more is fairer (Jain .949 for .941) but cost 0.7 % of the energy (B3a, 100 A).
 */
export function expectStay(
  habits: StayHabits,
  arrival: { readonly driver: string | null; readonly hour: number; readonly plugged_at_ms: EpochMs },
  declared: Declared | null,
): Expected {
  const own = arrival.driver === null ? undefined : habits.drivers.get(arrival.driver);
  const hour = habits.hours[arrival.hour] ?? null;
  const past = own ?? hour ?? USUAL;
  const from = own !== undefined ? "driver" : hour !== null ? "hour" : "usual";
  const departure_ms = arrival.plugged_at_ms + past.stay_ms;
  const typed_ms = declared?.departure_ms ?? null;
  const typed_Wh = declared?.needed_Wh ?? null;
  const { typedFactor } = habits;
  const neededOf = (said_Wh: number): number => {
    if (typedFactor !== null && own === undefined) return said_Wh * typedFactor;
    return (past.needed_Wh + said_Wh * (typedFactor ?? 1)) / 2;
  };
  return {
    departure_ms: epochMs(Math.round(typed_ms === null ? departure_ms : (departure_ms + typed_ms) / 2)),
    needed_Wh: wattHour(Math.round(typed_Wh === null ? past.needed_Wh : neededOf(typed_Wh))),
    from: typed_ms === null && typed_Wh === null ? from : "declared",
  };
}

/** A car that still charges when it has what was expected of it is taken to want a little more, again and again. */
const LITTLE_MORE_WH = 500;

/** What a car that has not shown that it is full is taken to need in all. */
export const stillNeeded_Wh = (expected_Wh: number, attained_Wh: number): WattHour =>
  wattHour(Math.ceil(Math.max(expected_Wh, attained_Wh + LITTLE_MORE_WH)));

const medianStay = (stays: readonly Stay[]): Stay => ({
  stay_ms: median(stays.map((stay) => stay.stay_ms)),
  needed_Wh: median(stays.map((stay) => stay.needed_Wh)),
});

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? 0) + high) / 2;
}
