// A chart as data: what it shows and what it found, in no library's words. Everything that draws, speaks or exports a
// chart reads this, so that all of them say the same.

export type ChartKind = "bars" | "hbars" | "area" | "line" | "steps" | "duration" | "matrix";
/** `partial`: the bucket is not over or has gaps; `estimated`: not measured. Missing is a value of `null`. */
export type ChartQuality = "ok" | "partial" | "estimated";
export type ChartBucket = "quarter-hour" | "hour" | "day" | "month";

/** One place on the horizontal axis of a chart with categories. */
export type ChartCategory = {
  /** On the axis: "22". */
  readonly short: string;
  /** In tables and spoken: "Sun, 22 Nov 2026". */
  readonly full: string;
};

/**
 * `time`: points stand at their instant, drawn in the site's zone. `category`: a point's `x` is its place in
 * `categories`. `number`: a plain scale.
 */
export type ChartX = {
  readonly type: "time" | "category" | "number";
  readonly label: string;
  readonly zone: string;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly bucket: ChartBucket;
  readonly categories: readonly ChartCategory[];
};

export type ChartPoint = {
  readonly x: number;
  /** In the chart's unit; `null` is unknown and is drawn as a gap. */
  readonly y: number | null;
  /** Highest value inside the step, where the point stands for a stretch of time. */
  readonly max?: number | null;
  readonly quality: ChartQuality;
};

export type ChartSeries = {
  readonly key: string;
  readonly label: string;
  /** Design token of the colour, without dashes in front. */
  readonly token: string;
  readonly dash: readonly number[];
  /** Series of one stack stand on each other; `null` stands alone. */
  readonly stack: string | null;
  readonly points: readonly ChartPoint[];
  /** What the highest values are called; `null` where points carry none. */
  readonly maxLabel: string | null;
};

export type ChartLimit = { readonly label: string; readonly value: number; readonly token: string };

export type ChartSpec = {
  readonly id: string;
  /** What the chart shows, as a sentence with its number: "Peak 41.2 kW on Tue 14 Nov". */
  readonly finding: string;
  /** What is drawn, for the second line: "Energy per day". */
  readonly subject: string;
  readonly kind: ChartKind;
  readonly unit: string;
  readonly decimals: number;
  readonly x: ChartX;
  /** In the order they are stacked, lowest first; of a matrix its rows from the top. */
  readonly series: readonly ChartSeries[];
  readonly limits: readonly ChartLimit[];
  readonly notes: readonly string[];
  readonly source: string;
};

/** True when at least one value is known: otherwise there is nothing to draw, and no empty axes are shown. */
export const hasValues = (spec: ChartSpec): boolean =>
  spec.series.some((series) => series.points.some((point) => point.y !== null));
