import { z } from "zod";
import { milliamp } from "../../core/units/index.ts";
import type { CommissioningStore, FallbackTest } from "./commissioning-types.ts";
import { type Connection, sqlBuilder as q } from "./connection.ts";

const current_mA = z.int().min(0).transform(milliamp);
const risksSchema = z.array(
  z.object({ circuitId: z.string(), phase: z.enum(["L1", "L2", "L3"]), sum_mA: current_mA, limit_mA: current_mA }),
);
const TELLING: ReadonlySet<FallbackTest["outcome"]> = new Set([
  "fell-back",
  "kept-last",
  "rose",
  "witnessed",
  "box-replaced",
]);

/** What persons decided about an unsafe site, and how each box behaved when it was cut off. */
export function commissioningStore(db: Connection): CommissioningStore {
  return {
    addDecision: ({ risks, ...decision }) => {
      db.run(q.insertInto("arming_decision").values({ ...decision, risks: JSON.stringify(risks) }));
    },
    decisions: (limit) =>
      db
        .all(
          q
            .selectFrom("arming_decision")
            .select(["at_ms", "author", "decision", "reason", "risks"])
            .orderBy("no", "desc")
            .limit(limit),
        )
        .map(({ risks, ...decision }) => ({ ...decision, risks: risksSchema.parse(JSON.parse(risks)) })),
    addTest: ({ stationId, ...test }) => {
      db.run(q.insertInto("fallback_test").values({ station_id: stationId, ...test }));
    },
    lastTests: () => {
      const last = new Map<string, FallbackTest>();
      for (const { station_id, ...test } of db.all(
        q
          .selectFrom("fallback_test")
          .select([
            "station_id",
            "at_ms",
            "author",
            "outcome",
            "before_mA",
            "promised_mA",
            "kept_mA",
            "silent_ms",
            "serial",
            "firmware",
          ])
          .orderBy("no"),
      )) {
        const before = last.get(station_id);
        if (before !== undefined && TELLING.has(before.outcome) && !TELLING.has(test.outcome)) continue;
        last.set(station_id, { stationId: station_id, ...test });
      }
      return last;
    },
  };
}
