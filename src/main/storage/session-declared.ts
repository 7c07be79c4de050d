import type { Declared } from "../../core/balancing/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import { assert } from "../../core/units/index.ts";
import { type Connection, sqlBuilder as q } from "./connection.ts";
import type { SessionStore } from "./types.ts";

/** Whoever says something new more often than that in one session is no driver; what comes after is not kept. */
const SAID_PER_SESSION_MAX = 200;
/** A car that asked for nothing for so long before it was unplugged was full; a shorter pause may be the plug itself. */
const FULL_MS = 180_000;

/** What was typed of sessions' stays. */
export const declaredOf = (db: Connection): Pick<SessionStore, "addDeclared" | "declared" | "typedNeeds"> => ({
  addDeclared: (sessionId, at_ms, declared) => {
    db.transaction(() => {
      addDeclared(db, sessionId, at_ms, declared);
    });
  },
  declared: (sessionId) => lastDeclared(db, sessionId),
  typedNeeds: (since_ms) => typedNeeds(db, since_ms),
});

function addDeclared(db: Connection, sessionId: string, at_ms: EpochMs, declared: Declared | null): void {
  const session = db.first(q.selectFrom("session_open").select("no").where("id", "=", sessionId));
  assert(session !== undefined, `session ${sessionId} was opened before anything is said about it`);
  const said = db.first(
    q
      .selectFrom("session_declared")
      .select(({ fn }) => fn.countAll<number>().as("rows"))
      .where("session_no", "=", session.no),
  );
  if ((said?.rows ?? 0) >= SAID_PER_SESSION_MAX) return;
  const { departure_ms, needed_Wh } = declared ?? { departure_ms: null, needed_Wh: null };
  db.run(q.insertInto("session_declared").values({ session_no: session.no, at_ms, departure_ms, needed_Wh }));
}

function lastDeclared(db: Connection, sessionId: string): Declared | null {
  const row = db.first(
    q
      .selectFrom("session_declared as d")
      .innerJoin("session_open as o", "o.no", "d.session_no")
      .select(["d.departure_ms", "d.needed_Wh"])
      .where("o.id", "=", sessionId)
      .orderBy("d.no", "desc")
      .limit(1),
  );
  return row === undefined || (row.departure_ms === null && row.needed_Wh === null) ? null : row;
}

function typedNeeds(db: Connection, since_ms: EpochMs): ReturnType<SessionStore["typedNeeds"]> {
  const rows = db.all(
    q
      .selectFrom("session_declared as d")
      .innerJoin("session_close as c", "c.session_no", "d.session_no")
      .innerJoin("session_open as o", "o.no", "d.session_no")
      .select(["o.id", "d.needed_Wh", "c.parked_ms"])
      .where("c.ended_at_ms", ">=", since_ms)
      .orderBy("d.no"),
  );
  // In the order in which it was said: the last one of a session stands.
  const needs = new Map<string, { readonly needed_Wh: number; readonly isFull: boolean }>();
  for (const { id, needed_Wh, parked_ms } of rows) {
    if (needed_Wh === null) needs.delete(id);
    else needs.set(id, { needed_Wh, isFull: parked_ms >= FULL_MS });
  }
  return needs;
}
