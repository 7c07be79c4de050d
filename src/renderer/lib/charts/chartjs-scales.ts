import type { ChartOptions } from "chart.js";
import type { ThemeName } from "../tokens/tokens.ts";
import { colourOf } from "./chart-colours.ts";
import type { ChartSpec } from "./chart-spec.ts";
import { dateLocale } from "../format/date-locale.ts";

/** Sizes in pixels of what is drawn. */
export type Sizes = { readonly font: number; readonly line: number };

const TICKS_MAX = 6;
const DAY_ms = 86_400_000;

type Scales = NonNullable<ChartOptions<"bar" | "line" | "matrix">["scales"]>;
type Look = { readonly theme: ThemeName; readonly wording: { readonly locale: string }; readonly sizes: Sizes };

/** Axes of a spec: bars and areas begin at zero, at most six ticks, no unit on each number. */
export function scalesFor(spec: ChartSpec, look: Look): Scales {
  if (spec.kind === "matrix") return matrixScales(spec, look);
  if (spec.kind === "hbars") return { x: valueScale(spec, look), y: placeScale(spec, look) };
  return { x: placeScale(spec, look), y: valueScale(spec, look) };
}

const ticks = ({ theme, sizes }: Look) => ({
  color: colourOf("ink-muted", theme),
  font: { size: sizes.font },
  maxRotation: 0,
  padding: 6,
});

function valueScale(spec: ChartSpec, look: Look): Scales[string] {
  const highestLimit = spec.limits.reduce((max, { value }) => Math.max(max, value), 0);
  const stacked = spec.series.some(({ stack }) => stack !== null);
  return {
    type: "linear",
    beginAtZero: true,
    stacked,
    ...(highestLimit === 0 ? {} : { suggestedMax: highestLimit * 1.08 }),
    border: { display: false },
    grid: { color: colourOf("line", look.theme), drawTicks: false },
    ticks: { ...ticks(look), maxTicksLimit: TICKS_MAX, precision: 0 },
  };
}

function placeScale(spec: ChartSpec, look: Look): Scales[string] {
  const { x } = spec;
  const border = { color: colourOf("line-strong", look.theme) };
  if (x.type === "category") {
    return {
      type: "category",
      stacked: true,
      border,
      grid: { display: false },
      ticks: { ...ticks(look), autoSkip: true, autoSkipPadding: 8 },
    };
  }
  if (x.type === "number") {
    return { type: "linear", border, grid: { display: false }, ticks: { ...ticks(look), maxTicksLimit: 10 } };
  }
  const span_ms = x.to_ms - x.from_ms;
  const unit = span_ms <= 2 * DAY_ms ? "hour" : span_ms <= 120 * DAY_ms ? "day" : "month";
  const label = axisText(unit, x.zone, look.wording.locale);
  return {
    type: "time",
    min: x.from_ms,
    max: x.to_ms,
    border,
    grid: { display: false },
    adapters: { date: { zone: x.zone, locale: look.wording.locale } },
    time: { unit },
    ticks: {
      ...ticks(look),
      autoSkip: true,
      autoSkipPadding: 16,
      callback: (value: number | string) => label(Number(value)),
    },
  };
}

function axisText(unit: "hour" | "day" | "month", timeZone: string, locale: string): (at_ms: number) => string {
  const options: Intl.DateTimeFormatOptions =
    unit === "hour"
      ? { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }
      : unit === "day"
        ? { day: "numeric", month: "short" }
        : { month: "short" };
  const format = new Intl.DateTimeFormat(dateLocale(locale), { timeZone, ...options });
  return (at_ms) => format.format(at_ms);
}

function matrixScales(spec: ChartSpec, look: Look): Scales {
  const bare = { display: false };
  const columns = spec.x.categories.length;
  return {
    x: {
      type: "linear",
      offset: false,
      min: -0.5,
      max: columns - 0.5,
      border: bare,
      grid: bare,
      ticks: {
        ...ticks(look),
        stepSize: 1,
        autoSkip: true,
        callback: (value: number | string) =>
          Number.isInteger(Number(value)) ? (spec.x.categories[Number(value)]?.short ?? "") : "",
      },
      afterBuildTicks: (axis: { ticks: { value: number }[] }) => {
        axis.ticks = spec.x.categories.flatMap((_, value) => (value % 3 === 0 ? [{ value }] : []));
      },
    },
    y: {
      type: "linear",
      offset: false,
      reverse: true,
      min: -0.5,
      max: spec.series.length - 0.5,
      border: bare,
      grid: bare,
      ticks: {
        ...ticks(look),
        autoSkip: false,
        callback: (value: number | string) => spec.series[Number(value)]?.label ?? "",
      },
      afterBuildTicks: (axis: { ticks: { value: number }[] }) => {
        axis.ticks = spec.series.map((_, value) => ({ value }));
      },
    },
  };
}
