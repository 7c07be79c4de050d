import { oneOf, type RawSearch, textOf } from "../../lib/url/url-state.ts";
import { dateLocale } from "../../lib/format/date-locale.ts";

// Stretches of whole local days in the site's zone: one rule for lists, charts, files and invoices.

export const PERIOD_KINDS = ["today", "week", "month", "quarter", "year", "custom"] as const;
export type PeriodKind = (typeof PERIOD_KINDS)[number];

/** What a person chose. `at`: a day inside the period, `null` for today; `from` and `to` count for `custom`, both included. */
export type PeriodChoice = {
  readonly period: PeriodKind | "all";
  readonly at: string | null;
  readonly from: string | null;
  readonly to: string | null;
};

/** The days of a period, the last one excluded, and the same as instants. */
export type PeriodRange = {
  readonly first: Temporal.PlainDate;
  readonly end: Temporal.PlainDate;
  readonly from_ms: number;
  readonly to_ms: number;
};

const DAYS_MAX = 3660;

/** A date such as 2026-11-22, else `null`: addresses are typed by anybody. */
export function dayOf(value: unknown): string | null {
  const text = textOf(value, 10);
  if (text === null || !/^\d{4}-\d{2}-\d{2}$/u.test(text)) return null;
  try {
    return Temporal.PlainDate.from(text, { overflow: "reject" }).toString();
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Reads a period out of an address. `otherwise` is the period of a screen that nobody chose one on. */
export function parsePeriod(raw: RawSearch, otherwise: PeriodKind | "all"): PeriodChoice {
  const period = oneOf([...PERIOD_KINDS, "all"], raw["period"], otherwise);
  return { period, at: dayOf(raw["at"]), from: dayOf(raw["from"]), to: dayOf(raw["to"]) };
}

/** The site's calendar day of an instant. */
export const dayIn = (at_ms: number, timezone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(at_ms).toZonedDateTimeISO(timezone).toPlainDate().toString();

function daysOf(
  { period, at, from, to }: PeriodChoice,
  today: string,
): readonly [Temporal.PlainDate, Temporal.PlainDate] {
  const day = Temporal.PlainDate.from(at ?? today);
  switch (period) {
    case "today":
      return [day, day.add({ days: 1 })];
    case "week":
      return [day.subtract({ days: 6 }), day.add({ days: 1 })];
    case "month": {
      const first = day.with({ day: 1 });
      return [first, first.add({ months: 1 })];
    }
    case "quarter": {
      const first = day.with({ day: 1, month: day.month - ((day.month - 1) % 3) });
      return [first, first.add({ months: 3 })];
    }
    case "year":
    case "all": {
      const first = day.with({ day: 1, month: 1 });
      return [first, first.add({ years: 1 })];
    }
    case "custom": {
      const last = Temporal.PlainDate.from(to ?? today);
      const first = Temporal.PlainDate.from(from ?? to ?? today);
      const [a, b] = Temporal.PlainDate.compare(first, last) <= 0 ? [first, last] : [last, first];
      const earliest = b.subtract({ days: DAYS_MAX });
      return [Temporal.PlainDate.compare(a, earliest) < 0 ? earliest : a, b.add({ days: 1 })];
    }
  }
}

/** The days and instants of a choice; `null` for all time. A day of clock change has 23 or 25 hours. */
export function periodRange(choice: PeriodChoice, today: string, timezone: string): PeriodRange | null {
  if (choice.period === "all") return null;
  const [first, end] = daysOf(choice, today);
  const instant = (day: Temporal.PlainDate): number => day.toZonedDateTime(timezone).epochMilliseconds;
  return { first, end, from_ms: instant(first), to_ms: instant(end) };
}

const LENGTH = {
  today: { days: 1 },
  week: { days: 7 },
  month: { months: 1 },
  quarter: { months: 3 },
  year: { years: 1 },
} as const;

/** The same length of time before (−1) or after (1) it. Never into a time that has not begun. */
export function stepPeriod(choice: PeriodChoice, direction: 1 | -1, today: string): PeriodChoice {
  const { period } = choice;
  if (period === "all") return choice;
  const [first, end] = daysOf(choice, today);
  if (period === "custom") {
    const days = first.until(end, { largestUnit: "days" }).days * direction;
    return { ...choice, from: first.add({ days }).toString(), to: end.add({ days: days - 1 }).toString() };
  }
  const day = Temporal.PlainDate.from(choice.at ?? today);
  const anchor = period === "month" || period === "quarter" || period === "year" ? first : day;
  const next = direction === 1 ? anchor.add(LENGTH[period]) : anchor.subtract(LENGTH[period]);
  const [nextFirst, nextEnd] = daysOf({ ...choice, at: next.toString() }, today);
  const now = Temporal.PlainDate.from(today);
  // The period that today lies in needs no day in the address: tomorrow it moves on.
  const isCurrent = Temporal.PlainDate.compare(nextFirst, now) <= 0 && Temporal.PlainDate.compare(now, nextEnd) < 0;
  const endsToday = period === "week" && Temporal.PlainDate.compare(nextEnd, now) > 0;
  return { ...choice, at: isCurrent || endsToday ? null : next.toString() };
}

/** False when the next period lies in the future as a whole. */
export function canStepForward(choice: PeriodChoice, today: string): boolean {
  if (choice.period === "all") return false;
  const [, end] = daysOf(choice, today);
  return Temporal.PlainDate.compare(end, Temporal.PlainDate.from(today)) <= 0;
}

/** The period in words: "November 2026", "Q4 2026", "16 – 22 Nov 2026". */
export function periodText(choice: PeriodChoice, range: PeriodRange, locale: string): string {
  const { first, end } = range;
  const last = end.subtract({ days: 1 });
  const at = (day: Temporal.PlainDate): number => Date.UTC(day.year, day.month - 1, day.day, 12);
  const format = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat(dateLocale(locale), { timeZone: "UTC", ...options });
  switch (choice.period) {
    case "today":
      return format({ weekday: "short", day: "numeric", month: "long", year: "numeric" }).format(at(first));
    case "month":
      return format({ month: "long", year: "numeric" }).format(at(first));
    case "quarter":
      return `Q${String((first.month + 2) / 3)} ${String(first.year)}`;
    case "year":
    case "all":
      return String(first.year);
    case "week":
    case "custom":
      return format({ day: "numeric", month: "short", year: "numeric" }).formatRange(at(first), at(last));
  }
}
