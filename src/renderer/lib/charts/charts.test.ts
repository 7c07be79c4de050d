import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInstance } from "i18next";
import { describe, expect, test } from "vitest";
import { moved } from "./chart-canvas.tsx";
import { chartCsv } from "./chart-csv.ts";
import { legendItems, matrixBounds } from "./chart-legend.ts";
import { type ChartSpec, hasValues } from "./chart-spec.ts";
import { chartTable } from "./chart-table.ts";
import { pointText, summaryText, valueText } from "./chart-words.ts";
import { chartConfiguration, datasetIndex } from "./chartjs-adapter.ts";

const HOUR_ms = 3_600_000;
const START_ms = Date.UTC(2026, 10, 20);

const bars: ChartSpec = {
  id: "energy",
  finding: "Most on Friday",
  subject: "Energy per day",
  kind: "bars",
  unit: "kWh",
  decimals: 1,
  x: {
    type: "category",
    label: "Day",
    zone: "Europe/Berlin",
    from_ms: START_ms,
    to_ms: START_ms + 72 * HOUR_ms,
    bucket: "day",
    categories: ["20 Nov", "21 Nov", "=22 Nov"].map((short) => ({ short, full: short })),
  },
  series: [
    {
      key: "ev",
      label: "Charging",
      token: "series-1",
      dash: [],
      stack: "site",
      maxLabel: null,
      points: [
        { x: 0, y: 488.3123, quality: "ok" },
        { x: 1, y: null, quality: "ok" },
        { x: 2, y: 12.5, quality: "partial" },
      ],
    },
  ],
  limits: [],
  notes: [],
  source: "here",
};

const power: ChartSpec = {
  ...bars,
  id: "power",
  kind: "area",
  unit: "kW",
  x: { ...bars.x, type: "time", categories: [], label: "Time" },
  series: [
    {
      key: "site",
      label: "Site",
      token: "other-load",
      dash: [],
      stack: null,
      maxLabel: "Highest",
      points: [
        { x: START_ms, y: 10, max: 14, quality: "ok" },
        { x: START_ms + HOUR_ms, y: null, max: null, quality: "ok" },
      ],
    },
    {
      key: "ev",
      label: "Cars",
      token: "series-1",
      dash: [4, 4],
      stack: null,
      maxLabel: null,
      points: [{ x: START_ms, y: 3, quality: "ok" }],
    },
  ],
  limits: [{ label: "Fuse 80 A", value: 55.2, token: "state-fault" }],
};

const matrix: ChartSpec = {
  ...bars,
  id: "week",
  kind: "matrix",
  series: ["Mon", "Tue"].map((label, row) => ({
    key: label,
    label,
    token: "heat",
    dash: [],
    stack: null,
    maxLabel: null,
    points: [
      { x: 0, y: row, quality: "ok" as const },
      { x: 1, y: null, quality: "ok" as const },
    ],
  })),
};

const texts: unknown = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../../../resources/locales/en/charts.json"), "utf8"),
);
const i18n = createInstance();
await i18n.init({
  lng: "en",
  resources: typeof texts === "object" && texts !== null ? { en: { charts: texts } } : {},
  defaultNS: "charts",
  interpolation: { escapeValue: false },
});
const t = i18n.getFixedT("en", "charts");
const wording = { t, locale: "en", instantText: (at_ms: number) => new Date(at_ms).toISOString() };
const draw = { theme: "light", wording, sizes: { font: 12, line: 2 } } as const;

describe("a chart as a table", () => {
  test("has a row for each place and keeps unknown apart from zero", () => {
    const { rows, columns } = chartTable(bars, wording.instantText);
    expect(columns.map(({ label }) => label)).toEqual(["Charging"]);
    expect(rows.map(({ values }) => values)).toEqual([[488.3123], [null], [12.5]]);
    expect(rows.map(({ isPartial }) => isPartial)).toEqual([false, false, true]);
  });

  test("gives highest values a column of their own and series without a point an unknown", () => {
    const { rows, columns } = chartTable(power, wording.instantText);
    expect(columns.map(({ label }) => label)).toEqual(["Site", "Highest", "Cars"]);
    expect(rows.map(({ values }) => values)).toEqual([
      [10, 14, 3],
      [null, null, null],
    ]);
  });
});

describe("a chart as CSV", () => {
  test("is RFC 4180 with an empty cell for unknown and formulas made harmless", () => {
    expect(chartCsv(bars, ",", wording.instantText)).toBe(
      "Day,Charging (kWh),partial\r\n20 Nov,488.312,no\r\n21 Nov,,no\r\n'=22 Nov,12.5,yes\r\n",
    );
  });

  test("has decimal commas where semicolons separate, and instants in UTC beside the words", () => {
    const [, first] = chartCsv({ ...power, series: power.series.slice(0, 1) }, ";", () => "Fri").split("\r\n");
    expect(first).toBe("2026-11-20T00:00:00.000Z;Fri;10;14;no");
    expect(chartCsv(bars, ";", () => "").split("\r\n")[1]).toBe("20 Nov;488,312;no");
  });
});

describe("a chart in words", () => {
  test("names the highest value and its place in one sentence", () => {
    expect(summaryText(bars, wording)).toBe(
      "Most on Friday. Energy per day: Charging; 3 points. Highest: Charging, 20 Nov, 488.3\u00a0kWh.",
    );
  });

  test("counts a step's highest value as the highest", () => {
    expect(summaryText(power, wording)).toContain("14.0\u00a0kW");
  });

  test("says that a value was not recorded instead of zero", () => {
    expect(pointText(bars, { series: 0, x: 1 }, wording)).toBe("21 Nov, Charging: not recorded");
    expect(pointText(bars, { series: 0, x: 2 }, wording)).toBe("=22 Nov, Charging: 12.5\u00a0kWh, not complete");
    expect(pointText(power, { series: 0, x: START_ms }, wording)).toMatch(
      /Site: 10\.0\u00a0kW, Highest 14\.0\u00a0kW$/u,
    );
    expect(valueText(bars, null, "en")).toBe("—");
  });
});

describe("the key", () => {
  test("explains highest values and hatched bars, and is left out where one series speaks for itself", () => {
    expect(legendItems(bars, "partial").map(({ mark }) => mark)).toEqual(["area", "hatch"]);
    expect(legendItems(power, "partial").map(({ mark }) => mark)).toEqual(["area", "thin-line", "area"]);
    expect(legendItems(matrix, "partial")).toEqual([]);
    expect(matrixBounds(matrix)).toEqual({ min: 0, max: 1 });
  });
});

describe("a spec in the words of the chart library", () => {
  test("bars are stacked from zero, gaps stay gaps, nothing is parsed or animated", () => {
    const { type, data, options } = chartConfiguration(bars, draw);
    expect(type).toBe("bar");
    expect(options).toMatchObject({ parsing: false, normalized: true, animation: false });
    expect(data.labels).toEqual(["20 Nov", "21 Nov", "=22 Nov"]);
    expect(data.datasets[0]?.data).toEqual([
      { x: 0, y: 488.3123 },
      { x: 1, y: null },
      { x: 2, y: 12.5 },
    ]);
    expect(options?.scales?.["y"]).toMatchObject({ beginAtZero: true, stacked: true, ticks: { maxTicksLimit: 6 } });
  });

  test("areas have an envelope, gaps without a bridge, the site's zone and the limit with its name", () => {
    const { data, options } = chartConfiguration(power, draw);
    expect(data.datasets.map(({ label }) => label)).toEqual(["Site", "Highest", "Cars"]);
    expect(data.datasets[0]).toMatchObject({ fill: "origin", spanGaps: false });
    expect(data.datasets[1]).toMatchObject({
      fill: "-1",
      data: [
        { x: START_ms, y: 14 },
        { x: START_ms + HOUR_ms, y: null },
      ],
    });
    expect(data.datasets[2]).toMatchObject({ borderDash: [4, 4] });
    expect(options?.scales?.["x"]).toMatchObject({ type: "time", adapters: { date: { zone: "Europe/Berlin" } } });
    expect(options?.plugins?.annotation?.annotations).toMatchObject({
      limit0: { yMin: 55.2, label: { content: "Fuse 80 A" } },
    });
    expect(datasetIndex(power, 1)).toBe(2);
  });

  test.each([
    ["line", { stepped: false, fill: false }],
    ["steps", { stepped: "before", fill: false }],
    ["duration", { stepped: false, fill: false }],
  ] as const)("%s is a line of its own kind", (kind, expected) => {
    const spec: ChartSpec = { ...power, kind, x: { ...power.x, type: kind === "duration" ? "number" : "time" } };
    expect(chartConfiguration(spec, draw).data.datasets[0]).toMatchObject({ type: "line", ...expected });
  });

  test("sideways bars change their axes", () => {
    const { options, data } = chartConfiguration({ ...bars, kind: "hbars" }, draw);
    expect(options?.indexAxis).toBe("y");
    expect(data.datasets[0]?.data[0]).toEqual({ x: 488.3123, y: 0 });
  });

  test("a matrix has one cell for each point, unknown ones without a value", () => {
    const { type, data } = chartConfiguration(matrix, draw);
    expect(type).toBe("matrix");
    expect(data.datasets[0]?.data).toEqual([
      { x: 0, y: 0, v: 0 },
      { x: 1, y: 0 },
      { x: 0, y: 1, v: 1 },
      { x: 1, y: 1 },
    ]);
  });
});

test("a chart without one known value is empty", () => {
  expect(hasValues(bars)).toBe(true);
  expect(hasValues({ ...bars, series: [] })).toBe(false);
  expect(
    hasValues({ ...bars, series: bars.series.map((one) => ({ ...one, points: [{ x: 0, y: null, quality: "ok" }] })) }),
  ).toBe(false);
});

test("arrow keys walk over points and series and stop at the ends", () => {
  const size = { places: 3, series: 2 };
  expect(moved(null, "ArrowRight", size)).toEqual({ series: 0, place: 0 });
  expect(moved({ series: 0, place: 2 }, "ArrowRight", size)).toEqual({ series: 0, place: 2 });
  expect(moved({ series: 0, place: 0 }, "ArrowLeft", size)).toEqual({ series: 0, place: 0 });
  expect(moved({ series: 1, place: 1 }, "ArrowDown", size)).toEqual({ series: 0, place: 1 });
  expect(moved({ series: 0, place: 1 }, "End", size)).toEqual({ series: 0, place: 2 });
  expect(moved({ series: 0, place: 1 }, "Escape", size)).toBeNull();
  expect(moved(null, "a", size)).toBeUndefined();
});
