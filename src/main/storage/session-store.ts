import { sql } from "kysely";
import type { ClosedSession, OpenedSession, RegisterSample } from "../../core/session/index.ts";
import type { Cost } from "../../core/tariff/index.ts";
import { assert, type EpochMs, epochMs } from "../../core/units/index.ts";
import type { SessionDetail } from "../../contract/index.ts";
import { type Connection, sqlBuilder as q } from "./connection.ts";
import { declaredOf } from "./session-declared.ts";
import { iterateSessions, listSessions, sessionRow, sessionTotals } from "./session-search.ts";
import { minorNumber, readCost, readFlags, readTariff, writeCost } from "./stored-json.ts";
import type { SessionView } from "./tables.ts";
import type { RunningSession, SessionStore } from "./types.ts";

/** 2020-01-01T00:00:00Z: seconds since then stay inside OCPP 1.6's 32-bit transaction id until 2088. */
const TRANSACTION_EPOCH_ms = 1_577_836_800_000;

/** Evidence kept per station; a box that repeats itself for ever pushes its own oldest messages out. */
const STRAYS_PER_STATION_MAX = 10_000;
const STRAY_DATA_CHARS_MAX = 16_384;

/** Sessions and the journal of readings that carry money. */
export function sessionStore(db: Connection): SessionStore {
  return {
    open: (session, tariffId) => db.transaction(() => openSession(db, session, tariffId)),
    addRegister: (sessionId, sample) => {
      db.transaction(() => {
        addRegister(db, sessionNo(db, sessionId), sample);
      });
    },
    addActivity: (sessionId, at_ms, activity) => {
      const session_no = sessionNo(db, sessionId);
      const last = db.first(
        q
          .selectFrom("session_activity")
          .select("activity")
          .where("session_no", "=", session_no)
          .orderBy("no", "desc")
          .limit(1),
      );
      if (last?.activity === activity) return;
      db.run(q.insertInto("session_activity").values({ session_no, at_ms, activity }));
    },
    close: (session, cost) => db.transaction(() => closeSession(db, session, cost)),
    running: () => running(db, null),
    runningOne: (sessionId) => running(db, sessionId)[0] ?? null,
    lastClosed: (stationId, evseId) => {
      const row = db.first(
        q
          .selectFrom("closed_session")
          .selectAll()
          .where("station_id", "=", stationId)
          .where("evse_id", "=", evseId)
          .orderBy("started_at_ms", "desc")
          .orderBy("no", "desc")
          .limit(1),
      );
      return row === undefined ? null : toClosedSession(row);
    },
    findByTransaction: (stationId, transactionId) => {
      const row = db.first(
        q
          .selectFrom("session_open as o")
          .leftJoin("session_close as c", "c.session_no", "o.no")
          .select(["o.id", "c.session_no"])
          .where("o.station_id", "=", stationId)
          .where("o.transaction_id", "=", transactionId)
          .orderBy("o.no", "desc")
          .limit(1),
      );
      return row === undefined ? null : { sessionId: row.id, closed: row.session_no !== null };
    },
    addStray: (stray) => {
      db.transaction(() => {
        addStray(db, stray);
      });
    },
    nextTransactionId: (at_ms) => db.transaction(() => nextTransactionId(db, at_ms)),
    list: (filter, page) => listSessions(db, filter, page),
    totals: (filter) => sessionTotals(db, filter),
    detail: (id) => sessionDetail(db, id),
    idToken: (sessionId) =>
      db.first(q.selectFrom("session_open").select("id_token").where("id", "=", sessionId))?.id_token ?? null,
    ...declaredOf(db),
    iterate: (filter) => iterateSessions(db, filter),
  };
}

function openSession(db: Connection, session: OpenedSession, tariffId: string): boolean {
  const owner =
    session.idToken === null
      ? undefined
      : db.first(q.selectFrom("card").select("customer_id").where("id_token", "=", session.idToken));
  const row = db.first(
    q
      .insertInto("session_open")
      .values({
        id: session.id,
        station_id: session.stationId,
        evse_id: session.evseId,
        transaction_id: session.transactionId,
        id_token: session.idToken,
        customer_id: owner?.customer_id ?? null,
        tariff_id: tariffId,
        started_at_ms: session.started_at_ms,
        received_at_ms: session.received_at_ms,
        start_Wh: session.start_Wh,
      })
      .onConflict((conflict) => conflict.column("id").doNothing())
      .returning("no"),
  );
  if (row === undefined) return false;
  db.run(q.insertInto("session_running").values({ session_no: row.no }));
  const { start_Wh, started_at_ms: at_ms, received_at_ms } = session;
  if (start_Wh !== null) noteRegister(db, session.stationId, { at_ms, received_at_ms, register_Wh: start_Wh });
  return true;
}

function sessionNo(db: Connection, id: string): number {
  const row = db.first(q.selectFrom("session_open").select("no").where("id", "=", id));
  assert(row !== undefined, `session ${id} was opened before anything is said about it`);
  return row.no;
}

function addRegister(db: Connection, session_no: number, sample: RegisterSample): void {
  const { at_ms, received_at_ms, register_Wh } = sample;
  const written = db.run(
    q
      .insertInto("session_register")
      .values({ session_no, at_ms, register_Wh, received_at_ms })
      .onConflict((conflict) => conflict.doNothing()),
  );
  if (written === 0) return;
  const session = db.first(q.selectFrom("session_open").select("station_id").where("no", "=", session_no));
  assert(session !== undefined, "a register belongs to a session");
  noteRegister(db, session.station_id, sample);
}

/**
 * Keeps the newest proven register of a station. Newest by when we heard it: a box that once had its clock in the future
 * would otherwise keep all later values out.
 */
function noteRegister(
  db: Connection,
  station_id: string,
  { at_ms, received_at_ms, register_Wh }: RegisterSample,
): void {
  db.run(
    q
      .insertInto("station_register")
      .values({ station_id, at_ms, received_at_ms, register_Wh })
      .onConflict((conflict) =>
        conflict
          .column("station_id")
          .doUpdateSet({ at_ms, received_at_ms, register_Wh })
          .where("station_register.received_at_ms", "<=", received_at_ms),
      ),
  );
}

function closeSession(db: Connection, session: ClosedSession, cost: Cost | null): boolean {
  const session_no = sessionNo(db, session.id);
  const written = db.run(
    q
      .insertInto("session_close")
      .values({
        session_no,
        ended_at_ms: session.ended_at_ms,
        start_Wh: session.start_Wh,
        stop_Wh: session.stop_Wh,
        energy_Wh: session.energy_Wh,
        end_reason: session.endReason,
        ended_by: session.endedBy,
        flags: JSON.stringify(session.flags),
        billable: session.billable ? 1 : 0,
        charging_ms: session.charging_ms,
        parked_ms: session.parked_ms,
        heldByOperator_ms: session.heldByOperator_ms,
      })
      .onConflict((conflict) => conflict.column("session_no").doNothing()),
  );
  if (written === 0) return false;
  db.run(q.deleteFrom("session_running").where("session_no", "=", session_no));
  if (cost !== null) addCost(db, session_no, cost);
  const { ended_at_ms, stop_Wh } = session;
  if (stop_Wh !== null && session.endedBy === "station") {
    db.run(
      q
        .updateTable("station_register")
        .set({ at_ms: ended_at_ms, register_Wh: stop_Wh })
        .where("station_id", "=", session.stationId)
        .where("at_ms", "<=", ended_at_ms),
    );
  }
  return true;
}

function addCost(db: Connection, session_no: number, cost: Cost): void {
  const { currency, net_minor, tax_minor, gross_minor } = cost;
  assert(gross_minor === net_minor + tax_minor, "gross is net and tax");
  const document = writeCost(cost);
  // Sums in SQL and numbers in the contract stay exact below 2^53.
  [net_minor, tax_minor, gross_minor].forEach(minorNumber);
  db.run(q.insertInto("cdr").values({ session_no, currency, net_minor, tax_minor, gross_minor, document }));
}

function registersOf(db: Connection, session_no: number): RegisterSample[] {
  return db.all(
    q
      .selectFrom("session_register")
      .select(["at_ms", "received_at_ms", "register_Wh"])
      .where("session_no", "=", session_no)
      .orderBy("at_ms")
      .orderBy("received_at_ms")
      .orderBy("register_Wh"),
  );
}

function activitiesOf(db: Connection, session_no: number): RunningSession["activities"][number][] {
  return db.all(
    q
      .selectFrom("session_activity")
      .select(["at_ms", "activity"])
      .where("session_no", "=", session_no)
      .orderBy("at_ms")
      .orderBy("no"),
  );
}

function toOpenedSession(row: SessionView): OpenedSession {
  return {
    id: row.id,
    stationId: row.station_id,
    evseId: row.evse_id,
    transactionId: row.transaction_id,
    idToken: row.id_token,
    started_at_ms: row.started_at_ms,
    received_at_ms: row.received_at_ms,
    start_Wh: row.start_Wh,
  };
}

function toClosedSession(row: SessionView): ClosedSession {
  const { ended_at_ms, end_reason, ended_by, charging_ms, parked_ms, heldByOperator_ms } = row;
  assert(ended_at_ms !== null && end_reason !== null && ended_by !== null, "a closed session has an end");
  assert(charging_ms !== null && parked_ms !== null && heldByOperator_ms !== null, "a closed session has durations");
  return {
    ...toOpenedSession(row),
    ended_at_ms,
    stop_Wh: row.stop_Wh,
    endReason: end_reason,
    endedBy: ended_by,
    energy_Wh: row.energy_Wh,
    flags: readFlags(row.flags),
    billable: row.billable === 1,
    charging_ms,
    parked_ms,
    heldByOperator_ms,
  };
}

function running(db: Connection, id: string | null): RunningSession[] {
  const all = q.selectFrom("running_session").selectAll().orderBy("no");
  return db.all(id === null ? all : all.where("id", "=", id)).map((row) => {
    const tariff = db.first(q.selectFrom("tariff_version").select("document").where("id", "=", row.tariff_id));
    assert(tariff !== undefined, "a session keeps the tariff it began with");
    return {
      opened: toOpenedSession(row),
      tariff: readTariff(tariff.document),
      registers: registersOf(db, row.no),
      activities: activitiesOf(db, row.no),
    };
  });
}

function addStray(db: Connection, stray: Parameters<SessionStore["addStray"]>[0]): void {
  const data = stray.data.slice(0, STRAY_DATA_CHARS_MAX);
  const row = db.first(
    q
      .insertInto("session_stray")
      .values({
        station_id: stray.stationId,
        at_ms: stray.at_ms,
        received_at_ms: stray.received_at_ms,
        kind: stray.kind,
        data,
      })
      .returning("no"),
  );
  assert(row !== undefined, "a stray message was written");
  db.prepared<[string, string, number], never>(
    `DELETE FROM session_stray WHERE station_id = ? AND no <= (
      SELECT no FROM session_stray WHERE station_id = ? ORDER BY no DESC LIMIT 1 OFFSET ?)`,
  ).run(stray.stationId, stray.stationId, STRAYS_PER_STATION_MAX);
}

function nextTransactionId(db: Connection, at_ms: EpochMs): number {
  const fromClock = Math.max(1, Math.floor((at_ms - TRANSACTION_EPOCH_ms) / 1000));
  const row = db.first(
    q
      .insertInto("counter")
      .values({ name: "transaction-id", value: fromClock })
      .onConflict((conflict) =>
        conflict.column("name").doUpdateSet({ value: sql<number>`max(counter.value + 1, excluded.value)` }),
      )
      .returning("value"),
  );
  assert(row !== undefined, "a counter always answers");
  return row.value;
}

function sessionDetail(db: Connection, id: string): SessionDetail | null {
  const found = sessionRow(db, id);
  if (found === null) return null;
  const { row, view } = found;
  const tariff = db.first(q.selectFrom("tariff_version").select("document").where("id", "=", view.tariff_id));
  const lines = view.cost === null ? [] : readCost(view.cost).lines;
  const declared = declaredOf(db).declared(id);
  return {
    row,
    tariffName: tariff === undefined ? null : readTariff(tariff.document).name,
    lines: lines.map(({ type, price, vat_bp, metered, billed, net_minor }) => ({
      type,
      price,
      vat_bp,
      metered,
      billed,
      net_minor: minorNumber(net_minor),
    })),
    registers: registersOf(db, view.no).map(({ at_ms, register_Wh }) => ({ at_ms, register_Wh })),
    activities: activitiesOf(db, view.no).map(({ at_ms, activity }) => ({ at_ms, activity })),
    ...(declared === null ? {} : { declared }),
  };
}

/** Latest instant of our own or a trusted clock in the sessions; a box whose clock is wrong (D14) does not count. */
export function latestInSessions(db: Connection): EpochMs | null {
  const row = db
    .prepared<[], { at_ms: number | null }>(
      `SELECT max(at_ms) AS at_ms FROM (
        SELECT (SELECT received_at_ms FROM session_open ORDER BY no DESC LIMIT 1) AS at_ms
        UNION ALL SELECT max(received_at_ms) FROM station_register
        UNION ALL SELECT (SELECT ended_at_ms FROM session_close WHERE flags NOT LIKE '%"D14"%' ORDER BY ended_at_ms DESC LIMIT 1))`,
    )
    .get();
  assert(row !== undefined, "a maximum is always one row");
  return row.at_ms === null ? null : epochMs(row.at_ms);
}
