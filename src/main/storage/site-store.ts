import { type Connection, sqlBuilder as q } from "./connection.ts";
import { readSite } from "./stored-json.ts";
import type { SiteStore } from "./types.ts";

/** The site and all its earlier versions. */
export function siteStore(db: Connection): SiteStore {
  return {
    load: () => {
      const row = db.first(q.selectFrom("site_version").select("document").orderBy("no", "desc").limit(1));
      return row === undefined ? null : readSite(row.document);
    },
    save: (site, at_ms, author) => {
      db.transaction(() => {
        db.run(q.insertInto("site_version").values({ at_ms, author, document: JSON.stringify(site) }));
        for (const { id, name } of site.model.stations) {
          db.run(
            q
              .insertInto("station")
              .values({ id, name })
              .onConflict((conflict) => conflict.column("id").doUpdateSet({ name })),
          );
        }
      });
    },
  };
}
