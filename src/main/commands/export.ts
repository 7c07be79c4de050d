import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate as letOthersRun } from "node:timers/promises";
import type { InvoiceSummary, SessionFilter, SessionRow } from "../../contract/index.ts";
import { epochMs } from "../../core/units/index.ts";
import {
  type TableOptions,
  amountText,
  invoicesCsv,
  quarterHoursCsv,
  ruleIds,
  sessionsCsv,
  utcText,
} from "../documents/tables.ts";
import { type QuarterHour, type Stores, openDataFolder } from "../storage/index.ts";
import { EXPORT_HELP, type ExportArgs, readExportArgs, readInstant } from "./export-args.ts";

export type ExportIo = { readonly stdout: NodeJS.WritableStream; readonly stderr: NodeJS.WritableStream };
type ExitCode = 0 | 1 | 2;

/** Text is written in pieces of about this many characters, so that a large folder fills neither memory nor the pipe. */
const PIECE_CHARS = 64 * 1024;
/** Where a folder has no site yet, there is nothing that could have a local time. */
const NO_ZONE = "UTC";

type Period = { readonly from_ms: number | null; readonly to_ms: number | null };
type Source = {
  readonly stores: Stores;
  readonly args: ExportArgs;
  readonly period: Period;
  readonly table: TableOptions;
};

/**
 * `chargehand export …`: writes what a data folder holds to stdout, without a lock and without writing to the folder, so
 * also while a site runs on it. 0: written; 1: there is nothing of that kind to write; 2: wrong use or a folder that
 * cannot be read, with one sentence on stderr.
 */
export async function exportCommand(argv: readonly string[], io: ExportIo): Promise<ExitCode> {
  const read = readExportArgs(argv);
  switch (read.kind) {
    case "help":
      return say(io.stdout, EXPORT_HELP, 0);
    case "bad-use":
      return say(io.stderr, `${read.message}\n`, 2);
    case "run":
      return exportFolder(read.args, io);
  }
}

function say(stream: NodeJS.WritableStream, text: string, code: ExitCode): ExitCode {
  stream.write(text);
  return code;
}

async function exportFolder(args: ExportArgs, io: ExportIo): Promise<ExitCode> {
  const folder = openDataFolder(args.data, { now_ms: () => Date.now(), readOnly: true });
  if (!folder.ok) return say(io.stderr, `${folder.message}\n`, 2);
  try {
    const { stores } = folder;
    const site = stores.site.load();
    if (args.kind === "site") {
      if (site === null) return say(io.stderr, `No site has been set up in ${args.data} yet.\n`, 1);
      const { exportSiteFile } = await import("../site/site-file/index.ts");
      await write([exportSiteFile(site, stores.tariffs.at(epochMs(Date.now())))], io.stdout);
      return 0;
    }
    const timezone = site?.model.identity.timezone ?? NO_ZONE;
    const period = periodOf(args, timezone);
    if (typeof period === "string") return say(io.stderr, `${period}\n`, 2);
    await write(lines({ stores, args, period, table: { timezone } }, args.kind), io.stdout);
    return 0;
  } finally {
    folder.close();
  }
}

/** The two instants, or the sentence that says what is wrong with them. */
function periodOf({ from, to }: ExportArgs, timezone: string): Period | string {
  const from_ms = from === null ? null : readInstant(from, timezone);
  const to_ms = to === null ? null : readInstant(to, timezone);
  const wrong =
    from !== null && from_ms === null ? ["--from", from] : to !== null && to_ms === null ? ["--to", to] : null;
  if (wrong !== null)
    return `${wrong.join(" ")} is no ISO 8601 date or time, as in 2026-03-01 or 2026-03-01T06:00:00Z.`;
  if (from_ms !== null && to_ms !== null && from_ms >= to_ms) return "--from must lie before --to.";
  return { from_ms, to_ms };
}

/** Everything to be written, as it is read; a reader that closed early (`| head`) has what it wanted. */
async function write(text: Iterable<string>, stdout: NodeJS.WritableStream): Promise<void> {
  try {
    await pipeline(Readable.from(pieces(text), { objectMode: false, highWaterMark: 2 * PIECE_CHARS }), stdout, {
      end: false,
    });
  } catch (error) {
    const closedEarly = error instanceof Error && "code" in error && error.code === "EPIPE";
    if (!closedEarly) throw error;
  }
}

async function* pieces(text: Iterable<string>): AsyncGenerator<string> {
  let piece = "";
  for (const part of text) {
    piece += part;
    if (piece.length < PIECE_CHARS) continue;
    yield piece;
    piece = "";
    await letOthersRun();
  }
  if (piece !== "") yield piece;
}

function lines(
  { stores, args, period, table }: Source,
  kind: "sessions" | "quarter-hours" | "invoices",
): Iterable<string> {
  const csv = args.format === "csv";
  switch (kind) {
    case "sessions": {
      const idToken = (sessionId: string): string | null => stores.sessions.idToken(sessionId);
      const rows = stores.sessions.iterate(sessionsOf(period));
      return csv
        ? sessionsCsv(rows, { ...table, idToken })
        : jsonArray(rows, (row) => sessionJson(row, idToken(row.id)));
    }
    case "quarter-hours": {
      const slots = stores.history.iterate(period);
      return csv ? quarterHoursCsv(slots, table) : jsonArray(slots, quarterHourJson);
    }
    case "invoices": {
      const invoices = stores.invoices.list(null).filter((invoice) => isIn(period, invoice.issued_at_ms));
      return csv ? invoicesCsv(invoices, table) : jsonArray(invoices, invoiceJson);
    }
  }
}

const sessionsOf = (period: Period): SessionFilter => ({
  ...period,
  stationIds: [],
  customerId: null,
  state: "all",
  text: "",
});

const isIn = ({ from_ms, to_ms }: Period, at_ms: number): boolean =>
  (from_ms === null || at_ms >= from_ms) && (to_ms === null || at_ms < to_ms);

/** A JSON array with one object per line, so that it can also be read line by line. */
function* jsonArray<Row>(rows: Iterable<Row>, toObject: (row: Row) => object): Generator<string> {
  let before = "[\n";
  for (const row of rows) {
    yield before + JSON.stringify(toObject(row));
    before = ",\n";
  }
  yield before === "[\n" ? "[]\n" : "\n]\n";
}

const instant = (at_ms: number | null): string | null => (at_ms === null ? null : utcText(at_ms));

function sessionJson(row: SessionRow, idToken: string | null): object {
  const { cost } = row;
  return {
    id: row.id,
    station: row.stationId,
    station_name: row.stationName,
    evse: row.evseId,
    started_at: instant(row.started_at_ms),
    ended_at: instant(row.ended_at_ms),
    start_Wh: row.start_Wh,
    stop_Wh: row.stop_Wh,
    energy_Wh: row.energy_Wh,
    charging_ms: row.charging_ms,
    id_token: idToken,
    customer: row.customerName,
    customer_id: row.customerId,
    end_reason: row.endReason,
    ended_by: row.endedBy,
    flags: ruleIds(row),
    held: row.held,
    cost: cost === null ? null : { ...amounts(cost), currency: cost.currency },
    invoice: row.invoiceNumber,
  };
}

type Amounts = {
  readonly currency: string;
  readonly net_minor: number;
  readonly tax_minor: number;
  readonly gross_minor: number;
};

const amounts = ({ currency, net_minor, tax_minor, gross_minor }: Amounts) => ({
  net: amountText(net_minor, currency),
  tax: amountText(tax_minor, currency),
  gross: amountText(gross_minor, currency),
});

function quarterHourJson({ slot_ms, stationId, ...values }: QuarterHour): object {
  return { at: instant(slot_ms), station: stationId === "" ? null : stationId, ...values };
}

function invoiceJson(invoice: InvoiceSummary): object {
  return {
    id: invoice.id,
    number: invoice.number,
    month: invoice.month,
    issued_at: instant(invoice.issued_at_ms),
    customer: invoice.customerName,
    customer_id: invoice.customerId,
    sessions: invoice.sessions,
    energy_Wh: invoice.energy_Wh,
    ...amounts(invoice),
    currency: invoice.currency,
  };
}
