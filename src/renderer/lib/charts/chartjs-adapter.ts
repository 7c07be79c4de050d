import type { ChartConfiguration, ChartDataset, ScriptableContext, TooltipItem } from "chart.js";
import type { ThemeName } from "../tokens/tokens.ts";
import { colourOf, heatColour, translucent } from "./chart-colours.ts";
import { matrixBounds } from "./chart-legend.ts";
import type { ChartSeries, ChartSpec } from "./chart-spec.ts";
import { placeLabel } from "./chart-table.ts";
import { type ChartWording, valueText } from "./chart-words.ts";
import { scalesFor, type Sizes } from "./chartjs-scales.ts";
import { hatch } from "./hatch.ts";

// The one place that says a ChartSpec in chart.js's words.

export type DrawOptions = { readonly theme: ThemeName; readonly wording: ChartWording; readonly sizes: Sizes };

/** One drawn point; `v` is the value of a matrix cell. */
type Datum = { readonly x: number | null; readonly y: number | null; readonly v?: number };
type Kind = "bar" | "line" | "matrix";
type DrawnDataset = ChartDataset<Kind, Datum[]>;

const AREA_SHARE = 90;
const ENVELOPE_SHARE = 70;
/** More points than that are drawn with a thin line, which would else become a solid band. */
const DENSE_POINTS = 300;
const BAR_WIDTH_px_max = 44;

/** Where a spec's series is found among the datasets: one dataset for values, one more for highest values. */
export const datasetIndex = (spec: ChartSpec, series: number): number =>
  spec.series.slice(0, series).reduce((sum, { maxLabel }) => sum + (maxLabel === null ? 1 : 2), 0);

/** Everything chart.js needs to draw the spec. No animation, no parsing: data comes sorted and in its final form. */
export function chartConfiguration(spec: ChartSpec, draw: DrawOptions): ChartConfiguration<Kind, Datum[]> {
  const isMatrix = spec.kind === "matrix";
  return {
    type: isMatrix ? "matrix" : spec.kind === "bars" || spec.kind === "hbars" ? "bar" : "line",
    data: {
      ...(spec.x.type === "category" && !isMatrix ? { labels: spec.x.categories.map(({ short }) => short) } : {}),
      datasets: isMatrix ? [matrixDataset(spec, draw)] : spec.series.flatMap((series) => datasets(spec, series, draw)),
    },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      parsing: false,
      normalized: true,
      locale: draw.wording.locale,
      ...(spec.kind === "hbars" ? { indexAxis: "y" as const } : {}),
      layout: { padding: { top: draw.sizes.font * 1.6, right: draw.sizes.font } },
      interaction: isMatrix ? { mode: "nearest", intersect: true } : { mode: "index", intersect: false },
      font: { family: '"Inter Variable", system-ui, sans-serif', size: draw.sizes.font },
      color: colourOf("ink-muted", draw.theme),
      scales: scalesFor(spec, draw),
      plugins: {
        legend: { display: false },
        tooltip: tooltip(spec, draw),
        annotation: { animations: {}, clip: false, annotations: limits(spec, draw) },
      },
    },
    plugins: [unitLabel(spec, draw)],
  };
}

function datasets(spec: ChartSpec, series: ChartSeries, draw: DrawOptions): DrawnDataset[] {
  const colour = colourOf(series.token, draw.theme);
  if (spec.kind === "bars" || spec.kind === "hbars") return [barDataset(spec, series, draw, colour)];
  const width = series.points.length > DENSE_POINTS ? draw.sizes.line / 2 : draw.sizes.line;
  const line: ChartDataset<"line", Datum[]> = {
    type: "line",
    label: series.label,
    data: series.points.map(({ x, y }) => ({ x, y })),
    borderColor: colour,
    borderWidth: width,
    borderDash: [...series.dash],
    backgroundColor: translucent(colour, AREA_SHARE),
    fill: spec.kind === "area" && series.dash.length === 0 ? "origin" : false,
    stepped: spec.kind === "steps" ? "before" : false,
    pointRadius: 0,
    pointHoverRadius: draw.sizes.line * 2,
    pointHoverBackgroundColor: colour,
    spanGaps: false,
  };
  if (series.maxLabel === null) return [line];
  const envelope: ChartDataset<"line", Datum[]> = {
    ...line,
    label: series.maxLabel,
    data: series.points.map(({ x, max }) => ({ x, y: max ?? null })),
    borderWidth: width / 2,
    borderDash: [],
    backgroundColor: translucent(colour, ENVELOPE_SHARE),
    // The band between the average and the highest value.
    fill: "-1",
  };
  return [line, envelope];
}

function barDataset(
  spec: ChartSpec,
  series: ChartSeries,
  { theme }: DrawOptions,
  colour: string,
): ChartDataset<"bar", Datum[]> {
  let partial: CanvasPattern | string | null = null;
  const sideways = spec.kind === "hbars";
  return {
    type: "bar",
    label: series.label,
    data: series.points.map(({ x, y }) => (sideways ? { x: y, y: x } : { x, y })),
    backgroundColor: (context: ScriptableContext<"bar">) => {
      const at: unknown = context.raw;
      const place = isPlaced(at) ? (sideways ? at.y : at.x) : -1;
      if (series.points.find(({ x }) => x === place)?.quality !== "partial") return colour;
      return (partial ??= hatch(colour, translucent(colour, 24)));
    },
    borderColor: colourOf("surface", theme),
    borderWidth: 0,
    maxBarThickness: BAR_WIDTH_px_max,
    categoryPercentage: 0.86,
    barPercentage: 0.9,
    ...(series.stack === null ? {} : { stack: series.stack }),
  };
}

const isPlaced = (value: unknown): value is { readonly x: number; readonly y: number } =>
  typeof value === "object" && value !== null && "x" in value && "y" in value;

/** Rows of a matrix are the spec's series, from the top. */
function matrixDataset(spec: ChartSpec, { theme }: DrawOptions): ChartDataset<"matrix", Datum[]> {
  const { max } = matrixBounds(spec);
  let missing: CanvasPattern | string | null = null;
  const data: Datum[] = spec.series.flatMap(({ points }, row) =>
    points.map(({ x, y }) => (y === null ? { x, y: row } : { x, y: row, v: y })),
  );
  return {
    type: "matrix",
    label: spec.subject,
    data,
    backgroundColor: ({ dataIndex }) => {
      const value = data[dataIndex]?.v;
      if (value !== undefined) return heatColour(max === 0 ? 0 : value / max, theme);
      return (missing ??= hatch(colourOf("missing", theme), colourOf("surface", theme)));
    },
    borderWidth: 0,
    borderRadius: 2,
    hoverBorderColor: colourOf("ink", theme),
    hoverBorderWidth: 2,
    width: ({ chart }) => Math.max(1, chart.chartArea.width / Math.max(1, spec.x.categories.length) - 2),
    height: ({ chart }) => Math.max(1, chart.chartArea.height / Math.max(1, spec.series.length) - 2),
  };
}

/** Limits are named on their line, so nobody looks for them in a key. */
function limits(spec: ChartSpec, { theme, sizes }: DrawOptions) {
  return Object.fromEntries(
    spec.limits.map(({ label, value, token }, index) => [
      `limit${String(index)}`,
      {
        type: "line" as const,
        yMin: value,
        yMax: value,
        borderColor: colourOf(token, theme),
        borderWidth: sizes.line,
        borderDash: [6, 4],
        label: {
          display: true,
          content: label,
          position: "end" as const,
          yAdjust: -sizes.font,
          backgroundColor: translucent(colourOf("surface", theme), 220),
          color: colourOf("ink", theme),
          font: { size: sizes.font, weight: "bold" as const },
          padding: 2,
        },
      },
    ]),
  );
}

function tooltip(spec: ChartSpec, { theme, wording }: DrawOptions) {
  return {
    backgroundColor: colourOf("ink", theme),
    titleColor: colourOf("surface", theme),
    bodyColor: colourOf("surface", theme),
    cornerRadius: 4,
    padding: 8,
    boxPadding: 4,
    displayColors: spec.kind !== "matrix",
    callbacks: {
      title: (items: TooltipItem<Kind>[]) => titleAt(spec, items[0], wording),
      label: (item: TooltipItem<Kind>) => {
        const raw: unknown = item.raw;
        if (spec.kind === "matrix") return matrixText(spec, raw, wording);
        const value = isPlaced(raw) ? (spec.kind === "hbars" ? raw.x : raw.y) : null;
        return ` ${item.dataset.label ?? ""}: ${valueText(spec, value, wording.locale)}`;
      },
    },
  };
}

function titleAt(spec: ChartSpec, item: TooltipItem<Kind> | undefined, wording: ChartWording): string {
  const raw: unknown = item?.raw;
  if (!isPlaced(raw)) return "";
  const place = placeLabel(spec, spec.kind === "hbars" ? raw.y : raw.x, wording.instantText);
  return spec.kind === "matrix" ? `${spec.series[raw.y]?.label ?? ""}, ${place}` : place;
}

const matrixText = (spec: ChartSpec, raw: unknown, { locale }: ChartWording): string =>
  valueText(spec, isPlaced(raw) && "v" in raw && typeof raw.v === "number" ? raw.v : null, locale);

/** The unit stands once, on top of the axis. */
function unitLabel(spec: ChartSpec, { theme, sizes }: DrawOptions) {
  return {
    id: "chargehand-unit",
    afterDraw: ({
      ctx,
      chartArea,
    }: {
      readonly ctx: CanvasRenderingContext2D;
      readonly chartArea: { left: number; top: number };
    }) => {
      if (spec.kind === "matrix") return;
      ctx.save();
      ctx.fillStyle = colourOf("ink-muted", theme);
      ctx.font = `${String(sizes.font)}px "Inter Variable", system-ui, sans-serif`;
      ctx.textAlign = "right";
      ctx.fillText(spec.unit, chartArea.left - 6, chartArea.top - sizes.font * 0.8);
      ctx.restore();
    },
  };
}
