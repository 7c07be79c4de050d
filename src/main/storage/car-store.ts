import { z } from "zod";
import { VISITS_KEPT } from "../../core/balancing/index.ts";
import { milliamp } from "../../core/units/index.ts";
import { type Connection, sqlBuilder as q } from "./connection.ts";
import type { CarStore } from "./types.ts";

const current = z.int().min(0).max(1_000_000).transform(milliamp).nullable();
const visitsSchema = z
  .array(z.object({ needs_mA: current, began_mA: current, pause: z.enum(["resumed", "slept"]).nullable() }))
  .max(VISITS_KEPT);

/** What the last visits of cards showed of their cars. */
export function carStore(db: Connection): CarStore {
  return {
    visits: (idToken) => {
      const row = db.first(q.selectFrom("card_car").select("visits").where("id_token", "=", idToken));
      // What somebody else wrote there is as good as nothing: the car shows it again.
      return row === undefined ? [] : (visitsSchema.safeParse(JSON.parse(row.visits)).data ?? []);
    },
    save: (idToken, visits, saved_at_ms) => {
      if (visits.length === 0) {
        db.run(q.deleteFrom("card_car").where("id_token", "=", idToken));
        return;
      }
      const row = { visits: JSON.stringify(visits.slice(0, VISITS_KEPT)), saved_at_ms };
      db.run(
        q
          .insertInto("card_car")
          .values({ id_token: idToken, ...row })
          .onConflict((conflict) => conflict.column("id_token").doUpdateSet(row)),
      );
    },
    prune: (before_ms) => {
      db.run(q.deleteFrom("card_car").where("saved_at_ms", "<", before_ms));
    },
  };
}
