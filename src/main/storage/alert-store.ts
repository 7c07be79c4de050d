import { assert } from "../../core/units/index.ts";
import type { Alert } from "../../contract/index.ts";
import { type Connection, sqlBuilder as q } from "./connection.ts";
import { readInputs } from "./stored-json.ts";
import type { AlertStore } from "./types.ts";

/** Ended alerts kept; the oldest go first. */
const ALERTS_KEPT_MAX = 10_000;

const COLUMNS = [
  "no",
  "code",
  "severity",
  "ref",
  "since_ms",
  "ended_at_ms",
  "count",
  "inputs",
  "acknowledged_at_ms",
] as const;

/** What is wrong and what was. One alert per code and subject is open at a time. */
export function alertStore(db: Connection): AlertStore {
  const alerts = q.selectFrom("alert").select(COLUMNS);
  const newestFirst = alerts.orderBy("since_ms", "desc").orderBy("no", "desc");
  return {
    open: () => db.all(newestFirst.where("ended_at_ms", "is", null)).map(toAlert),
    list: (includeEnded, limit) =>
      db.all((includeEnded ? newestFirst : newestFirst.where("ended_at_ms", "is", null)).limit(limit)).map(toAlert),
    raise: ({ code, severity, ref, inputs }, at_ms) =>
      db.transaction(() => {
        const seen = JSON.stringify(inputs);
        const counted = db.first(
          q
            .updateTable("alert")
            .set((columns) => ({ count: columns("count", "+", 1), severity, inputs: seen }))
            .where("code", "=", code)
            .where("ref", "=", ref)
            .where("ended_at_ms", "is", null)
            .returning(COLUMNS),
        );
        if (counted !== undefined) return toAlert(counted);
        const raised = db.first(
          q
            .insertInto("alert")
            .values({ code, severity, ref, since_ms: at_ms, count: 1, inputs: seen })
            .returning(COLUMNS),
        );
        assert(raised !== undefined, "an alert was written");
        return toAlert(raised);
      }),
    end: (code, ref, at_ms) => {
      db.transaction(() => {
        const ended = db.run(
          q
            .updateTable("alert")
            .set({ ended_at_ms: at_ms })
            .where("code", "=", code)
            .where("ref", "=", ref)
            .where("ended_at_ms", "is", null),
        );
        if (ended > 0) forgetOldest(db);
      });
    },
    acknowledge: (id, at_ms) => {
      const row = db.first(
        q
          .updateTable("alert")
          .set((columns) => ({ acknowledged_at_ms: columns.fn.coalesce("acknowledged_at_ms", columns.val(at_ms)) }))
          .where("no", "=", Number(id))
          .returning(COLUMNS),
      );
      return row === undefined ? null : toAlert(row);
    },
  };
}

type AlertRow = Omit<Alert, "id" | "inputs"> & { no: number; inputs: string };

const toAlert = ({ no, inputs, ...row }: AlertRow): Alert => ({ id: String(no), ...row, inputs: readInputs(inputs) });

function forgetOldest(db: Connection): void {
  db.prepared<[number], never>(
    `DELETE FROM alert WHERE ended_at_ms IS NOT NULL AND no <= (SELECT no FROM alert ORDER BY no DESC LIMIT 1 OFFSET ?)`,
  ).run(ALERTS_KEPT_MAX);
}
