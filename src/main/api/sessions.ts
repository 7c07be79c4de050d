import type { SessionFilter } from "../../contract/index.ts";
import type { Application } from "../site/engine.types.ts";
import { badField, type Implementer, siteOf } from "./base.ts";
import { sessionsFile } from "./sessions-csv.ts";

/** Sessions as stored: lists, one in detail, and a file of what is filtered. */
export function sessionsGroup(contract: Implementer, app: Application) {
  const { sessions } = contract;
  return {
    list: sessions.list.handler(({ input }) => {
      const { cursor, limit, ...filter } = input;
      checkPeriod(filter);
      const { stores } = siteOf(app);
      const page = stores.sessions.list(filter, { cursor, limit });
      return { ...page, totals: stores.sessions.totals(filter) };
    }),
    detail: sessions.detail.handler(({ input, errors }) => {
      const detail = siteOf(app).stores.sessions.detail(input.id);
      if (detail === null) throw errors.NOT_FOUND();
      return detail;
    }),
    csv: sessions.csv.handler(async ({ input, signal }) => {
      const { delimiter, ...filter } = input;
      checkPeriod(filter);
      const engine = siteOf(app);
      return sessionsFile(engine, filter, delimiter, signal);
    }),
  };
}

function checkPeriod({ from_ms, to_ms }: SessionFilter): void {
  if (from_ms !== null && to_ms !== null && to_ms <= from_ms)
    throw badField("to_ms", "the end lies before the beginning");
}
