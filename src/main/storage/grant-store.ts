import type { Because } from "../../core/balancing/index.ts";
import { type EpochMs, type Milliamp } from "../../core/units/index.ts";
import { type Connection, sqlBuilder as q } from "./connection.ts";
import { readBecause } from "./stored-json.ts";
import type { GrantStore } from "./types.ts";

/** Which current a station had and why. */
export function grantStore(db: Connection): GrantStore {
  const lastSaid = new Map<string, string>();
  return {
    add: ({ stationId, at_ms, granted_mA, because }) => {
      const said = gist(granted_mA, because);
      const before = lastSaid.get(stationId) ?? storedGist(db, stationId);
      if (before === said) return;
      db.run(
        q
          .insertInto("station_grant")
          .values({ station_id: stationId, at_ms, granted_mA, because: JSON.stringify(because) }),
      );
      lastSaid.set(stationId, said);
    },
    list: (stationId, limit) => newest(db, stationId, limit),
    prune: (before_ms) => {
      db.transaction(() => {
        prune(db, before_ms);
        lastSaid.clear();
      });
    },
  };
}

/** What makes a grant a new one: its current and which limits led to it; their amounts change every second. */
const gist = (granted_mA: Milliamp, because: readonly Because[]): string =>
  `${String(granted_mA)} ${because.map(({ kind, ref, phase }) => `${kind}/${ref}/${phase ?? ""}`).join(" ")}`;

function storedGist(db: Connection, stationId: string): string | null {
  const last = newest(db, stationId, 1)[0];
  return last === undefined ? null : gist(last.granted_mA, last.because);
}

const newest = (db: Connection, stationId: string, limit: number): ReturnType<GrantStore["list"]> =>
  db
    .all(
      q
        .selectFrom("station_grant")
        .select(["at_ms", "granted_mA", "because"])
        .where("station_id", "=", stationId)
        .orderBy("at_ms", "desc")
        .orderBy("no", "desc")
        .limit(limit),
    )
    .map((row) => ({ ...row, because: readBecause(row.because) }));

function prune(db: Connection, before_ms: EpochMs): void {
  for (const { station_id } of db.all(q.selectFrom("station_grant").select("station_id").distinct())) {
    db.run(q.deleteFrom("station_grant").where("station_id", "=", station_id).where("at_ms", "<", before_ms));
  }
}
