import { setImmediate as breathe } from "node:timers/promises";
import type { SessionFilter } from "../../contract/index.ts";
import { sessionsCsv } from "../documents/tables.ts";
import type { Engine } from "../site/engine.types.ts";

/** Lines between two pauses in which the site goes on. */
const LINES_AT_ONCE = 100;

/** The file of exactly the sessions of the filter; the table itself is the one that `chargehand export` writes. */
export async function sessionsFile(
  engine: Engine,
  filter: SessionFilter,
  delimiter: "," | ";",
  signal: AbortSignal | undefined,
): Promise<{ fileName: string; text: string }> {
  const parts: string[] = [];
  for (const line of sessionsCsv(engine.stores.sessions.iterate(filter), { timezone: engine.timezone, delimiter })) {
    parts.push(line);
    if (parts.length % LINES_AT_ONCE > 0) continue;
    await breathe();
    signal?.throwIfAborted();
  }
  return { fileName: fileNameOf(engine, filter), text: parts.join("") };
}

/** Local dates of the period, the last day included: `sessions_2026-10-01_2026-10-31.csv`. */
function fileNameOf({ timezone }: Engine, { from_ms, to_ms }: SessionFilter): string {
  const day = (at_ms: number): string =>
    Temporal.Instant.fromEpochMilliseconds(at_ms).toZonedDateTimeISO(timezone).toPlainDate().toString();
  const dates = [from_ms === null ? [] : day(from_ms), to_ms === null ? [] : day(to_ms - 1)].flat();
  return `${["sessions", ...dates].join("_")}.csv`;
}
