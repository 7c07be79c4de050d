import {
  bucketBoundaries,
  offsetStretches,
  type QuarterHour,
  SLOT_ms,
  slotOf,
  type TimeRange,
} from "../../core/history/index.ts";
import { assert, type EpochMs, epochMs, type WattHour } from "../../core/units/index.ts";
import type { Connection } from "./connection.ts";
import type { EnergyBucket, HeatCell, HistoryStore, PowerPoint } from "./types.ts";

/** Below this share of a bucket seen it is called partial. */
const SEEN_SHARE_MIN = 0.9;

const HOUR_ms = 3_600_000;
const DAY_ms = 24 * HOUR_ms;
const SLOTS_PER_HOUR = HOUR_ms / SLOT_ms;
const SLOTS_PER_WEEK = (7 * DAY_ms) / SLOT_ms;
/** 1970-01-01 was a Thursday: ISO weekday 4. */
const EPOCH_WEEKDAY = 4;

/** Quarter hours and what charts ask of them. */
export function historyStore(db: Connection): HistoryStore {
  return {
    put: (slots) => {
      db.transaction(() => {
        put(db, slots);
      });
    },
    get: (slot_ms) => rows(db, { from_ms: slot_ms, to_ms: slot_ms + 1 }),
    lastRegisters: () =>
      new Map(
        db
          .prepared<[], { station_id: string; register_Wh: WattHour; slot_ms: EpochMs }>(
            "SELECT station_id, register_Wh, slot_ms FROM booked_register",
          )
          .all()
          .map(({ station_id, ...booked }) => [station_id, booked]),
      ),
    energy: (range, bucket, timezone, now_ms) => energy(db, bucketBoundaries(range, bucket, timezone), now_ms),
    power: (range, pointsMax, now_ms) => power(db, range, pointsMax, now_ms),
    heatmap: (range, timezone) => heatmap(db, range, timezone),
    summary: (range) => summary(db, range),
    iterate: (range) => iterate(db, range),
  };
}

type Values = Pick<QuarterHour, "ev_Wh" | "avg_W" | "max_W" | "seen_ms" | "plugged_ms" | "charging_ms" | "limited_ms">;

const MEASURES = ["ev_Wh", "avg_W", "max_W", "seen_ms", "plugged_ms", "charging_ms", "limited_ms"] as const;
const upsert = (table: string, keys: readonly string[], values: readonly string[]): string =>
  `INSERT INTO ${table} (${[...keys, ...values].join(", ")}) VALUES (${[...keys, ...values].map(() => "?").join(", ")})
   ON CONFLICT (${keys.join(", ")}) DO UPDATE SET ${values.map((name) => `${name} = excluded.${name}`).join(", ")}`;
const PUT_SITE = upsert("site_quarter", ["slot_ms"], [...MEASURES, "site_Wh"]);
const PUT_STATION = upsert("station_quarter", ["slot_ms", "station_id"], MEASURES);
/** A slot written again after a newer one leaves the newer one's register standing. */
const PUT_REGISTER = `${upsert("booked_register", ["station_id"], ["slot_ms", "register_Wh"])} WHERE excluded.slot_ms >= booked_register.slot_ms`;
const PUT_BAYS = `INSERT INTO bay_quarter (slot_ms, seen_ms, plugged_ms, avg_W)
  SELECT @slot_ms, coalesce(sum(seen_ms), 0), coalesce(sum(plugged_ms), 0), sum(coalesce(avg_W, ev_Wh * ${String(SLOTS_PER_HOUR)}))
  FROM station_quarter WHERE slot_ms = @slot_ms
  ON CONFLICT (slot_ms) DO UPDATE SET seen_ms = excluded.seen_ms, plugged_ms = excluded.plugged_ms, avg_W = excluded.avg_W`;

const measures = (slot: Values): (number | null)[] => MEASURES.map((name) => slot[name]);

function put(db: Connection, slots: readonly QuarterHour[]): void {
  const withStations = new Set<EpochMs>();
  for (const slot of slots) {
    const { slot_ms, stationId, register_Wh = null } = slot;
    if (stationId === "") {
      db.prepared<(number | null)[], never>(PUT_SITE).run(slot_ms, ...measures(slot), slot.site_Wh);
    } else {
      db.prepared<(number | string | null)[], never>(PUT_STATION).run(slot_ms, stationId, ...measures(slot));
      withStations.add(slot_ms);
    }
    if (register_Wh !== null) {
      db.prepared<(number | string)[], never>(PUT_REGISTER).run(stationId, slot_ms, register_Wh);
    }
  }
  for (const slot_ms of withStations) db.prepared<[{ slot_ms: number }], never>(PUT_BAYS).run({ slot_ms });
}

const MEASURE_LIST = MEASURES.join(", ");
const ROWS = `SELECT slot_ms, '' AS stationId, site_Wh, ${MEASURE_LIST} FROM site_quarter WHERE slot_ms >= @from_ms AND slot_ms < @to_ms
  UNION ALL
  SELECT slot_ms, station_id AS stationId, NULL AS site_Wh, ${MEASURE_LIST} FROM station_quarter WHERE slot_ms >= @from_ms AND slot_ms < @to_ms
  ORDER BY slot_ms, stationId`;

const rows = (db: Connection, range: TimeRange): QuarterHour[] =>
  db.prepared<[TimeRange], QuarterHour>(ROWS).all({ from_ms: range.from_ms, to_ms: range.to_ms });

/** A day at a time, so that the connection is free for writes between two days. */
function* iterate(
  db: Connection,
  range: { from_ms: number | null; to_ms: number | null },
): IterableIterator<QuarterHour> {
  const stored = db
    .prepared<[], { first: number | null; last: number | null }>(
      `SELECT min(first) AS first, max(last) AS last FROM (
        SELECT min(slot_ms) AS first, max(slot_ms) AS last FROM site_quarter
        UNION ALL SELECT min(slot_ms), max(slot_ms) FROM station_quarter)`,
    )
    .get();
  assert(stored !== undefined, "a minimum is always one row");
  if (stored.first === null || stored.last === null) return;
  const to_ms = Math.min(range.to_ms ?? Infinity, stored.last + 1);
  for (let from_ms = Math.max(range.from_ms ?? 0, stored.first); from_ms < to_ms; from_ms += DAY_ms) {
    yield* rows(db, { from_ms, to_ms: Math.min(to_ms, from_ms + DAY_ms) });
  }
}

const plus = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : a + b);

function quality(from_ms: number, to_ms: number, seen_ms: number, now_ms: number): "ok" | "partial" {
  return now_ms < to_ms || seen_ms < SEEN_SHARE_MIN * (to_ms - from_ms) ? "partial" : "ok";
}

function energy(db: Connection, boundaries: readonly EpochMs[], now_ms: EpochMs): EnergyBucket[] {
  const [first] = boundaries;
  const last = boundaries.at(-1);
  if (first === undefined || last === undefined) return [];
  const slots = db
    .prepared<[number, number], { slot_ms: number; ev_Wh: number | null; site_Wh: number | null; seen_ms: number }>(
      "SELECT slot_ms, ev_Wh, site_Wh, seen_ms FROM site_quarter WHERE slot_ms >= ? AND slot_ms < ? ORDER BY slot_ms",
    )
    .all(first, last);
  const sessions = sessionCounts(db, boundaries);
  let next = 0;
  return boundaries.slice(1).map((to_ms, index) => {
    const from_ms = boundaries[index] ?? to_ms;
    let [ev_Wh, site_Wh, seen_ms]: [number | null, number | null, number] = [null, null, 0];
    for (let slot = slots[next]; slot !== undefined && slot.slot_ms < to_ms; slot = slots[(next += 1)]) {
      ev_Wh = plus(ev_Wh, slot.ev_Wh);
      site_Wh = plus(site_Wh, slot.site_Wh);
      seen_ms += slot.seen_ms;
    }
    const missing = ev_Wh === null && site_Wh === null && seen_ms === 0;
    return {
      from_ms,
      to_ms,
      ev_Wh,
      site_Wh,
      sessions: sessions[index] ?? 0,
      quality: missing ? "missing" : quality(from_ms, to_ms, seen_ms, now_ms),
    };
  });
}

/** Sessions that ended in each bucket. */
function sessionCounts(db: Connection, boundaries: readonly EpochMs[]): number[] {
  return db
    .prepared<[string], { sessions: number }>(
      `SELECT (SELECT count(*) FROM session_close c WHERE c.ended_at_ms >= b.value ->> 0 AND c.ended_at_ms < b.value ->> 1) AS sessions
       FROM json_each(?) b ORDER BY b.key`,
    )
    .all(JSON.stringify(boundaries.slice(1).map((to_ms, index) => [boundaries[index], to_ms])))
    .map((row) => row.sessions);
}

type PowerRow = { step: number; avg_W: number | null; max_W: number | null; ev_avg_W: number | null; seen_ms: number };

/** Steps of whole quarter hours, as many as fit into `pointsMax`; steps that lie in the future have no point. */
function power(
  db: Connection,
  range: TimeRange,
  pointsMax: number,
  now_ms: EpochMs,
): { points: PowerPoint[]; step_ms: number } {
  assert(pointsMax >= 1, "a chart has points");
  const from_ms = slotOf(range.from_ms);
  const to_ms = Math.min(range.to_ms, now_ms + 1);
  const slots = Math.ceil((to_ms - from_ms) / SLOT_ms);
  if (slots <= 0) return { points: [], step_ms: SLOT_ms };
  const step_ms = Math.ceil(slots / pointsMax) * SLOT_ms;
  const found = db
    .prepared<[TimeRange & { step_ms: number }], PowerRow>(
      `SELECT CAST((s.slot_ms - @from_ms) / @step_ms AS INTEGER) AS step, max(s.max_W) AS max_W, sum(s.seen_ms) AS seen_ms,
        round(sum(s.avg_W * s.seen_ms) / CAST(sum(s.seen_ms) FILTER (WHERE s.avg_W IS NOT NULL) AS REAL)) AS avg_W,
        round(avg(b.avg_W)) AS ev_avg_W
       FROM site_quarter s LEFT JOIN bay_quarter b ON b.slot_ms = s.slot_ms
       WHERE s.slot_ms >= @from_ms AND s.slot_ms < @to_ms GROUP BY step`,
    )
    .all({ from_ms, to_ms, step_ms });
  const byStep = new Map(found.map((row) => [row.step, row]));
  const points = Array.from({ length: Math.ceil((slots * SLOT_ms) / step_ms) }, (_, step): PowerPoint => {
    const at_ms = from_ms + step * step_ms;
    const row = byStep.get(step);
    if (row === undefined) return { at_ms, avg_W: null, max_W: null, ev_avg_W: null, quality: "missing" };
    const { avg_W, max_W, ev_avg_W, seen_ms } = row;
    const missing = seen_ms === 0 && avg_W === null && ev_avg_W === null;
    return {
      at_ms,
      avg_W,
      max_W,
      ev_avg_W,
      quality: missing ? "missing" : quality(at_ms, at_ms + step_ms, seen_ms, now_ms),
    };
  });
  return { points, step_ms };
}

type HeatSums = { ev_Wh: number; evSlots: number; plugged_ms: number; seen_ms: number };

/** Means per hour of the week over the hours that were recorded; an hour nobody recorded is no zero. */
function heatmap(db: Connection, range: TimeRange, timezone: string): { cells: HeatCell[]; weeks: number } {
  const cells = Array.from({ length: 7 * 24 }, (): HeatSums => ({ ev_Wh: 0, evSlots: 0, plugged_ms: 0, seen_ms: 0 }));
  let recorded = 0;
  for (const { from_ms, to_ms, offset_ms } of offsetStretches(storedPart(db, range), timezone)) {
    for (const slot of heatSlots(db, from_ms, to_ms)) {
      const local_ms = slot.slot_ms + offset_ms;
      const day = Math.floor(local_ms / DAY_ms);
      const weekday = (((day + EPOCH_WEEKDAY - 1) % 7) + 7) % 7;
      const cell = cells[weekday * 24 + Math.floor((local_ms - day * DAY_ms) / HOUR_ms)];
      assert(cell !== undefined, "every slot lies in an hour of the week");
      if (slot.ev_Wh !== null) [cell.ev_Wh, cell.evSlots] = [cell.ev_Wh + slot.ev_Wh, cell.evSlots + 1];
      cell.plugged_ms += slot.plugged_ms;
      cell.seen_ms += slot.seen_ms;
      recorded += 1;
    }
  }
  return {
    weeks: Math.round((recorded / SLOTS_PER_WEEK) * 10) / 10,
    cells: cells.map(({ ev_Wh, evSlots, plugged_ms, seen_ms }, index) => ({
      weekday: Math.floor(index / 24) + 1,
      hour: index % 24,
      ev_Wh_avg: evSlots === 0 ? null : (ev_Wh / evSlots) * SLOTS_PER_HOUR,
      occupiedBays_avg: seen_ms === 0 ? null : plugged_ms / seen_ms,
    })),
  };
}

type HeatSlot = { slot_ms: number; ev_Wh: number | null; plugged_ms: number; seen_ms: number };

const heatSlots = (db: Connection, from_ms: number, to_ms: number): HeatSlot[] =>
  db
    .prepared<[number, number], HeatSlot>(
      `SELECT s.slot_ms, s.ev_Wh, coalesce(b.plugged_ms, 0) AS plugged_ms, s.seen_ms
       FROM site_quarter s LEFT JOIN bay_quarter b ON b.slot_ms = s.slot_ms WHERE s.slot_ms >= ? AND s.slot_ms < ?`,
    )
    .all(from_ms, to_ms);

/** The part of a range that can hold slots: a range from 1970 on is not cut into fifty years of transitions. */
function storedPart(db: Connection, range: TimeRange): TimeRange {
  const stored = db
    .prepared<[], { first: number | null; last: number | null }>(
      "SELECT min(slot_ms) AS first, max(slot_ms) AS last FROM site_quarter",
    )
    .get();
  assert(stored !== undefined, "a minimum is always one row");
  if (stored.first === null || stored.last === null) return { from_ms: 0, to_ms: 0 };
  return { from_ms: Math.max(range.from_ms, stored.first), to_ms: Math.min(range.to_ms, stored.last + SLOT_ms) };
}

/** `peak_W` is the highest quarter-hour mean: what grid operators bill. Of the site, else of its stations together. */
function summary(db: Connection, range: TimeRange): ReturnType<HistoryStore["summary"]> {
  const { from_ms, to_ms } = range;
  const slots = db
    .prepared<[number, number], { ev_Wh: number; seen_ms: number; plugged_ms: number }>(
      `SELECT coalesce(sum(s.ev_Wh), 0) AS ev_Wh, coalesce(sum(b.seen_ms), 0) AS seen_ms, coalesce(sum(b.plugged_ms), 0) AS plugged_ms
       FROM site_quarter s LEFT JOIN bay_quarter b ON b.slot_ms = s.slot_ms WHERE s.slot_ms >= ? AND s.slot_ms < ?`,
    )
    .get(from_ms, to_ms);
  const peak = db
    .prepared<[number, number], { at_ms: number; power_W: number }>(
      `SELECT s.slot_ms AS at_ms, coalesce(s.avg_W, b.avg_W) AS power_W
       FROM site_quarter s LEFT JOIN bay_quarter b ON b.slot_ms = s.slot_ms
       WHERE s.slot_ms >= ? AND s.slot_ms < ? AND coalesce(s.avg_W, b.avg_W) IS NOT NULL ORDER BY power_W DESC, at_ms LIMIT 1`,
    )
    .get(from_ms, to_ms);
  const sessions = db
    .prepared<[number, number], { sessions: number; gross_minor: number }>(
      `SELECT count(*) AS sessions, coalesce(sum(d.gross_minor), 0) AS gross_minor
       FROM session_close c LEFT JOIN cdr d ON d.session_no = c.session_no WHERE c.ended_at_ms >= ? AND c.ended_at_ms < ?`,
    )
    .get(from_ms, to_ms);
  assert(slots !== undefined && sessions !== undefined, "a sum is always one row");
  return {
    ev_Wh: slots.ev_Wh,
    sessions: sessions.sessions,
    gross_minor: sessions.gross_minor,
    peak_W: peak?.power_W ?? null,
    peak_at_ms: peak?.at_ms ?? null,
    occupied_permille: slots.seen_ms === 0 ? null : Math.round((1000 * slots.plugged_ms) / slots.seen_ms),
  };
}

/** How far the quarter hours reach: never later than what was really seen. */
export function latestInHistory(db: Connection): EpochMs | null {
  const row = db
    .prepared<[], { at_ms: number }>(
      "SELECT slot_ms + seen_ms AS at_ms FROM site_quarter ORDER BY slot_ms DESC LIMIT 1",
    )
    .get();
  return row === undefined ? null : epochMs(row.at_ms);
}
