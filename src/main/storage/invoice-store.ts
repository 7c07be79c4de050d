import { createHash } from "node:crypto";
import { assert, type EpochMs, wattHour } from "../../core/units/index.ts";
import type { InvoiceSummary } from "../../contract/index.ts";
import { type Connection, sqlBuilder as q } from "./connection.ts";
import { toSessionRow } from "./session-search.ts";
import { readCost, readInvoice, readTariff } from "./stored-json.ts";
import type { BillableSession, InvoiceDocument, InvoiceStore } from "./types.ts";

/** Digits of a running number below which it is padded: RE2026-0001. */
const NUMBER_DIGITS = 4;

/** What the first invoice of a folder names as its predecessor. */
const NO_PREDECESSOR = "0".repeat(64);

/**
 * Invoices: numbered without gaps per series, frozen, each carrying the hash of the one before it. A `series` is the
 * seller's prefix and the year ("RE2026"); the number is `<series>-<seq>` with at least four digits.
 */
export function invoiceStore(db: Connection): InvoiceStore {
  return {
    billable: (from_ms, to_ms) => billable(db, from_ms, to_ms),
    leftOut: (from_ms, to_ms) => leftOut(db, from_ms, to_ms),
    issue: (drafts, series, make) => db.transaction(() => issue(db, drafts, series, make)),
    list: (month) => {
      const all = summaries().orderBy("no", "desc");
      return db.all(month === null ? all : all.where("month", "=", month)).map(toSummary);
    },
    document: (id) => {
      const row = db.first(q.selectFrom("invoice").select("document").where("id", "=", id));
      return row === undefined ? null : readInvoice(row.document);
    },
    bytes: (id) => {
      const row = db.first(
        q
          .selectFrom("invoice_bytes as b")
          .innerJoin("invoice as i", "i.no", "b.invoice_no")
          .select("b.bytes")
          .where("i.id", "=", id),
      );
      return row?.bytes ?? null;
    },
    saveBytes: (id, bytes) => {
      const invoice = db.first(q.selectFrom("invoice").select("no").where("id", "=", id));
      assert(invoice !== undefined, "only an issued invoice has bytes");
      db.run(
        q
          .insertInto("invoice_bytes")
          .values({ invoice_no: invoice.no, bytes })
          .onConflict((conflict) => conflict.doNothing()),
      );
    },
  };
}

function billable(db: Connection, from_ms: EpochMs, to_ms: EpochMs): BillableSession[] {
  const rows = db.all(
    q
      .selectFrom("closed_session as c")
      .innerJoin("tariff_version as t", "t.id", "c.tariff_id")
      .selectAll("c")
      .select("t.document as tariff")
      .where("c.ended_at_ms", ">=", from_ms)
      .where("c.ended_at_ms", "<", to_ms)
      .where("c.billable", "=", 1)
      .where("c.invoice_no", "is", null)
      .where("c.customer_id", "is not", null)
      .where("c.cost", "is not", null)
      .orderBy("c.ended_at_ms")
      .orderBy("c.no"),
  );
  return rows.flatMap((row) =>
    row.cost === null ? [] : [{ session: toSessionRow(row), cost: readCost(row.cost), tariff: readTariff(row.tariff) }],
  );
}

function leftOut(db: Connection, from_ms: EpochMs, to_ms: EpochMs): ReturnType<InvoiceStore["leftOut"]> {
  const rows = db
    .prepared<[EpochMs, EpochMs], { customer_id: string | null; billable: number; sessions: number }>(
      `SELECT customer_id, billable, count(*) AS sessions FROM closed_session
       WHERE ended_at_ms >= ? AND ended_at_ms < ? AND invoice_no IS NULL AND (billable = 0 OR customer_id IS NULL)
       GROUP BY customer_id, billable`,
    )
    .all(from_ms, to_ms);
  const held = rows.filter((row) => row.billable === 0);
  return {
    heldByCustomer: new Map(held.map((row) => [row.customer_id ?? "", row.sessions])),
    unassigned: rows.find((row) => row.billable === 1)?.sessions ?? 0,
  };
}

type Draft = Parameters<InvoiceStore["issue"]>[0][number];

function issue(
  db: Connection,
  drafts: readonly Draft[],
  series: string,
  make: Parameters<InvoiceStore["issue"]>[2],
): InvoiceSummary[] | "conflict" {
  // Everything is looked at before the first number is drawn; if `make` throws, the transaction takes the numbers back.
  const wanted = drafts.flatMap((draft) => draft.sessionIds);
  if (new Set(wanted).size !== wanted.length) return "conflict";
  const sessions = drafts.map((draft) => issuable(db, draft));
  return sessions.includes(null)
    ? "conflict"
    : drafts.map((draft, index) => freeze(db, draft, sessions[index] ?? new Map<string, number>(), series, make));
}

/** Session numbers of a draft by id; `null` when one is not there, not billable, somebody else's or on an invoice. */
function issuable(db: Connection, draft: Draft): ReadonlyMap<string, number> | null {
  if (draft.sessionIds.length === 0) return null;
  const found = new Map<string, number>();
  for (const id of draft.sessionIds) {
    const row = db.first(
      q
        .selectFrom("closed_session")
        .select(["no", "customer_id", "billable", "invoice_no", "currency"])
        .where("id", "=", id),
    );
    if (row?.billable !== 1 || row.invoice_no !== null || row.currency === null) return null;
    if (row.customer_id !== draft.customerId) return null;
    found.set(id, row.no);
  }
  return found;
}

function freeze(
  db: Connection,
  draft: Draft,
  sessions: ReadonlyMap<string, number>,
  series: string,
  make: (customerId: string, number: string) => InvoiceDocument,
): InvoiceSummary {
  const seq = nextSeq(db, series);
  const number = `${series}-${String(seq).padStart(NUMBER_DIGITS, "0")}`;
  const made = make(draft.customerId, number);
  assertAsDrafted(made, draft, number);
  const document = JSON.stringify(made);
  const previous_sha256 =
    db.first(q.selectFrom("invoice").select("sha256").orderBy("no", "desc").limit(1))?.sha256 ?? NO_PREDECESSOR;
  const written = db.first(
    q
      .insertInto("invoice")
      .values({
        id: made.id,
        series,
        seq,
        number,
        month: made.month,
        customer_id: draft.customerId,
        customer_name: made.customer.name,
        issued_at_ms: made.issued_at_ms,
        sessions: made.lines.length,
        energy_Wh: wattHour(made.lines.reduce((sum, line) => sum + line.energy_Wh, 0)),
        currency: made.currency,
        net_minor: made.net_minor,
        tax_minor: made.tax_minor,
        gross_minor: made.gross_minor,
        document,
        previous_sha256,
        sha256: chained(previous_sha256, document),
      })
      .returning(["no", "id", ...SUMMARY_COLUMNS]),
  );
  assert(written !== undefined, "an invoice was written");
  made.lines.forEach((line, index) => {
    const session_no = sessions.get(line.sessionId);
    assert(session_no !== undefined, "a line is one of the draft's sessions");
    db.run(q.insertInto("invoice_line").values({ session_no, invoice_no: written.no, position: index + 1 }));
  });
  return toSummary(written);
}

function assertAsDrafted(made: InvoiceDocument, draft: Draft, number: string): void {
  assert(made.number === number, "the document carries the number that was drawn for it");
  assert(made.customer.id === draft.customerId, "the document is for the customer it was asked for");
  const lines = new Set(made.lines.map((line) => line.sessionId));
  assert(lines.size === made.lines.length && made.lines.length === draft.sessionIds.length, "one line per session");
  const net_minor = made.vat.reduce((sum, line) => sum + line.net_minor, 0);
  const tax_minor = made.vat.reduce((sum, line) => sum + line.tax_minor, 0);
  assert(net_minor === made.net_minor && tax_minor === made.tax_minor, "VAT lines add up to net and tax");
  assert(made.gross_minor === made.net_minor + made.tax_minor, "gross is net and tax");
}

function nextSeq(db: Connection, series: string): number {
  const last = db.first(
    q.selectFrom("invoice").select("seq").where("series", "=", series).orderBy("seq", "desc").limit(1),
  );
  return (last?.seq ?? 0) + 1;
}

const chained = (previous_sha256: string, document: string): string =>
  createHash("sha256").update(previous_sha256).update("\n").update(document).digest("hex");

const SUMMARY_COLUMNS = [
  "number",
  "month",
  "customer_id",
  "customer_name",
  "issued_at_ms",
  "sessions",
  "energy_Wh",
  "currency",
  "net_minor",
  "tax_minor",
  "gross_minor",
] as const;

const summaries = () => q.selectFrom("invoice").select(["id", ...SUMMARY_COLUMNS]);

type SummaryRow = Omit<InvoiceSummary, "customerId" | "customerName"> & { customer_id: string; customer_name: string };

function toSummary(row: SummaryRow): InvoiceSummary {
  return {
    id: row.id,
    number: row.number,
    month: row.month,
    customerId: row.customer_id,
    customerName: row.customer_name,
    issued_at_ms: row.issued_at_ms,
    sessions: row.sessions,
    energy_Wh: row.energy_Wh,
    currency: row.currency,
    net_minor: row.net_minor,
    tax_minor: row.tax_minor,
    gross_minor: row.gross_minor,
  };
}

/**
 * Numbers of invoices where the ledger does not hold: a gap in a series, or a document that is not what was frozen.
 * An empty answer means that none was changed, added in between or removed (except at the very end).
 */
export function brokenInvoices(db: Connection): string[] {
  const rows = db.all(
    q.selectFrom("invoice").select(["number", "series", "seq", "document", "previous_sha256", "sha256"]).orderBy("no"),
  );
  const lastSeq = new Map<string, number>();
  let previous = NO_PREDECESSOR;
  return rows.flatMap((row) => {
    const inOrder = row.seq === (lastSeq.get(row.series) ?? 0) + 1;
    const intact = row.previous_sha256 === previous && row.sha256 === chained(previous, row.document);
    lastSeq.set(row.series, row.seq);
    previous = row.sha256;
    return inOrder && intact ? [] : [row.number];
  });
}
