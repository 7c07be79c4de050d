import { learnStays, noHabits } from "../balancing/index.ts";
import type { StayHabits } from "../balancing/index.ts";
import type { PastVisit, Scenario } from "./scenario.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A site's habits are taken from so much of the past. */
const REACH_MS = 31 * DAY_MS;

/**
 * What the site has learned from the past as seen at one arrival after the other (ascending): from the scenario's history,
 * or where it has none from its own visits of the 31 days before, learned anew each day.
 */
export function createPast({ history, sessions }: Scenario): (arrival_ms: number) => StayHabits {
  if (history !== null) {
    const habits = learn(history);
    return () => habits;
  }
  const ended = [...sessions].sort((a, b) => a.departure_ms - b.departure_ms);
  let [from, to] = [0, 0];
  let [day, habits] = [Number.NaN, noHabits];
  return (arrival_ms) => {
    const today = Math.floor(arrival_ms / DAY_MS);
    if (today === day) return habits;
    const midnight_ms = today * DAY_MS;
    while ((ended[to]?.departure_ms ?? Number.POSITIVE_INFINITY) <= midnight_ms) to += 1;
    while (from < to && (ended[from]?.departure_ms ?? 0) <= midnight_ms - REACH_MS) from += 1;
    [day, habits] = [today, learn(ended.slice(from, to))];
    return habits;
  };
}

const learn = (visits: readonly PastVisit[]): StayHabits =>
  learnStays(
    visits.map(({ driver, arrival_ms, departure_ms, needed_Wh, declared }) => ({
      driver,
      hour: hourOf(arrival_ms),
      stay_ms: departure_ms - arrival_ms,
      needed_Wh,
      // What a visit of the past needed is known whole.
      typed: declared === null ? null : { needed_Wh: declared.needed_Wh, isFull: true },
    })),
  );

/** Hour of the day in UTC: a scenario knows no zone. */
export const hourOf = (at_ms: number): number => Math.floor((((at_ms % DAY_MS) + DAY_MS) % DAY_MS) / HOUR_MS);
