import { assert, type EpochMs, epochMs } from "../units/index.ts";

// Where local hours, days and months begin in an IANA zone. A day may have 23 or 25 hours: the boundaries are instants,
// and nothing here adds 24 hours to anything.

export type Bucket = "hour" | "day" | "month";
export type TimeRange = { readonly from_ms: number; readonly to_ms: number };

/** More than two years of hours; whoever wants more takes a coarser bucket. */
export const BUCKETS_MAX = 20_000;

const HOUR_ms = 3_600_000;
const NS_PER_ms = 1_000_000;
const LONGEST_ms: Readonly<Record<Bucket, number>> = {
  hour: HOUR_ms,
  day: 25 * HOUR_ms,
  month: 31 * 24 * HOUR_ms + HOUR_ms,
};

/** A stretch in which the zone's offset from UTC does not change. */
export type OffsetStretch = { readonly from_ms: number; readonly to_ms: number; readonly offset_ms: number };

const zoned = (at_ms: number, timezone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(at_ms).toZonedDateTimeISO(timezone);

/** Cuts a range at the zone's transitions; inside a stretch local time is UTC plus `offset_ms`. Empty for an empty range. */
export function offsetStretches(range: TimeRange, timezone: string): readonly OffsetStretch[] {
  const stretches: OffsetStretch[] = [];
  let from_ms = range.from_ms;
  while (from_ms < range.to_ms) {
    const local = zoned(from_ms, timezone);
    const transition = local.getTimeZoneTransition("next")?.epochMilliseconds ?? Infinity;
    const to_ms = Math.min(range.to_ms, transition);
    stretches.push({ from_ms, to_ms, offset_ms: local.offsetNanoseconds / NS_PER_ms });
    from_ms = to_ms;
  }
  return stretches;
}

/**
 * Boundaries of all buckets that touch the range, first start to last end: n buckets are n + 1 instants, ascending.
 * Empty for an empty range. Only the newest `BUCKETS_MAX` buckets of a longer range are cut.
 */
export function bucketBoundaries(range: TimeRange, bucket: Bucket, timezone: string): readonly EpochMs[] {
  if (range.to_ms <= range.from_ms) return [];
  const from_ms = Math.max(range.from_ms, range.to_ms - BUCKETS_MAX * LONGEST_ms[bucket]);
  const cut = bucket === "hour" ? hourBoundaries : calendarBoundaries;
  const boundaries = cut({ from_ms, to_ms: range.to_ms }, bucket, timezone).slice(-(BUCKETS_MAX + 1));
  assert(boundaries.length >= 2, "a range that is not empty touches a bucket");
  return boundaries;
}

/** Days and months: the start of a local date, which is not midnight where a transition skips it. */
function calendarBoundaries(range: TimeRange, bucket: Bucket, timezone: string): EpochMs[] {
  const unit = bucket === "month" ? { months: 1 } : { days: 1 };
  const first = zoned(range.from_ms, timezone).toPlainDate();
  let date = bucket === "month" ? first.with({ day: 1 }) : first;
  const boundaries: EpochMs[] = [];
  for (;;) {
    const start_ms = epochMs(date.toZonedDateTime(timezone).epochMilliseconds);
    // A date that a zone left out (Samoa 2011-12-30) begins where the next one begins.
    if (start_ms !== boundaries.at(-1)) boundaries.push(start_ms);
    if (start_ms >= range.to_ms) return boundaries;
    date = date.add(unit);
  }
}

/** Full local hours; where the offset changes by half an hour (Lord Howe) one bucket is half an hour longer. */
function hourBoundaries(range: TimeRange, _bucket: Bucket, timezone: string): EpochMs[] {
  const around = { from_ms: range.from_ms - 2 * HOUR_ms, to_ms: range.to_ms + 2 * HOUR_ms };
  const all = offsetStretches(around, timezone).flatMap(({ from_ms, to_ms, offset_ms }) => {
    const boundaries: EpochMs[] = [];
    const first = Math.ceil((from_ms + offset_ms) / HOUR_ms) * HOUR_ms - offset_ms;
    for (let at_ms = first; at_ms < to_ms; at_ms += HOUR_ms) boundaries.push(epochMs(at_ms));
    return boundaries;
  });
  const start = all.findLastIndex((at_ms) => at_ms <= range.from_ms);
  const end = all.findIndex((at_ms) => at_ms >= range.to_ms);
  return all.slice(start, end + 1);
}
