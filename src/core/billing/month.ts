import { type EpochMs, assert, epochMs } from "../units/index.ts";

export type Period = { readonly from_ms: EpochMs; readonly to_ms: EpochMs };

/**
 * The local calendar month "YYYY-MM" of a zone as [from, to): the one period rule of sessions, invoices and charts. A
 * session belongs to the month of its end. Both ends are local midnights, whatever the clocks do in between.
 */
export function monthRange(month: string, timezone: string): Period {
  assert(/^\d{4}-(?:0[1-9]|1[0-2])$/u.test(month), `a month reads YYYY-MM, got ${month}`);
  const first = Temporal.PlainYearMonth.from(month).toPlainDate({ day: 1 });
  const start = (date: Temporal.PlainDate): EpochMs => epochMs(date.toZonedDateTime(timezone).epochMilliseconds);
  return { from_ms: start(first), to_ms: start(first.add({ months: 1 })) };
}

/** The local calendar month an instant falls into, "YYYY-MM". */
export const monthOf = (at_ms: EpochMs, timezone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(at_ms)
    .toZonedDateTimeISO(timezone)
    .toPlainDate()
    .toPlainYearMonth()
    .toString();

/** The instant `days` local calendar days later, at the same wall-clock time: when an invoice is due. */
export const daysLater = (at_ms: EpochMs, days: number, timezone: string): EpochMs =>
  epochMs(Temporal.Instant.fromEpochMilliseconds(at_ms).toZonedDateTimeISO(timezone).add({ days }).epochMilliseconds);
