import { z } from "zod";
import { epochMs } from "../../core/units/index.ts";
import { type Connection, sqlBuilder as q } from "./connection.ts";
import type { OcppRecordStore } from "./ocpp-record-types.ts";

/** Kept of each box. */
const REQUESTS_MAX = 500;
const REPORTS_MAX = 300;
/** A box that repeats itself faster than this is written down once. */
const REPEATED_WITHIN_MS = 60_000;

const aboutSchema = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));
const outcomeSchema = z.enum(["ok", "offline", "timeout", "rejected", "not-supported", "not-followed", "invalid"]);

/** What was asked of OCPP boxes beyond charging, and what they told. */
export function ocppRecordStore(db: Connection): OcppRecordStore {
  const requestsOf = (identity: string) =>
    q.selectFrom("ocpp_request").selectAll().where("identity", "=", identity).orderBy("no", "desc");
  const reportsOf = (identity: string) =>
    q.selectFrom("ocpp_report").selectAll().where("identity", "=", identity).orderBy("no", "desc");
  return {
    addRequest: (identity, { stationId: station_id, about, ...asked }) => {
      db.transaction(() => {
        db.run(q.insertInto("ocpp_request").values({ identity, station_id, ...asked, about: JSON.stringify(about) }));
        const oldest = db.first(requestsOf(identity).offset(REQUESTS_MAX).limit(1));
        if (oldest !== undefined)
          db.run(q.deleteFrom("ocpp_request").where("identity", "=", identity).where("no", "<=", oldest.no));
      });
    },
    requests: (identity) =>
      db.all(requestsOf(identity)).map(({ station_id, at_ms, asked, about, outcome, words }) => ({
        stationId: station_id,
        at_ms: epochMs(at_ms),
        asked,
        about: aboutSchema.parse(JSON.parse(about)),
        outcome: outcomeSchema.parse(outcome),
        words,
      })),
    addReport: (identity, report) => {
      db.transaction(() => {
        const last = db.first(reportsOf(identity).where("name", "=", report.name).limit(1));
        const isRepeated =
          report.name !== "BootNotification" &&
          last?.status === report.status &&
          last.about === report.about &&
          report.at_ms - last.at_ms < REPEATED_WITHIN_MS;
        if (isRepeated) return;
        db.run(q.insertInto("ocpp_report").values({ identity, ...report }));
        const oldest = db.first(reportsOf(identity).offset(REPORTS_MAX).limit(1));
        if (oldest !== undefined)
          db.run(q.deleteFrom("ocpp_report").where("identity", "=", identity).where("no", "<=", oldest.no));
      });
    },
    reports: (identity) =>
      db.all(reportsOf(identity)).map(({ at_ms, name, status, about }) => ({ at_ms, name, status, about })),
  };
}
