import type { TFunction } from "i18next";
import type { ChartSpec } from "./chart-spec.ts";
import { type InstantText, placeLabel, places } from "./chart-table.ts";

/** What saying a chart needs besides the chart. */
export type ChartWording = {
  readonly t: TFunction<"charts">;
  readonly locale: string;
  readonly instantText: InstantText;
};

/** A value with the chart's decimals and unit; "—" when unknown. */
export function valueText(spec: ChartSpec, value: number | null, locale: string): string {
  if (value === null) return "—";
  const digits = { minimumFractionDigits: spec.decimals, maximumFractionDigits: spec.decimals };
  const text = new Intl.NumberFormat(locale, digits).format(value);
  return spec.unit === "" ? text : `${text}\u00a0${spec.unit}`;
}

/** One sentence for who cannot see the picture: finding, subject, and the lowest and highest of what is drawn. */
export function summaryText(spec: ChartSpec, { t, locale, instantText }: ChartWording): string {
  const known = spec.series.flatMap(({ label, points }) =>
    points.flatMap(({ x, y, max }) => (y === null ? [] : [{ label, x, y: Math.max(y, max ?? y) }])),
  );
  const [first] = known;
  if (first === undefined) return `${spec.finding}.`;
  const highest = known.reduce((best, point) => (point.y > best.y ? point : best), first);
  return t("summary", {
    finding: spec.finding,
    subject: spec.subject,
    series:
      spec.series.length > 4
        ? t("rows", { count: spec.series.length })
        : spec.series.map(({ label }) => label).join(", "),
    count: places(spec).length,
    highest: valueText(spec, highest.y, locale),
    label: highest.label,
    place: placeLabel(spec, highest.x, instantText),
  });
}

/** What the keyboard cursor says at one point: "Mon, 16 Nov 2026, charging: 34.2 kWh". */
export function pointText(
  spec: ChartSpec,
  at: { readonly series: number; readonly x: number },
  wording: ChartWording,
): string {
  const series = spec.series[at.series];
  const point = series?.points.find(({ x }) => x === at.x);
  const place = placeLabel(spec, at.x, wording.instantText);
  if (series === undefined || point === undefined || point.y === null) {
    return wording.t("spoken.missing", { place, series: series?.label ?? "" });
  }
  const value = valueText(spec, point.y, wording.locale);
  const words = { place, series: series.label, value };
  if (point.max !== undefined && point.max !== null && series.maxLabel !== null) {
    return wording.t("spoken.withMax", {
      ...words,
      maxLabel: series.maxLabel,
      max: valueText(spec, point.max, wording.locale),
    });
  }
  return point.quality === "partial" ? wording.t("spoken.partial", words) : wording.t("spoken.value", words);
}
