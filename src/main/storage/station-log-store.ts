import { epochMs } from "../../core/units/index.ts";
import { type Connection, sqlBuilder as q } from "./connection.ts";
import type { StationLogStore } from "./types.ts";

/** State changes older than this are dropped when the station's next one is written: 100 days. */
const STATES_KEPT_ms = 100 * 86_400_000;

/** State changes of stations, and the last register proven for each. */
export function stationLogStore(db: Connection): StationLogStore {
  const newest = q
    .selectFrom("station_state")
    .select(["at_ms", "state", "status"])
    .orderBy("at_ms", "desc")
    .orderBy("no", "desc");
  return {
    addState: (station_id, at_ms, state, status) => {
      db.transaction(() => {
        const last = db.first(newest.where("station_id", "=", station_id).limit(1));
        if (last?.state === state && last.status === status) return;
        db.run(q.insertInto("station_state").values({ station_id, at_ms, state, status }));
        const oldest = epochMs(Math.max(0, at_ms - STATES_KEPT_ms));
        db.run(q.deleteFrom("station_state").where("station_id", "=", station_id).where("at_ms", "<", oldest));
      });
    },
    states: (stationId, since_ms) => {
      const ofStation = newest.where("station_id", "=", stationId);
      // The one in force at `since_ms` comes first, so that a strip does not begin with a hole.
      const before = db.first(ofStation.where("at_ms", "<=", since_ms).limit(1));
      const later = db.all(ofStation.where("at_ms", ">", since_ms)).reverse();
      return before === undefined ? later : [before, ...later];
    },
    lastRegister: (stationId) =>
      db.first(q.selectFrom("station_register").select(["at_ms", "register_Wh"]).where("station_id", "=", stationId)) ??
      null,
  };
}
