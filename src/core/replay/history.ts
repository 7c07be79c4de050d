import type { PastVisit, Scenario } from "./scenario.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A driver is believed to be like before after this many visits. */
const VISITS_MIN = 5;
/** A site's habits are taken from so much of the past. */
const REACH_MS = 31 * DAY_MS;
/** What a car is taken for of which the past says nothing. */
const USUAL_MS = 8 * HOUR_MS;
const USUAL_WH = 20_000;

export type Stay = { readonly stay_ms: number; readonly needed_Wh: number };
type Arrival = { readonly driver: string | null; readonly arrival_ms: number };

/**
 * What the past says of a car that arrives: the median of its driver's visits (five or more), else of the visits that
 * arrived in the same hour of the day, else 8 h and 20 kWh.
 */
export function predictFromPast(past: readonly PastVisit[], { driver, arrival_ms }: Arrival): Stay {
  const own = driver === null ? [] : past.filter((visit) => visit.driver === driver);
  if (own.length >= VISITS_MIN) return medianStay(own);
  const hour = hourOf(arrival_ms);
  const same = past.filter((visit) => hourOf(visit.arrival_ms) === hour);
  return same.length > 0 ? medianStay(same) : { stay_ms: USUAL_MS, needed_Wh: USUAL_WH };
}

/**
 * The past as seen at one arrival after the other (ascending): the scenario's history, or where it has none its own visits
 * that ended before and not longer than a month ago.
 */
export function createPast({ history, sessions }: Scenario): (arrival_ms: number) => readonly PastVisit[] {
  if (history !== null) return () => history;
  const ended = [...sessions].sort((a, b) => a.departure_ms - b.departure_ms);
  let [from, to] = [0, 0];
  let window: readonly PastVisit[] = [];
  return (arrival_ms) => {
    const [oldFrom, oldTo] = [from, to];
    while ((ended[to]?.departure_ms ?? Number.POSITIVE_INFINITY) <= arrival_ms) to += 1;
    while (from < to && (ended[from]?.departure_ms ?? 0) <= arrival_ms - REACH_MS) from += 1;
    if (from !== oldFrom || to !== oldTo) window = ended.slice(from, to);
    return window;
  };
}

const hourOf = (at_ms: number): number => Math.floor((((at_ms % DAY_MS) + DAY_MS) % DAY_MS) / HOUR_MS);

const medianStay = (visits: readonly PastVisit[]): Stay => ({
  stay_ms: median(visits.map((visit) => visit.departure_ms - visit.arrival_ms)),
  needed_Wh: median(visits.map((visit) => visit.needed_Wh)),
});

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? 0) + high) / 2;
}
