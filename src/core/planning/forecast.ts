import { type EpochMs, type Watt, watt } from "../units/index.ts";
import type { PlanSlot } from "./plan-types.ts";

// What everything but the cars will take, and what the roof will give, from the quarter hours that were stored. Local time
// of day decides: a bakery follows the clock on the wall, also on the day when that is changed.

/** Weeks that a forecast looks back: a season, not a year. */
const LOOK_BACK_ms = 8 * 7 * 86_400_000;
/** So few values of the same weekday and time say less than those of all days of its kind. */
const SAMPLES_MIN = 2;
/** Balancing.md §3.6: the margin above the median that is exceeded in one case of ten. */
const MARGIN_QUANTILE = 0.9;
/** Days of a roof's own profile; today it is this much of it, within bounds. */
const PROFILE_DAYS_ms = 7 * 86_400_000;
const TODAY_MIN = 0.2;
const TODAY_MAX = 1.5;
const SATURDAY = 6;

/** One stored quarter hour; `power_W` is its mean, `null` when nobody saw it. */
export type PowerSample = { readonly slot_ms: EpochMs; readonly power_W: number | null };

export type BaseForecast = {
  /** Per slot: the median of the same weekday and time. */
  readonly expected_W: readonly Watt[];
  /** Per slot: the same with the margin, for what must not be exceeded. */
  readonly high_W: readonly Watt[];
};

type LocalTime = { readonly weekday: number; readonly quarter: number };

/** Weekday (1 Monday) and quarter hour of the local day. */
function localTime(at_ms: number, timezone: string): LocalTime {
  const local = Temporal.Instant.fromEpochMilliseconds(at_ms).toZonedDateTimeISO(timezone);
  return { weekday: local.dayOfWeek, quarter: local.hour * 4 + Math.floor(local.minute / 15) };
}

/** Nearest rank; the caller has at least one value. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? 0;
}

type Seen = { readonly kind: string; readonly day: string; readonly power_W: number };

const dayKey = ({ weekday, quarter }: LocalTime): string => `${weekday}:${quarter}`;
const kindKey = ({ weekday, quarter }: LocalTime): string =>
  `${weekday >= SATURDAY ? "weekend" : "workday"}:${quarter}`;

/**
 * Median of the same weekday and local time in the last eight weeks; with fewer than two such values that of all workdays
 * or weekend days, then the highest ever seen. `null` without any history: nobody knows.
 */
export function forecastBase(
  history: readonly PowerSample[],
  slots: readonly PlanSlot[],
  { now_ms, timezone }: { readonly now_ms: EpochMs; readonly timezone: string },
): BaseForecast | null {
  const seen = history.flatMap(({ slot_ms, power_W }): Seen[] => {
    if (power_W === null || slot_ms >= now_ms || now_ms - slot_ms > LOOK_BACK_ms) return [];
    const at = localTime(slot_ms, timezone);
    return [{ kind: kindKey(at), day: dayKey(at), power_W }];
  });
  if (seen.length === 0) return null;
  const byDay = Map.groupBy(seen, ({ day }) => day);
  const byKind = Map.groupBy(seen, ({ kind }) => kind);
  const highest = Math.max(...seen.map(({ power_W }) => power_W));
  const expectedAt = (day: string, kind: string): number => {
    const same = [byDay.get(day) ?? [], byKind.get(kind) ?? []].find((values) => values.length >= SAMPLES_MIN);
    return same === undefined
      ? highest
      : quantile(
          same.map(({ power_W }) => power_W),
          0.5,
        );
  };
  const medians = new Map([...byDay.keys()].map((day) => [day, expectedAt(day, byDay.get(day)?.[0]?.kind ?? "")]));
  const margin = Math.max(
    0,
    quantile(
      seen.map(({ day, power_W }) => power_W - (medians.get(day) ?? 0)),
      MARGIN_QUANTILE,
    ),
  );
  const expected = slots.map(({ start_ms }) => {
    const at = localTime(start_ms, timezone);
    return expectedAt(dayKey(at), kindKey(at));
  });
  return {
    expected_W: expected.map((value) => watt(Math.round(value))),
    high_W: expected.map((value) => watt(Math.ceil(value + margin))),
  };
}

/**
 * What the roof will give: the mean of each local quarter hour over the last seven days, and for the rest of today as much
 * more or less as today has been so far. `null` without history. Never below zero.
 */
export function forecastProduction(
  history: readonly PowerSample[],
  slots: readonly PlanSlot[],
  { now_ms, timezone }: { readonly now_ms: EpochMs; readonly timezone: string },
): readonly Watt[] | null {
  const midnight_ms = Temporal.Instant.fromEpochMilliseconds(now_ms)
    .toZonedDateTimeISO(timezone)
    .startOfDay().epochMilliseconds;
  const known = history.filter(({ slot_ms, power_W }) => power_W !== null && slot_ms < now_ms);
  const profile = new Map<number, { sum: number; count: number }>();
  for (const { slot_ms, power_W } of known) {
    if (slot_ms >= midnight_ms || midnight_ms - slot_ms > PROFILE_DAYS_ms) continue;
    const { quarter } = localTime(slot_ms, timezone);
    const { sum, count } = profile.get(quarter) ?? { sum: 0, count: 0 };
    profile.set(quarter, { sum: sum + Math.max(0, power_W ?? 0), count: count + 1 });
  }
  if (profile.size === 0) return null;
  const meanAt = (at_ms: number): number => {
    const { sum, count } = profile.get(localTime(at_ms, timezone).quarter) ?? { sum: 0, count: 1 };
    return sum / count;
  };
  const today = known.filter(({ slot_ms }) => slot_ms >= midnight_ms);
  const usual = today.reduce((sum, { slot_ms }) => sum + meanAt(slot_ms), 0);
  const had = today.reduce((sum, { power_W }) => sum + Math.max(0, power_W ?? 0), 0);
  const scale = usual <= 0 ? 1 : Math.min(TODAY_MAX, Math.max(TODAY_MIN, had / usual));
  const tomorrow_ms = Temporal.Instant.fromEpochMilliseconds(midnight_ms)
    .toZonedDateTimeISO(timezone)
    .add({ days: 1 })
    .startOfDay().epochMilliseconds;
  return slots.map(({ start_ms }) => watt(Math.round(meanAt(start_ms) * (start_ms < tomorrow_ms ? scale : 1))));
}
