import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInstance } from "i18next";
import { beforeAll, describe, expect, test } from "vitest";
import { periodRange, type PeriodRange } from "../../features/period/period.ts";
import { createFormat } from "../../lib/format/format.ts";
import { hasValues } from "../../lib/charts/chart-spec.ts";
import { parseHistorySearch } from "./history-search.ts";
import { bucketFor, energySpec, heatSpec, type HistoryWords, powerSpec } from "./history-view.ts";

const ZONE = "Europe/Berlin";
const rangeOf = (period: "today" | "week" | "month" | "quarter" | "year"): PeriodRange => {
  const range = periodRange({ period, at: null, from: null, to: null }, "2026-11-22", ZONE);
  if (range === null) throw new Error("a bounded period has a range");
  return range;
};

function asTexts(value: unknown): object {
  if (typeof value !== "object" || value === null) throw new Error("a file of texts is an object");
  return value;
}

let words: HistoryWords;
beforeAll(async () => {
  const file = join(import.meta.dirname, "../../../../resources/locales/en/history.json");
  const history: unknown = JSON.parse(readFileSync(file, "utf8"));
  const i18n = createInstance();
  await i18n.init({
    lng: "en",
    resources: { en: { history: asTexts(history) } },
    defaultNS: "history",
    interpolation: { escapeValue: false },
  });
  words = {
    t: i18n.getFixedT("en", "history"),
    format: createFormat({ locale: "en", timezone: ZONE, currency: "EUR" }),
    site: "Parkhaus Nord",
  };
});

const DAY_ms = 86_400_000;
const day = (
  index: number,
  ev_Wh: number | null,
  site_Wh: number | null,
  quality: "ok" | "partial" | "missing" = "ok",
) => {
  const from_ms = rangeOf("week").from_ms + index * DAY_ms;
  return { from_ms, to_ms: from_ms + DAY_ms, ev_Wh, site_Wh, sessions: 3, quality };
};

test("buckets grow with the period", () => {
  expect((["today", "week", "month", "quarter", "year"] as const).map((period) => bucketFor(rangeOf(period)))).toEqual([
    "hour",
    "day",
    "day",
    "day",
    "month",
  ]);
});

describe("energy", () => {
  test("finds the best day, hatches what is not over and leaves gaps where nothing was recorded", () => {
    const spec = energySpec(
      [day(0, 10_000, 15_000), day(1, null, null, "missing"), day(2, 20_500, 20_000, "partial")],
      rangeOf("week"),
      "day",
      words,
    );
    expect(spec.finding).toMatch(
      /Most charged on .*18 Nov.* 20\.5\u00a0kWh|Most charged on .*Nov 18.* 20\.5\u00a0kWh/u,
    );
    expect(spec.series.map(({ points }) => points.map(({ y }) => y))).toEqual([
      [10, null, 20.5],
      [5, null, 0],
    ]);
    expect(spec.series[0]?.points[2]?.quality).toBe("partial");
    expect(spec.x.categories).toHaveLength(3);
    expect(spec.notes).toHaveLength(1);
  });

  test("without any record has nothing to draw", () => {
    const spec = energySpec([day(0, null, null, "missing")], rangeOf("week"), "day", words);
    expect(hasValues(spec)).toBe(false);
    expect(spec.finding).toBe("Nothing was charged");
  });
});

describe("power", () => {
  const point = (at_ms: number, max_W: number) => ({
    at_ms,
    avg_W: max_W - 2_000,
    max_W,
    ev_avg_W: 3_000,
    quality: "ok" as const,
  });

  test("names the peak and its share of the fuse, rounded down so that 99.6 % is not 100 %", () => {
    const { from_ms } = rangeOf("week");
    const spec = powerSpec(
      {
        points: [point(from_ms, 20_000), point(from_ms + 900_000, 55_000)],
        limit_W: 55_200,
        fuse_mA: 80_000,
        step_ms: 900_000,
      },
      rangeOf("week"),
      words,
    );
    expect(spec.finding).toMatch(/^Peak 55\.0\u00a0kW on .*, 99% of the main fuse$/u);
    expect(spec.limits).toEqual([{ label: "Main fuse 80\u00a0A = 55.2\u00a0kW", value: 55.2, token: "state-fault" }]);
    expect(spec.series[0]?.points[1]).toEqual({ x: from_ms + 900_000, y: 53, max: 55, quality: "ok" });
    expect(spec.notes).toEqual([]);
  });

  test("says plainly when the fuse was exceeded, and when points stand for more than a quarter hour", () => {
    const { from_ms } = rangeOf("year");
    const spec = powerSpec(
      { points: [point(from_ms, 60_000)], limit_W: 55_200, fuse_mA: 80_000, step_ms: 3_600_000 },
      rangeOf("year"),
      words,
    );
    expect(spec.finding).toContain("above the main fuse (108%)");
    expect(spec.notes).toHaveLength(1);
  });
});

test("the week has seven rows of 24 hours, Monday first, and names its fullest hour", () => {
  const cells = [
    { weekday: 2, hour: 19, ev_Wh_avg: 40_100, occupiedBays_avg: 6 },
    { weekday: 1, hour: 0, ev_Wh_avg: null, occupiedBays_avg: null },
  ];
  const spec = heatSpec(cells, "energy", rangeOf("month"), words);
  expect(spec.series.map(({ label }) => label)).toEqual(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]);
  expect(spec.series.every(({ points }) => points.length === 24)).toBe(true);
  expect(spec.series[1]?.points[19]?.y).toBe(40.1);
  expect(spec.series[0]?.points[0]?.y).toBeNull();
  expect(spec.finding).toBe("Most is charged on Tuesday, 19:00–20:00");
  expect(heatSpec(cells, "occupied", rangeOf("month"), words).finding).toBe("Fullest on Tuesday, 19:00–20:00");
  expect(heatSpec([], "energy", rangeOf("month"), words).finding).toBe("Nothing was charged");
});

test("the address is read with care", () => {
  expect(parseHistorySearch({ period: "all", heat: "pressure" })).toMatchObject({ period: "month", heat: "energy" });
  expect(parseHistorySearch({ period: "year", at: "2025-05-05", heat: "occupied" })).toMatchObject({
    period: "year",
    at: "2025-05-05",
    heat: "occupied",
  });
});
