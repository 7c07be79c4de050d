import type { BlackBoxRow } from "../../core/balancing/index.ts";
import { assert } from "../../core/units/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import { type Connection, sqlBuilder as q } from "./connection.ts";
import type { EvidenceStore, ImposedRecord } from "./evidence-types.ts";

/** Records of overloads kept, each of at most an hour and six minutes; the oldest go first. */
const OVERLOADS_MAX = 500;

/** What external limits did and how fast they were kept, and the seconds around every overload. */
export function evidenceStore(db: Connection): EvidenceStore {
  return {
    addSignalEvents: (events) => {
      if (events.length === 0) return;
      db.transaction(() => {
        for (const { signalId, circuitId, ...event } of events)
          db.run(q.insertInto("signal_event").values({ signal_id: signalId, circuit_id: circuitId, ...event }));
      });
    },
    imposed: (signalId, limit) => imposedRecords(db, signalId, limit),
    openOverload: (circuit_id, began_at_ms) => {
      const row = db.first(q.insertInto("overload").values({ circuit_id, began_at_ms }).returning("no"));
      assert(row !== undefined, "an overload was written");
      return row.no;
    },
    addOverloadRows: (no, rows) => {
      db.transaction(() => {
        for (const row of rows)
          db.run(
            q
              .insertInto("overload_row")
              .values(toColumns(no, row))
              .onConflict((conflict) => conflict.doNothing()),
          );
      });
    },
    closeOverload: (overload_no, ended_at_ms, peak_permille) => {
      db.run(q.insertInto("overload_end").values({ overload_no, ended_at_ms, peak_permille }));
    },
    overloads: (circuitId, limit) => {
      const all = q
        .selectFrom("overload")
        .leftJoin("overload_end", "overload_no", "no")
        .select(["no", "circuit_id as circuitId", "began_at_ms", "ended_at_ms", "peak_permille"])
        .orderBy("began_at_ms", "desc")
        .orderBy("no", "desc")
        .limit(limit);
      return db.all(circuitId === null ? all : all.where("circuit_id", "=", circuitId));
    },
    overloadRows: (no) =>
      db.all(q.selectFrom("overload_row").selectAll().where("overload_no", "=", no).orderBy("at_ms")).map(toRow),
    prune: (before_ms) => {
      prune(db, before_ms);
    },
  };
}

function imposedRecords(db: Connection, signalId: string | null, limit: number): ImposedRecord[] {
  const began = q.selectFrom("signal_event").selectAll().where("kind", "=", "imposed");
  const newest = db.all(
    (signalId === null ? began : began.where("signal_id", "=", signalId))
      .orderBy("imposed_at_ms", "desc")
      .orderBy("no", "desc")
      .limit(limit),
  );
  return newest.map((event) => {
    const later = db.all(
      q
        .selectFrom("signal_event")
        .select(["kind", "at_ms"])
        .where("imposed_at_ms", "=", event.imposed_at_ms)
        .where("signal_id", "=", event.signal_id),
    );
    const when = (kind: string): EpochMs | null => later.find((one) => one.kind === kind)?.at_ms ?? null;
    return {
      signalId: event.signal_id,
      circuitId: event.circuit_id,
      imposed_at_ms: event.imposed_at_ms,
      why: event.why,
      limit_mA: event.limit_mA,
      limit_W: event.limit_W,
      sent_at_ms: when("sent"),
      complied_at_ms: when("complied"),
      late: when("late") !== null,
      released_at_ms: when("released"),
    };
  });
}

function toColumns(overload_no: number, row: BlackBoxRow) {
  return {
    overload_no,
    at_ms: row.at_ms,
    current_l1_mA: row.current_mA[0],
    current_l2_mA: row.current_mA[1],
    current_l3_mA: row.current_mA[2],
    limit_l1_mA: row.limit_mA[0],
    limit_l2_mA: row.limit_mA[1],
    limit_l3_mA: row.limit_mA[2],
    other_l1_mA: row.otherLoad_mA[0],
    other_l2_mA: row.otherLoad_mA[1],
    other_l3_mA: row.otherLoad_mA[2],
    granted_l1_mA: row.granted_mA[0],
    granted_l2_mA: row.granted_mA[1],
    granted_l3_mA: row.granted_mA[2],
    action: row.action,
  };
}

const toRow = (row: ReturnType<typeof toColumns>): BlackBoxRow => ({
  at_ms: row.at_ms,
  current_mA: [row.current_l1_mA, row.current_l2_mA, row.current_l3_mA],
  limit_mA: [row.limit_l1_mA, row.limit_l2_mA, row.limit_l3_mA],
  otherLoad_mA: [row.other_l1_mA, row.other_l2_mA, row.other_l3_mA],
  granted_mA: [row.granted_l1_mA, row.granted_l2_mA, row.granted_l3_mA],
  action: row.action,
});

function prune(db: Connection, before_ms: EpochMs): void {
  db.transaction(() => {
    db.run(q.deleteFrom("signal_event").where("imposed_at_ms", "<", before_ms));
    db.run(q.deleteFrom("overload").where("began_at_ms", "<", before_ms));
    db.prepared<[number], never>(
      "DELETE FROM overload WHERE no <= (SELECT no FROM overload ORDER BY no DESC LIMIT 1 OFFSET ?)",
    ).run(OVERLOADS_MAX);
  });
}
