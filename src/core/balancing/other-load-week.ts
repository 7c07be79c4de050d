import { milliamp, onPhase, perPhase } from "../units/index.ts";
import type { EpochMs, Milliamp, PerPhase } from "../units/index.ts";

// What a circuit may carry besides its EVSEs while its meter is silent: the highest it carried in the last seven days.

const DAY_MS = 86_400_000;
const DAYS = 7;

export type LoadWeek = readonly { readonly day: number; readonly highest_mA: PerPhase<number> }[];

export const noLoadWeek: LoadWeek = [];

/** Takes a sample of the other load; a day's highest value is kept for seven days after it. */
export function observeWeek(week: LoadWeek, at_ms: EpochMs, value_mA: PerPhase<number>): LoadWeek {
  const day = Math.floor(at_ms / DAY_MS);
  const today = week.find((one) => one.day === day);
  if (
    today !== undefined &&
    perPhase((phase) => onPhase(value_mA, phase) <= onPhase(today.highest_mA, phase)).every(Boolean)
  )
    return week;
  const highest_mA = perPhase((phase) =>
    Math.max(onPhase(value_mA, phase), today === undefined ? 0 : onPhase(today.highest_mA, phase)),
  );
  // Days after today are from before the clock was set back; they stay until they are a week away from it.
  const others = week.filter((one) => one.day !== day && Math.abs(day - one.day) <= DAYS);
  return [...others.slice(-DAYS), { day, highest_mA }];
}

/** The highest load of the week, per phase; 0 when nothing was measured. */
export const weekHighest_mA = (week: LoadWeek): PerPhase<Milliamp> =>
  perPhase((phase) => milliamp(Math.round(Math.max(0, ...week.map((one) => onPhase(one.highest_mA, phase))))));
