import { setImmediate as breathe } from "node:timers/promises";
import papaparse from "papaparse";
import type { SessionFilter, SessionRow } from "../../contract/index.ts";
import { formatMinor } from "../../core/units/index.ts";
import type { Engine } from "../site/engine.types.ts";

const COLUMNS = [
  "id",
  "station",
  "station_name",
  "evse",
  "started_at",
  "ended_at",
  "start_Wh",
  "stop_Wh",
  "energy_Wh",
  "charging_s",
  "card",
  "customer",
  "end_reason",
  "flags",
  "held",
  "net",
  "tax",
  "gross",
  "currency",
  "invoice",
] as const;
/** A spreadsheet opens no more, and longer texts would fill the memory of the page. */
const ROWS_MAX = 1_000_000;
/** Rows between two pauses in which the site goes on. */
const ROWS_AT_ONCE = 500;

/**
 * RFC 4180 text of every row of the filter, with times in UTC and money as decimal text. A cell that a spreadsheet would
 * take for a formula is prefixed with an apostrophe. Unknown is an empty cell.
 */
export async function sessionsCsv(
  engine: Engine,
  filter: SessionFilter,
  delimiter: "," | ";",
  signal: AbortSignal | undefined,
): Promise<{ fileName: string; text: string }> {
  const parts = [toCsv([[...COLUMNS]], delimiter)];
  let batch: (string | number)[][] = [];
  let rows = 0;
  for (const row of engine.stores.sessions.iterate(filter)) {
    batch.push(cellsOf(row));
    rows += 1;
    if (rows >= ROWS_MAX) break;
    if (batch.length < ROWS_AT_ONCE) continue;
    parts.push(toCsv(batch, delimiter));
    batch = [];
    await breathe();
    signal?.throwIfAborted();
  }
  if (batch.length > 0) parts.push(toCsv(batch, delimiter));
  return { fileName: fileNameOf(engine, filter), text: parts.join("") };
}

const toCsv = (rows: (string | number)[][], delimiter: string): string =>
  `${papaparse.unparse(rows, { delimiter, newline: "\r\n", escapeFormulae: true })}\r\n`;

const isoOf = (at_ms: number | null): string =>
  at_ms === null ? "" : Temporal.Instant.fromEpochMilliseconds(at_ms).toString();

function cellsOf(row: SessionRow): (string | number)[] {
  const { cost } = row;
  const money = (amount_minor: number | undefined): string =>
    cost === null || amount_minor === undefined ? "" : formatMinor(BigInt(amount_minor), cost.currency);
  return [
    row.id,
    row.stationId,
    row.stationName,
    row.evseId,
    isoOf(row.started_at_ms),
    isoOf(row.ended_at_ms),
    row.start_Wh ?? "",
    row.stop_Wh ?? "",
    row.energy_Wh ?? "",
    row.charging_ms === null ? "" : Math.round(row.charging_ms / 1000),
    row.cardAlias ?? "",
    row.customerName ?? "",
    row.endReason ?? "",
    row.flags.map(({ rule }) => rule).join(" "),
    row.held ? "yes" : "no",
    money(cost?.net_minor),
    money(cost?.tax_minor),
    money(cost?.gross_minor),
    cost?.currency ?? "",
    row.invoiceNumber ?? "",
  ];
}

/** Local dates of the period, the last day included: `sessions_2026-10-01_2026-10-31.csv`. */
function fileNameOf({ timezone }: Engine, { from_ms, to_ms }: SessionFilter): string {
  const day = (at_ms: number): string =>
    Temporal.Instant.fromEpochMilliseconds(at_ms).toZonedDateTimeISO(timezone).toPlainDate().toString();
  const parts = ["sessions", from_ms === null ? [] : day(from_ms), to_ms === null ? [] : day(to_ms - 1)].flat();
  return `${parts.join("_")}.csv`;
}
