import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { milliamp, type EpochMs, epochMs, wattHour } from "../../src/core/units/index.ts";
import type { QuarterHour } from "../../src/main/storage/types.ts";
import { freshFolder, minute, record, session } from "./fixtures.ts";

const BERLIN = "Europe/Berlin";
const SLOT_ms = 900_000;
const at = (text: string): EpochMs => epochMs(Temporal.Instant.from(text).epochMilliseconds);
const LATER = at("2030-01-01T00:00Z");

const row = (slot_ms: EpochMs, over: Partial<QuarterHour> = {}): QuarterHour => ({
  slot_ms,
  stationId: "",
  ev_Wh: wattHour(100),
  site_Wh: wattHour(150),
  avg_W: 600,
  max_W: 900,
  seen_ms: SLOT_ms,
  plugged_ms: 0,
  charging_ms: 0,
  limited_ms: 0,
  ...over,
});
const slots = (from: EpochMs, count: number, over: Partial<QuarterHour> = {}): QuarterHour[] =>
  Array.from({ length: count }, (_, index) => row(epochMs(from + index * SLOT_ms), over));

describe("energy", () => {
  test("a day at the end of summer time has 25 hours of it, one at its beginning 23", () => {
    const { history } = freshFolder().stores;
    history.put(slots(at("2026-10-24T22:00Z"), 25 * 4));
    history.put(slots(at("2026-03-28T23:00Z"), 23 * 4));
    const autumn = history.energy(
      { from_ms: at("2026-10-24T22:00Z"), to_ms: at("2026-10-25T23:00Z") },
      "day",
      BERLIN,
      LATER,
    );
    expect(autumn).toMatchObject([{ ev_Wh: 10_000, site_Wh: 15_000, quality: "ok", to_ms: at("2026-10-25T23:00Z") }]);
    const spring = history.energy(
      { from_ms: at("2026-03-28T23:00Z"), to_ms: at("2026-03-29T22:00Z") },
      "day",
      BERLIN,
      LATER,
    );
    expect(spring).toMatchObject([{ ev_Wh: 9200, quality: "ok" }]);
    const month = history.energy(
      { from_ms: at("2026-10-10T00:00Z"), to_ms: at("2026-10-11T00:00Z") },
      "month",
      BERLIN,
      LATER,
    );
    expect(month).toMatchObject([{ ev_Wh: 10_000, quality: "partial", from_ms: at("2026-09-30T22:00Z") }]);
  });

  test("nothing recorded is missing and not zero; nothing charged is zero and not missing", () => {
    const { history } = freshFolder().stores;
    history.put(slots(at("2026-11-02T00:00Z"), 4, { ev_Wh: wattHour(0), site_Wh: null }));
    const range = { from_ms: at("2026-11-02T00:00Z"), to_ms: at("2026-11-02T02:00Z") };
    expect(history.energy(range, "hour", BERLIN, LATER)).toMatchObject([
      { ev_Wh: 0, site_Wh: null, quality: "ok" },
      { ev_Wh: null, site_Wh: null, quality: "missing" },
    ]);
  });

  test("a bucket is partial until it is over, or when less than nine tenths were seen", () => {
    const { history } = freshFolder().stores;
    const from = at("2026-11-02T00:00Z");
    history.put(slots(from, 4));
    history.put(slots(epochMs(from + 4 * SLOT_ms), 4, { seen_ms: SLOT_ms * 0.89 }));
    const quality = (now: EpochMs) =>
      history.energy({ from_ms: from, to_ms: from + 8 * SLOT_ms }, "hour", BERLIN, now).map((bucket) => bucket.quality);
    expect(quality(LATER)).toEqual(["ok", "partial"]);
    expect(quality(epochMs(from + 3 * SLOT_ms))).toEqual(["partial", "partial"]);
  });

  test("sessions are counted where they ended", () => {
    const folder = freshFolder();
    record(folder, session("s1"), { ended_at_ms: minute(59) });
    record(folder, session("s2"), { ended_at_ms: minute(60) });
    const counted = folder.stores.history.energy({ from_ms: minute(0), to_ms: minute(180) }, "hour", BERLIN, LATER);
    expect(counted.map((bucket) => bucket.sessions)).toEqual([1, 1, 0]);
  });

  test("whatever is cut, buckets add up to the slots", () => {
    const { history } = freshFolder().stores;
    const from = at("2026-10-20T00:00Z");
    const all = slots(from, 96 * 10);
    history.put(all);
    fc.assert(
      fc.property(
        fc.constantFrom("hour" as const, "day" as const, "month" as const),
        fc.constantFrom(BERLIN, "Australia/Lord_Howe", "Asia/Kathmandu"),
        (bucket, zone) => {
          const range = { from_ms: from, to_ms: from + all.length * SLOT_ms };
          const sum = history.energy(range, bucket, zone, LATER).reduce((total, each) => total + (each.ev_Wh ?? 0), 0);
          expect(sum).toBe(all.length * 100);
        },
      ),
    );
  });
});

describe("slots", () => {
  test("are replaced until they are over and read back with their stations", () => {
    const { history } = freshFolder().stores;
    const slot_ms = at("2026-11-02T00:00Z");
    const station = row(slot_ms, { stationId: "P01", site_Wh: null, plugged_ms: 1000, register_Wh: wattHour(77) });
    history.put([row(slot_ms, { avg_W: 1 }), station]);
    history.put([row(slot_ms), { ...station, plugged_ms: 2000 }]);
    const { register_Wh: _register, ...stored } = station;
    expect(history.get(slot_ms)).toEqual([row(slot_ms), { ...stored, plugged_ms: 2000 }]);
    expect(history.get(epochMs(slot_ms + SLOT_ms))).toEqual([]);
    expect(history.lastRegisters()).toEqual(new Map([["P01", { register_Wh: 77, slot_ms }]]));
  });

  test("are exported in order without holding up writers", () => {
    const { history } = freshFolder().stores;
    const from = at("2026-11-02T00:00Z");
    history.put([...slots(from, 300), ...slots(from, 300, { stationId: "P01", site_Wh: null })]);
    const seen: string[] = [];
    for (const each of history.iterate({ from_ms: null, to_ms: null })) {
      if (seen.length === 0) history.put([row(from)]);
      seen.push(`${String(each.slot_ms)} ${each.stationId}`);
    }
    expect(seen).toHaveLength(600);
    expect(seen).toEqual([...seen].sort());
    expect([...history.iterate({ from_ms: from + SLOT_ms, to_ms: from + 3 * SLOT_ms })]).toHaveLength(4);
  });

  test("with impossible values are refused", () => {
    const { history } = freshFolder().stores;
    expect(() => {
      history.put([row(epochMs(1))]);
    }).toThrow(/CHECK/u);
    expect(() => {
      history.put([row(at("2026-11-02T00:00Z"), { seen_ms: SLOT_ms + 1 })]);
    }).toThrow(/CHECK/u);
  });
});

describe("power", () => {
  test("is thinned to the points there is room for, and keeps its highest value", () => {
    const { history } = freshFolder().stores;
    const from = at("2026-11-02T00:00Z");
    history.put(slots(from, 1000));
    history.put([row(epochMs(from + 777 * SLOT_ms), { max_W: 99_999 })]);
    const { points, step_ms } = history.power({ from_ms: from, to_ms: from + 1000 * SLOT_ms }, 150, LATER);
    expect(step_ms).toBe(7 * SLOT_ms);
    expect(points).toHaveLength(143);
    expect(points.filter((point) => point.max_W === 99_999)).toMatchObject([
      { at_ms: from + 777 * SLOT_ms, avg_W: 600 },
    ]);
    expect(points.slice(0, -1).every((point) => point.quality === "ok")).toBe(true);
  });

  test("leaves a gap where nothing was recorded and no point in the future", () => {
    const { history } = freshFolder().stores;
    const from = at("2026-11-02T00:00Z");
    history.put([row(from), row(epochMs(from + 2 * SLOT_ms), { seen_ms: 60_000 })]);
    const { points } = history.power(
      { from_ms: from, to_ms: from + 96 * SLOT_ms },
      1500,
      epochMs(from + 2 * SLOT_ms + 60_000),
    );
    expect(points.map((point) => [point.avg_W, point.quality])).toEqual([
      [600, "ok"],
      [null, "missing"],
      [600, "partial"],
    ]);
    expect(history.power({ from_ms: LATER, to_ms: LATER + 1 }, 1500, from)).toEqual({ points: [], step_ms: SLOT_ms });
  });

  test("of the cars is that of the stations together", () => {
    const { history } = freshFolder().stores;
    const from = at("2026-11-02T00:00Z");
    history.put([
      row(from),
      row(from, { stationId: "P01", avg_W: 5000 }),
      row(from, { stationId: "P02", avg_W: null, ev_Wh: wattHour(250) }),
    ]);
    expect(history.power({ from_ms: from, to_ms: from + SLOT_ms }, 10, LATER).points).toMatchObject([
      { ev_avg_W: 6000, avg_W: 600 },
    ]);
  });
});

describe("hour and weekday", () => {
  test("means are those of the hours that were recorded, in local time", () => {
    const { history } = freshFolder().stores;
    // Monday 2026-11-02 08:00 in Berlin, and one week later with twice as much; the week after that is missing.
    const monday = at("2026-11-02T07:00Z");
    const week = (index: number): EpochMs => epochMs(monday + index * 7 * 86_400_000);
    history.put(slots(week(0), 4));
    history.put(slots(week(0), 4, { stationId: "P01", plugged_ms: SLOT_ms }));
    history.put(slots(week(1), 4, { ev_Wh: wattHour(200) }));
    const { cells } = history.heatmap({ from_ms: week(0), to_ms: week(3) }, BERLIN);
    expect(cells).toHaveLength(168);
    expect(cells.find((cell) => cell.weekday === 1 && cell.hour === 8)).toEqual({
      weekday: 1,
      hour: 8,
      ev_Wh_avg: 600,
      occupiedBays_avg: 0.5,
    });
    expect(cells.find((cell) => cell.weekday === 1 && cell.hour === 9)).toEqual({
      weekday: 1,
      hour: 9,
      ev_Wh_avg: null,
      occupiedBays_avg: null,
    });
  });

  test("an hour keeps its place across summer time", () => {
    const { history } = freshFolder().stores;
    history.put([...slots(at("2026-10-24T06:00Z"), 4), ...slots(at("2026-10-31T07:00Z"), 4, { ev_Wh: wattHour(300) })]);
    const { cells } = history.heatmap({ from_ms: 0, to_ms: LATER }, BERLIN);
    expect(cells.filter((cell) => cell.ev_Wh_avg !== null)).toMatchObject([{ weekday: 6, hour: 8, ev_Wh_avg: 800 }]);
  });
});

test("the summary tells energy, money, the highest quarter hour and how full the bays were", () => {
  const folder = freshFolder();
  const { history } = folder.stores;
  record(folder, session("s1"), { ended_at_ms: minute(30) });
  history.put([
    ...slots(minute(0), 4),
    row(minute(60), { avg_W: 7000 }),
    ...slots(minute(0), 4, { stationId: "P01", plugged_ms: SLOT_ms / 4 }),
  ]);
  expect(history.summary({ from_ms: minute(0), to_ms: minute(75) })).toEqual({
    ev_Wh: 500,
    sessions: 1,
    gross_minor: 500,
    peak_W: 7000,
    peak_at_ms: minute(60),
    occupied_permille: 250,
  });
  expect(history.summary({ from_ms: 0, to_ms: 1 })).toMatchObject({ ev_Wh: 0, peak_W: null, occupied_permille: null });
});

test("grants are stored when the current or what limits it changes, not when amounts flicker", () => {
  const { grants } = freshFolder().stores;
  const because = (after_mA: number) =>
    [
      { kind: "circuit_phase", ref: "main", phase: "L1", before_mA: milliamp(32_000), after_mA: milliamp(after_mA) },
    ] as const;
  const add = (minutes: number, granted_mA: number, reasons = because(granted_mA)) => {
    grants.add({
      stationId: "P01",
      at_ms: minute(minutes),
      granted_mA: milliamp(granted_mA),
      because: reasons,
      queue: null,
    });
  };
  add(0, 16_000);
  add(1, 16_000, because(17_000));
  add(2, 6000);
  expect(grants.list("P01", 10).map((grant) => [grant.at_ms, grant.granted_mA])).toEqual([
    [minute(2), 6000],
    [minute(0), 16_000],
  ]);
  expect(grants.list("P01", 1)[0]?.because).toEqual(because(6000));
  grants.prune(minute(1));
  expect(grants.list("P01", 10)).toHaveLength(1);
});

test("the strip begins with the state that was in force", () => {
  const { stationLog } = freshFolder().stores;
  stationLog.addState("P01", minute(0), "free", "Available");
  stationLog.addState("P01", minute(5), "free", "Available");
  stationLog.addState("P01", minute(10), "charging", null);
  expect(stationLog.states("P01", minute(7))).toEqual([
    { at_ms: minute(0), state: "free", status: "Available" },
    { at_ms: minute(10), state: "charging", status: null },
  ]);
  expect(stationLog.states("P02", minute(0))).toEqual([]);
});

test("an alert is counted up while it is open and a new one after it ended", () => {
  const { alerts } = freshFolder().stores;
  const raise = (minutes: number) =>
    alerts.raise(
      { code: "meter-stale", severity: "safety", ref: "grid", inputs: { age_ms: minutes } },
      minute(minutes),
    );
  const first = raise(0);
  expect(raise(1)).toMatchObject({ id: first.id, count: 2, since_ms: minute(0), inputs: { age_ms: 1 } });
  expect(alerts.acknowledge(first.id, minute(2))).toMatchObject({ acknowledged_at_ms: minute(2) });
  expect(alerts.acknowledge("none", minute(2))).toBeNull();
  alerts.end("meter-stale", "grid", minute(3));
  alerts.end("meter-stale", "grid", minute(4));
  expect(alerts.open()).toEqual([]);
  expect(raise(5)).toMatchObject({ count: 1, acknowledged_at_ms: null });
  expect(alerts.list(true, 10).map((alert) => alert.ended_at_ms)).toEqual([null, minute(3)]);
  expect(alerts.list(false, 10)).toHaveLength(1);
});

test("a row on a day the app was not told anything about is not invented", () => {
  const { history } = freshFolder().stores;
  expect(history.energy({ from_ms: minute(0), to_ms: minute(0) }, "day", BERLIN, LATER)).toEqual([]);
  expect(history.heatmap({ from_ms: 0, to_ms: LATER }, BERLIN)).toMatchObject({ weeks: 0 });
});
