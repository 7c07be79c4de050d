import { type SelectQueryBuilder, sql } from "kysely";
import { assert } from "../../core/units/index.ts";
import type { SessionFilter, SessionRow } from "../../contract/index.ts";
import { cardAlias } from "./card-alias.ts";
import { type Connection, sqlBuilder } from "./connection.ts";
import { readFlags } from "./stored-json.ts";
import type { SessionView, Tables } from "./tables.ts";
import type { SessionStore } from "./types.ts";

// Finding sessions. The order is always: running ones (newest start first), then closed ones (newest end first).

type View = "closed_session" | "running_session";

const ROW_COLUMNS = [
  "no",
  "id",
  "station_id",
  "station_name",
  "evse_id",
  "ended_at_ms",
  "started_at_ms",
  "start_Wh",
  "stop_Wh",
  "energy_Wh",
  "charging_ms",
  "id_token",
  "customer_id",
  "customer_name",
  "end_reason",
  "ended_by",
  "flags",
  "billable",
  "currency",
  "net_minor",
  "tax_minor",
  "gross_minor",
  "invoice_number",
] as const satisfies readonly (keyof SessionView)[];
type Row = Pick<SessionView, (typeof ROW_COLUMNS)[number]>;

/** The session as the contract shows it. */
export function toSessionRow(row: Row): SessionRow {
  const { currency, net_minor, tax_minor, gross_minor } = row;
  const priced = currency !== null && net_minor !== null && tax_minor !== null && gross_minor !== null;
  return {
    id: row.id,
    stationId: row.station_id,
    stationName: row.station_name,
    evseId: row.evse_id,
    ended_at_ms: row.ended_at_ms,
    started_at_ms: row.started_at_ms,
    start_Wh: row.start_Wh,
    stop_Wh: row.stop_Wh,
    energy_Wh: row.energy_Wh,
    charging_ms: row.charging_ms,
    cardAlias: row.id_token === null ? null : cardAlias(row.id_token),
    customerId: row.customer_id,
    customerName: row.customer_name,
    endReason: row.end_reason,
    endedBy: row.ended_by,
    flags: readFlags(row.flags).map((flag) => ({ ...flag, inputs: { ...flag.inputs } })),
    held: row.billable === 0,
    cost: priced ? { currency, net_minor, tax_minor, gross_minor } : null,
    invoiceNumber: row.invoice_number,
  };
}

/** A session belongs to the period of its end: with a period, running ones are found by state `running` only. */
function searched(filter: SessionFilter): Record<View, boolean> {
  const anyTime = filter.from_ms === null && filter.to_ms === null;
  return {
    running_session: filter.state === "running" || (filter.state === "all" && anyTime),
    closed_session: filter.state !== "running",
  };
}

const escapeLike = (text: string): string => text.replaceAll(/[\\%_]/gu, (sign) => `\\${sign}`);

/** The filter's conditions on either view, without period and order. */
function matching(view: View, filter: SessionFilter): SelectQueryBuilder<Tables, View, object> {
  let query = sqlBuilder.selectFrom(view);
  if (filter.stationIds.length > 0) {
    query = query.where(
      sql<boolean>`station_id IN (SELECT value FROM json_each(${JSON.stringify(filter.stationIds)}))`,
    );
  }
  if (filter.customerId !== null) query = query.where("customer_id", "=", filter.customerId);
  if (filter.state === "held") query = query.where("billable", "=", 0);
  if (filter.state === "billed") query = query.where("invoice_no", "is not", null);
  if (filter.state === "unbilled") query = query.where("billable", "=", 1).where("invoice_no", "is", null);
  const text = filter.text.trim();
  if (text === "") return query;
  const like = `%${escapeLike(text)}%`;
  // A card is found by the characters that are shown of it or by the whole of it, so that nobody can guess it piecemeal.
  return query.where(
    sql<boolean>`(id LIKE ${like} ESCAPE '\\' OR station_id LIKE ${like} ESCAPE '\\' OR station_name LIKE ${like} ESCAPE '\\'
      OR customer_name LIKE ${like} ESCAPE '\\' OR invoice_number LIKE ${like} ESCAPE '\\'
      OR id_token = ${text} OR substr(id_token, -min(4, length(id_token) / 2)) LIKE ${like} ESCAPE '\\')`,
  );
}

function closedMatching(filter: SessionFilter): SelectQueryBuilder<Tables, View, object> {
  let query = matching("closed_session", filter);
  if (filter.from_ms !== null) query = query.where(sql<boolean>`ended_at_ms >= ${filter.from_ms}`);
  if (filter.to_ms !== null) query = query.where(sql<boolean>`ended_at_ms < ${filter.to_ms}`);
  return query;
}

type Cursor = { readonly view: View; readonly at_ms: number; readonly no: number };
const CURSOR = /^(?<view>[rc]):(?<at>\d{1,15}):(?<no>\d{1,15})$/u;

function readCursor(text: string): Cursor | null {
  const groups = CURSOR.exec(text)?.groups;
  if (groups === undefined) return null;
  return {
    view: groups["view"] === "r" ? "running_session" : "closed_session",
    at_ms: Number(groups["at"]),
    no: Number(groups["no"]),
  };
}

function writeCursor(row: Row): string {
  const at_ms = row.ended_at_ms ?? row.started_at_ms;
  return `${row.ended_at_ms === null ? "r" : "c"}:${String(at_ms)}:${String(row.no)}`;
}

function pageOf(db: Connection, view: View, filter: SessionFilter, after: Cursor | null, limit: number): Row[] {
  const base = view === "closed_session" ? closedMatching(filter) : matching(view, filter);
  const order = view === "closed_session" ? "ended_at_ms" : "started_at_ms";
  const from =
    after === null ? base : base.where(sql<boolean>`(${sql.ref(order)}, no) < (${after.at_ms}, ${after.no})`);
  return db.all(from.select(ROW_COLUMNS).orderBy(order, "desc").orderBy("no", "desc").limit(limit));
}

/** One page, newest first. A cursor that we did not write finds nothing. */
export function listSessions(
  db: Connection,
  filter: SessionFilter,
  page: { cursor: string | null; limit: number },
): ReturnType<SessionStore["list"]> {
  assert(page.limit >= 1, "a page has at least one row");
  const cursor = page.cursor === null ? null : readCursor(page.cursor);
  if (page.cursor !== null && cursor === null) return { rows: [], nextCursor: null };
  const views = searched(filter);
  const wanted = page.limit + 1;
  const rows: Row[] = [];
  if (views.running_session && cursor?.view !== "closed_session") {
    rows.push(...pageOf(db, "running_session", filter, cursor, wanted));
  }
  if (views.closed_session && rows.length < wanted) {
    const after = cursor?.view === "closed_session" ? cursor : null;
    rows.push(...pageOf(db, "closed_session", filter, after, wanted - rows.length));
  }
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  return {
    rows: shown.map(toSessionRow),
    nextCursor: rows.length > page.limit && last !== undefined ? writeCursor(last) : null,
  };
}

const ITERATION_ROWS = 500;

/** Reads page by page, so the connection is free for writes between two rows; rows written meanwhile may be missed. */
export function* iterateSessions(db: Connection, filter: SessionFilter): IterableIterator<SessionRow> {
  let cursor: string | null = null;
  do {
    const page: ReturnType<SessionStore["list"]> = listSessions(db, filter, { cursor, limit: ITERATION_ROWS });
    yield* page.rows;
    cursor = page.nextCursor;
  } while (cursor !== null);
}

/** Sums over exactly the rows that `listSessions` finds; amounts in another currency than the site's are not added. */
export function sessionTotals(db: Connection, filter: SessionFilter): ReturnType<SessionStore["totals"]> {
  const currency = siteCurrency(db);
  const totals = {
    sessions: 0,
    energy_Wh: 0,
    charging_ms: 0,
    held: 0,
    cost: { currency, net_minor: 0, tax_minor: 0, gross_minor: 0 },
  };
  const views = searched(filter);
  const queries = [
    ...(views.running_session ? [matching("running_session", filter)] : []),
    ...(views.closed_session ? [closedMatching(filter)] : []),
  ];
  for (const query of queries) {
    const sums = db.first(
      query.select([
        sql<number>`count(*)`.as("sessions"),
        sql<number>`coalesce(sum(energy_Wh), 0)`.as("energy_Wh"),
        sql<number>`coalesce(sum(charging_ms), 0)`.as("charging_ms"),
        sql<number>`coalesce(sum(billable = 0), 0)`.as("held"),
        sql<number>`coalesce(sum(net_minor) FILTER (WHERE currency = ${currency}), 0)`.as("net_minor"),
        sql<number>`coalesce(sum(tax_minor) FILTER (WHERE currency = ${currency}), 0)`.as("tax_minor"),
        sql<number>`coalesce(sum(gross_minor) FILTER (WHERE currency = ${currency}), 0)`.as("gross_minor"),
      ]),
    );
    assert(sums !== undefined, "a sum is always one row");
    totals.sessions += sums.sessions;
    totals.energy_Wh += sums.energy_Wh;
    totals.charging_ms += sums.charging_ms;
    totals.held += sums.held;
    totals.cost.net_minor += sums.net_minor;
    totals.cost.tax_minor += sums.tax_minor;
    totals.cost.gross_minor += sums.gross_minor;
  }
  return totals;
}

/** Currency of the site, else of its newest tariff; ISO 4217 "XXX" (no currency) in an empty folder. */
function siteCurrency(db: Connection): string {
  const row = db
    .prepared<[], { currency: string | null }>(
      `SELECT coalesce(
        (SELECT document ->> '$.model.identity.currency' FROM site_version ORDER BY no DESC LIMIT 1),
        (SELECT currency FROM tariff_version ORDER BY no DESC LIMIT 1)) AS currency`,
    )
    .get();
  return row?.currency ?? "XXX";
}

/** The row of one session, running or closed. */
export function sessionRow(db: Connection, id: string): { row: SessionRow; view: SessionView } | null {
  const find = (view: View): SessionView | undefined =>
    db.first(sqlBuilder.selectFrom(view).selectAll().where("id", "=", id));
  const found = find("closed_session") ?? find("running_session");
  return found === undefined ? null : { row: toSessionRow(found), view: found };
}
