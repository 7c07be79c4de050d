import { z } from "zod";
import { type Connection, sqlBuilder as q } from "./connection.ts";
import type { PhaseStore } from "./types.ts";

const scoresSchema = z.array(z.number()).min(4).max(7);

/** Evidence of how bays hang on the site's phases, what was found from it, and on how many phases cars charged. */
export function phaseStore(db: Connection): PhaseStore {
  return {
    evidence: () =>
      db
        .all(q.selectFrom("phase_evidence").select(["station_id", "scores", "steps", "since_ms"]))
        .flatMap(({ station_id, scores, steps, since_ms }) => {
          const read = scoresSchema.safeParse(JSON.parse(scores));
          return read.success ? [{ stationId: station_id, scores: read.data, steps, since_ms }] : [];
        }),
    saveEvidence: ({ stationId, scores, steps, since_ms }, saved_at_ms) => {
      const row = { scores: JSON.stringify(scores), steps, since_ms, saved_at_ms };
      db.run(
        q
          .insertInto("phase_evidence")
          .values({ station_id: stationId, ...row })
          .onConflict((conflict) => conflict.column("station_id").doUpdateSet(row)),
      );
    },
    addFinding: ({ stationId, ...finding }) => {
      db.run(q.insertInto("phase_finding").values({ station_id: stationId, ...finding }));
    },
    lastFinding: (stationId) => {
      const row = db.first(
        q
          .selectFrom("phase_finding")
          .select(["at_ms", "author", "method", "configured", "found", "confidence_permille", "steps", "outcome"])
          .where("station_id", "=", stationId)
          .orderBy("no", "desc")
          .limit(1),
      );
      return row === undefined ? null : { stationId, ...row };
    },
    saveCarPhases: ({ sessionId, stationId, at_ms, phases }) => {
      const row = { session_id: sessionId, station_id: stationId, at_ms, phases };
      db.run(
        q
          .insertInto("session_phases")
          .values(row)
          .onConflict((conflict) => conflict.column("session_id").doUpdateSet({ phases })),
      );
    },
    carPhases: (since_ms) =>
      new Map(
        db
          .all(q.selectFrom("session_phases").select(["session_id", "phases"]).where("at_ms", ">=", since_ms))
          .map(({ session_id, phases }) => [session_id, phases]),
      ),
  };
}
