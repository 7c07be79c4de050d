import type { z } from "zod";
import type { contract } from "../../../contract/index.ts";
import type { PeriodRange } from "../../features/period/period.ts";
import type { ChartBucket, ChartSpec } from "../../lib/charts/chart-spec.ts";
import type { Format } from "../../lib/format/format.ts";
import type { TFunction } from "i18next";
import { dateLocale } from "../../lib/format/date-locale.ts";

type Output<P extends keyof (typeof contract)["history"]> = z.output<
  NonNullable<(typeof contract)["history"][P]["~orpc"]["outputSchema"]>
>;
export type Summary = Output<"summary">;
export type EnergyBucket = Output<"energy">["buckets"][number];
export type Power = Output<"power">;
export type HeatCell = Output<"heatmap">["cells"][number];

export const HEAT_MEASURES = ["energy", "occupied"] as const;
export type HeatMeasure = (typeof HEAT_MEASURES)[number];

/** What the builders of this screen's charts need besides the numbers. */
export type HistoryWords = {
  readonly t: TFunction<"history">;
  readonly format: Format;
  readonly site: string;
};

const HOURS = 24;
const WEEKDAYS = 7;
const DAY_BUCKETS_DAYS_MAX = 100;

/** Bars fine enough to read and few enough to tell apart: hours of a day, days of up to a quarter, months beyond. */
export function bucketFor({ first, end }: Pick<PeriodRange, "first" | "end">): "hour" | "day" | "month" {
  const { days } = first.until(end, { largestUnit: "days" });
  if (days <= 1) return "hour";
  return days <= DAY_BUCKETS_DAYS_MAX ? "day" : "month";
}

const SHORT: Readonly<Record<ChartBucket, Intl.DateTimeFormatOptions>> = {
  month: { month: "short" },
  day: { day: "numeric", month: "short" },
  hour: { hour: "2-digit", minute: "2-digit" },
  "quarter-hour": { hour: "2-digit", minute: "2-digit" },
};

/** Names of buckets on the axis and in full, in the site's zone. */
export function bucketNames(
  bucket: ChartBucket,
  { settings }: Format,
): (at_ms: number) => { short: string; full: string } {
  const make = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat(dateLocale(settings.locale), { timeZone: settings.timezone, hourCycle: "h23", ...options });
  const short = make(SHORT[bucket]);
  const full = make(
    bucket === "month"
      ? { month: "long", year: "numeric" }
      : bucket === "day"
        ? { weekday: "short", day: "numeric", month: "short", year: "numeric" }
        : { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  );
  return (at_ms) => ({ short: short.format(at_ms), full: full.format(at_ms) });
}

const kilo = (value: number | null): number | null => (value === null ? null : value / 1000);

/** What is not charging. Where the site feeds power back the rest cannot be told from the sum, and is not drawn. */
const restOf = ({ ev_Wh, site_Wh }: EnergyBucket): number | null =>
  ev_Wh === null || site_Wh === null ? null : Math.max(0, site_Wh - ev_Wh);

/** Energy of each bucket as stacked bars: charging below, the rest of the site on it. */
export function energySpec(
  buckets: readonly EnergyBucket[],
  range: PeriodRange,
  bucket: "hour" | "day" | "month",
  words: HistoryWords,
): ChartSpec {
  const { t, format } = words;
  const names = bucketNames(bucket, format);
  const best = buckets.reduce<EnergyBucket | null>(
    (top, one) => ((one.ev_Wh ?? -1) > (top?.ev_Wh ?? -1) ? one : top),
    null,
  );
  const points = (value: (one: EnergyBucket) => number | null) =>
    buckets.map((one, x) => ({
      x,
      y: kilo(value(one)),
      quality: one.quality === "partial" ? ("partial" as const) : ("ok" as const),
    }));
  return {
    id: "energy",
    finding:
      typeof best?.ev_Wh !== "number"
        ? t("energy.none")
        : t(`energy.finding.${bucket}`, { energy: format.energy(best.ev_Wh), at: names(best.from_ms).full }),
    subject: t(`energy.subject.${bucket}`),
    kind: "bars",
    unit: "kWh",
    decimals: 1,
    x: {
      ...axis(range, bucket, format, t(`bucket.${bucket}`)),
      type: "category",
      categories: buckets.map(({ from_ms }) => names(from_ms)),
    },
    series: [
      {
        key: "ev",
        label: t("energy.ev"),
        token: "series-1",
        dash: [],
        stack: "site",
        points: points(({ ev_Wh }) => ev_Wh),
        maxLabel: null,
      },
      {
        key: "rest",
        label: t("energy.rest"),
        token: "missing",
        dash: [],
        stack: "site",
        points: points(restOf),
        maxLabel: null,
      },
    ],
    limits: [],
    notes: gapNotes(
      buckets.some(({ quality }) => quality === "partial"),
      words,
    ),
    source: source(words),
  };
}

/** Power of the site against what its fuse carries, with the highest value of each step. */
export function powerSpec(power: Power, range: PeriodRange, words: HistoryWords): ChartSpec {
  const { t, format } = words;
  const { points, limit_W, fuse_mA } = power;
  const top = points.reduce<Power["points"][number] | null>(
    (best, point) => ((point.max_W ?? -1) > (best?.max_W ?? -1) ? point : best),
    null,
  );
  const names = bucketNames("hour", format);
  return {
    id: "power",
    finding:
      typeof top?.max_W !== "number"
        ? t("power.none")
        : t(top.max_W > limit_W ? "power.over" : "power.finding", {
            power: format.power(top.max_W),
            at: names(top.at_ms).full,
            share: format.percent(limit_W === 0 ? null : Math.floor((top.max_W / limit_W) * 100) * 100),
          }),
    subject: t("power.subject"),
    kind: "area",
    unit: "kW",
    decimals: 1,
    x: { ...axis(range, "quarter-hour", format, t("bucket.time")), type: "time", categories: [] },
    series: [
      {
        key: "site",
        label: t("power.site"),
        token: "other-load",
        dash: [],
        stack: null,
        points: points.map(({ at_ms, avg_W, max_W, quality }) => ({
          x: at_ms,
          y: kilo(avg_W),
          max: kilo(max_W),
          quality: quality === "partial" ? "partial" : "ok",
        })),
        maxLabel: t("power.max"),
      },
      {
        key: "ev",
        label: t("power.ev"),
        token: "series-1",
        dash: [],
        stack: null,
        points: points.map(({ at_ms, ev_avg_W }) => ({ x: at_ms, y: kilo(ev_avg_W), quality: "ok" })),
        maxLabel: null,
      },
    ],
    limits: [
      {
        label: t("power.limit", { fuse: format.current(fuse_mA), power: format.power(limit_W) }),
        value: limit_W / 1000,
        token: "state-fault",
      },
    ],
    notes: power.step_ms > QUARTER_ms ? [t("power.thinned", { step: format.age(power.step_ms) })] : [],
    source: source(words),
  };
}

const QUARTER_ms = 900_000;

/** When the site is used: hours across, weekdays down. */
export function heatSpec(
  cells: readonly HeatCell[],
  measure: HeatMeasure,
  range: PeriodRange,
  words: HistoryWords,
): ChartSpec {
  const { t, format } = words;
  const valueOf = (cell: HeatCell): number | null =>
    measure === "energy" ? kilo(cell.ev_Wh_avg) : cell.occupiedBays_avg;
  const best = cells.reduce<HeatCell | null>(
    (top, cell) => ((valueOf(cell) ?? -1) > (top === null ? -1 : (valueOf(top) ?? -1)) ? cell : top),
    null,
  );
  const isEmpty = best === null || (valueOf(best) ?? 0) === 0;
  const long = weekdayNames(format.settings.locale, "long");
  return {
    id: `week-${measure}`,
    finding: isEmpty
      ? t("heat.none")
      : t(`heat.finding.${measure}`, {
          day: long[best.weekday - 1] ?? "",
          from: hourName(best.hour),
          to: hourName(best.hour + 1),
        }),
    subject: t(`heat.subject.${measure}`),
    kind: "matrix",
    unit: measure === "energy" ? "kWh" : t("heat.bays"),
    decimals: 1,
    x: {
      ...axis(range, "hour", format, t("heat.hour")),
      type: "category",
      categories: Array.from({ length: HOURS }, (_, hour) => ({
        short: String(hour),
        full: `${hourName(hour)}–${hourName(hour + 1)}`,
      })),
    },
    series: weekdayNames(format.settings.locale, "short").map((label, index) => ({
      key: `weekday-${String(index + 1)}`,
      label,
      token: "heat",
      dash: [],
      stack: null,
      points: Array.from({ length: HOURS }, (_, hour) => {
        const cell = cells.find((one) => one.weekday === index + 1 && one.hour === hour);
        return { x: hour, y: cell === undefined ? null : valueOf(cell), quality: "ok" as const };
      }),
      maxLabel: null,
    })),
    limits: [],
    notes: [],
    source: source(words),
  };
}

const hourName = (hour: number): string => `${String(hour).padStart(2, "0")}:00`;

/** Monday first. 5 January 2026 was a Monday. */
function weekdayNames(locale: string, weekday: "short" | "long"): readonly string[] {
  const format = new Intl.DateTimeFormat(locale, { weekday, timeZone: "UTC" });
  return Array.from({ length: WEEKDAYS }, (_, day) => format.format(Date.UTC(2026, 0, 5 + day)));
}

const axis = ({ from_ms, to_ms }: PeriodRange, bucket: ChartBucket, { settings }: Format, label: string) => ({
  label,
  zone: settings.timezone,
  from_ms,
  to_ms,
  bucket,
});

const gapNotes = (hasPartial: boolean, { t }: HistoryWords): readonly string[] =>
  hasPartial ? [t("partialNote")] : [];
const source = ({ t, site, format }: HistoryWords): string => t("source", { site, zone: format.settings.timezone });
