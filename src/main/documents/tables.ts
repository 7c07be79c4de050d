import type { InvoiceSummary, SessionRow } from "../../contract/index.ts";
import { type EpochMs, epochMs, formatMinor } from "../../core/units/index.ts";
import type { QuarterHour } from "../storage/types.ts";
import { type CsvCell, type CsvColumn, type Delimiter, csvLines, decimalCell } from "./csv.ts";
import { thousandths } from "./document-format.ts";

// Tables for spreadsheets. Heads carry the unit and never change with the language, so that a script can read them.

export type TableOptions = {
  readonly timezone: string;
  readonly delimiter?: Delimiter;
  /** Adds the whole card of each session; left out, only its last characters are shown. */
  readonly idToken?: (sessionId: string) => string | null;
};

/** "2026-03-02T10:00:00.000Z" without parts of a second that are zero. */
export const utcText = (at_ms: number): string => Temporal.Instant.fromEpochMilliseconds(at_ms).toString();

/** "2026-03-02T11:00:00+01:00": the site's clock, with its offset so that no hour of the year is two. */
export const localText = (at_ms: number, timezone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(at_ms)
    .toZonedDateTimeISO(timezone)
    .toString({ timeZoneName: "never", smallestUnit: "second" });

/** Amount as decimal text of its currency: 421 of EUR is "4.21". */
export const amountText = (amount_minor: number, currency: string): string =>
  formatMinor(BigInt(amount_minor), currency);

const orNull = <T>(value: number | null, text: (value: number) => T): T | null => (value === null ? null : text(value));

type Words = { readonly local: (at_ms: number) => string; readonly decimal: (text: string | null) => CsvCell };

const words = ({ timezone, delimiter = "," }: TableOptions): Words => ({
  local: (at_ms) => localText(at_ms, timezone),
  decimal: (text) => decimalCell(text, delimiter),
});

/** Rule ids of the doubts that stand against a session, in their order. */
export const ruleIds = (row: Pick<SessionRow, "flags">): string[] => row.flags.map((flag) => flag.rule);

function sessionColumns(options: TableOptions): readonly CsvColumn<SessionRow>[] {
  const { local, decimal } = words(options);
  const { idToken } = options;
  const money = (row: SessionRow, amount: "net_minor" | "tax_minor" | "gross_minor"): CsvCell =>
    row.cost === null ? null : decimal(amountText(row.cost[amount], row.cost.currency));
  return [
    { head: "id", value: (row) => row.id },
    { head: "station", value: (row) => row.stationId },
    { head: "station_name", value: (row) => row.stationName },
    { head: "evse", value: (row) => row.evseId },
    { head: "started_at_local", value: (row) => local(row.started_at_ms) },
    { head: "ended_at_local", value: (row) => orNull(row.ended_at_ms, local) },
    { head: "started_at_utc", value: (row) => utcText(row.started_at_ms) },
    { head: "ended_at_utc", value: (row) => orNull(row.ended_at_ms, utcText) },
    { head: "start_Wh", value: (row) => row.start_Wh },
    { head: "stop_Wh", value: (row) => row.stop_Wh },
    { head: "energy_Wh", value: (row) => row.energy_Wh },
    { head: "energy_kWh", value: (row) => decimal(orNull(row.energy_Wh, thousandths)) },
    { head: "charging_min", value: (row) => orNull(row.charging_ms, (ms) => Math.round(ms / 60_000)) },
    { head: "card", value: (row) => row.cardAlias },
    ...(idToken === undefined ? [] : [{ head: "id_token", value: (row: SessionRow) => idToken(row.id) }]),
    { head: "customer", value: (row) => row.customerName },
    { head: "end_reason", value: (row) => row.endReason },
    { head: "ended_by", value: (row) => row.endedBy },
    { head: "flags", value: (row) => ruleIds(row).join(" ") },
    { head: "held", value: (row) => (row.held ? "yes" : "no") },
    { head: "net", value: (row) => money(row, "net_minor") },
    { head: "tax", value: (row) => money(row, "tax_minor") },
    { head: "gross", value: (row) => money(row, "gross_minor") },
    { head: "currency", value: (row) => row.cost?.currency ?? null },
    { head: "invoice", value: (row) => row.invoiceNumber },
  ];
}

/** Sessions as RFC 4180 lines, head first, nothing collected: join them or write them one by one. */
export const sessionsCsv = (rows: Iterable<SessionRow>, options: TableOptions): Generator<string> =>
  csvLines(sessionColumns(options), rows, options.delimiter);

function quarterHourColumns(options: TableOptions): readonly CsvColumn<QuarterHour>[] {
  const { local } = words(options);
  return [
    { head: "slot_local", value: (slot) => local(slot.slot_ms) },
    { head: "slot_utc", value: (slot) => utcText(slot.slot_ms) },
    // The site's own row has no station.
    { head: "station", value: (slot) => slot.stationId },
    { head: "ev_Wh", value: (slot) => slot.ev_Wh },
    { head: "site_Wh", value: (slot) => slot.site_Wh },
    { head: "avg_W", value: (slot) => slot.avg_W },
    { head: "max_W", value: (slot) => slot.max_W },
    { head: "seen_ms", value: (slot) => slot.seen_ms },
    { head: "plugged_ms", value: (slot) => slot.plugged_ms },
    { head: "charging_ms", value: (slot) => slot.charging_ms },
    { head: "limited_ms", value: (slot) => slot.limited_ms },
  ];
}

/** Quarter hours as RFC 4180 lines, head first. Missing values are empty, never 0. */
export const quarterHoursCsv = (slots: Iterable<QuarterHour>, options: TableOptions): Generator<string> =>
  csvLines(quarterHourColumns(options), slots, options.delimiter);

function invoiceColumns(options: TableOptions): readonly CsvColumn<InvoiceSummary>[] {
  const { decimal } = words(options);
  const localDay = (at_ms: EpochMs): string => localText(at_ms, options.timezone).slice(0, 10);
  const money = (amount_minor: number, { currency }: InvoiceSummary): CsvCell =>
    decimal(amountText(amount_minor, currency));
  return [
    { head: "number", value: (invoice) => invoice.number },
    { head: "month", value: (invoice) => invoice.month },
    { head: "issued", value: (invoice) => localDay(epochMs(invoice.issued_at_ms)) },
    { head: "customer_id", value: (invoice) => invoice.customerId },
    { head: "customer", value: (invoice) => invoice.customerName },
    { head: "sessions", value: (invoice) => invoice.sessions },
    { head: "energy_kWh", value: (invoice) => decimal(thousandths(invoice.energy_Wh)) },
    { head: "net", value: (invoice) => money(invoice.net_minor, invoice) },
    { head: "tax", value: (invoice) => money(invoice.tax_minor, invoice) },
    { head: "gross", value: (invoice) => money(invoice.gross_minor, invoice) },
    { head: "currency", value: (invoice) => invoice.currency },
  ];
}

/** Issued invoices as RFC 4180 lines, head first. */
export const invoicesCsv = (invoices: Iterable<InvoiceSummary>, options: TableOptions): Generator<string> =>
  csvLines(invoiceColumns(options), invoices, options.delimiter);
