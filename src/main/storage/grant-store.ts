import type { Because } from "../../core/balancing/index.ts";
import type { EpochMs, Milliamp } from "../../core/units/index.ts";
import { type Connection, sqlBuilder as q } from "./connection.ts";
import { readBecause } from "./stored-json.ts";
import type { GrantRecord, GrantStore, QueueRecord } from "./types.ts";

/** An expected turn that moved by less is the same news. */
const TURN_NEWS_MS = 5 * 60_000;

/** Which current a station had and why, and where it stood in the queue. */
export function grantStore(db: Connection): GrantStore {
  const lastSaid = new Map<string, GrantRecord>();
  return {
    add: ({ stationId, ...record }) => {
      const before = lastSaid.get(stationId) ?? newest(db, stationId, 1)[0];
      if (before !== undefined && saysTheSame(before, record)) return;
      const { queue } = record;
      db.run(
        q.insertInto("station_grant").values({
          station_id: stationId,
          at_ms: record.at_ms,
          granted_mA: record.granted_mA,
          because: JSON.stringify(record.because),
          queue_place: queue?.place ?? null,
          turn_at_ms: queue?.turn?.expected_at_ms ?? null,
          turn_kind: queue?.turn?.kind ?? null,
          turn_ref: queue?.turn?.ref ?? null,
        }),
      );
      lastSaid.set(stationId, record);
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

const saysTheSame = (before: GrantRecord, now: GrantRecord): boolean =>
  gist(before.granted_mA, before.because) === gist(now.granted_mA, now.because) &&
  standsTheSame(before.queue, now.queue);

/** What makes a grant a new one: its current and which limits led to it; their amounts change every second. */
const gist = (granted_mA: Milliamp, because: readonly Because[]): string =>
  `${String(granted_mA)} ${because.map(({ kind, ref, phase }) => `${kind}/${ref}/${phase ?? ""}`).join(" ")}`;

function standsTheSame(before: QueueRecord | null, now: QueueRecord | null): boolean {
  const was = before?.turn ?? null;
  const is = now?.turn ?? null;
  if (before?.place !== now?.place || was?.kind !== is?.kind || was?.ref !== is?.ref) return false;
  const [old_ms, new_ms] = [was?.expected_at_ms ?? null, is?.expected_at_ms ?? null];
  return old_ms === null || new_ms === null ? old_ms === new_ms : Math.abs(old_ms - new_ms) < TURN_NEWS_MS;
}

const newest = (db: Connection, stationId: string, limit: number): GrantRecord[] =>
  db
    .all(
      q
        .selectFrom("station_grant")
        .select(["at_ms", "granted_mA", "because", "queue_place", "turn_at_ms", "turn_kind", "turn_ref"])
        .where("station_id", "=", stationId)
        .orderBy("at_ms", "desc")
        .orderBy("no", "desc")
        .limit(limit),
    )
    .map(({ at_ms, granted_mA, because, queue_place, turn_at_ms, turn_kind, turn_ref }) => ({
      at_ms,
      granted_mA,
      because: readBecause(because),
      queue:
        queue_place === null
          ? null
          : {
              place: queue_place,
              turn:
                turn_kind === null || turn_ref === null
                  ? null
                  : { expected_at_ms: turn_at_ms, kind: turn_kind, ref: turn_ref },
            },
    }));

function prune(db: Connection, before_ms: EpochMs): void {
  for (const { station_id } of db.all(q.selectFrom("station_grant").select("station_id").distinct())) {
    db.run(q.deleteFrom("station_grant").where("station_id", "=", station_id).where("at_ms", "<", before_ms));
  }
}
