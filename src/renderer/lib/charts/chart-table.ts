import type { ChartPoint, ChartSpec } from "./chart-spec.ts";

export type ChartColumn = { readonly key: string; readonly label: string; readonly unit: string };
export type ChartRow = {
  readonly x: number;
  readonly label: string;
  /** One for each column; `null` is unknown. */
  readonly values: readonly (number | null)[];
  readonly isPartial: boolean;
};
export type ChartTable = {
  readonly head: string;
  readonly columns: readonly ChartColumn[];
  readonly rows: readonly ChartRow[];
};

/** Text of an instant on the axis, in the site's zone and the viewer's language. */
export type InstantText = (at_ms: number) => string;

/** The chart as a table: one row for each place on the axis, one column for each series and for its highest values. */
export function chartTable(spec: ChartSpec, instantText: InstantText): ChartTable {
  const columns = spec.series.flatMap(({ key, label, maxLabel }) => [
    { key, label, unit: spec.unit },
    ...(maxLabel === null ? [] : [{ key: `${key}_max`, label: maxLabel, unit: spec.unit }]),
  ]);
  const bySeries = spec.series.map(({ points }) => new Map(points.map((point) => [point.x, point])));
  const rows = places(spec).map((x) => {
    const found = bySeries.map((points) => points.get(x));
    return {
      x,
      label: placeLabel(spec, x, instantText),
      values: spec.series.flatMap(({ maxLabel }, index) => valuesOf(found[index], maxLabel !== null)),
      isPartial: found.some((point) => point?.quality === "partial"),
    };
  });
  return { head: spec.x.label, columns, rows };
}

const valuesOf = (point: ChartPoint | undefined, withMax: boolean): readonly (number | null)[] =>
  withMax ? [point?.y ?? null, point?.max ?? null] : [point?.y ?? null];

/** Every place that some series has a point at, from left to right. */
export function places({ series }: ChartSpec): readonly number[] {
  return [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
}

/** A place in words: the category's long name, the instant, or the number itself. */
export function placeLabel({ x }: ChartSpec, place: number, instantText: InstantText): string {
  if (x.type === "category") return x.categories[place]?.full ?? String(place);
  return x.type === "time" ? instantText(place) : String(place);
}
