import { type Connection, sqlBuilder as q } from "./connection.ts";
import type { WishStore } from "./types.ts";

/** What the owner told stations and has not taken back. */
export function wishStore(db: Connection): WishStore {
  return {
    list: () =>
      db
        .all(
          q
            .selectFrom("station_wish")
            .select(["station_id", "limit_mA", "until_ms", "stopped", "departure_ms", "needed_Wh"]),
        )
        .map(({ station_id, limit_mA, until_ms, stopped, departure_ms, needed_Wh }) => ({
          stationId: station_id,
          limit: limit_mA === null ? null : { limit_mA, until_ms },
          stopped: stopped === 1,
          declared: departure_ms === null && needed_Wh === null ? null : { departure_ms, needed_Wh },
        })),
    save: ({ stationId, limit, stopped, declared }) => {
      const row = {
        limit_mA: limit?.limit_mA ?? null,
        until_ms: limit?.until_ms ?? null,
        stopped: stopped ? (1 as const) : (0 as const),
        departure_ms: declared?.departure_ms ?? null,
        needed_Wh: declared?.needed_Wh ?? null,
      };
      if (limit === null && !stopped && declared === null) {
        db.run(q.deleteFrom("station_wish").where("station_id", "=", stationId));
        return;
      }
      db.run(
        q
          .insertInto("station_wish")
          .values({ station_id: stationId, ...row })
          .onConflict((conflict) => conflict.column("station_id").doUpdateSet(row)),
      );
    },
  };
}
