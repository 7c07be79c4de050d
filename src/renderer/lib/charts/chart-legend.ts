import type { ChartSpec } from "./chart-spec.ts";

/** What the key beside a chart shows: `area` a filled swatch, `line` a stroke, `hatch` a part of the time. */
export type LegendItem = {
  readonly key: string;
  readonly label: string;
  readonly token: string;
  readonly mark: "area" | "line" | "thin-line" | "hatch";
  readonly dash: readonly number[];
};

/** The key of a chart; a matrix has its scale instead. A single series needs none but for its special points. */
export function legendItems(spec: ChartSpec, partialLabel: string): readonly LegendItem[] {
  if (spec.kind === "matrix") return [];
  const isBars = spec.kind === "bars" || spec.kind === "hbars";
  const series = spec.series.flatMap(({ key, label, token, dash, maxLabel }): readonly LegendItem[] => [
    { key, label, token, dash, mark: isBars || spec.kind === "area" ? "area" : "line" },
    ...(maxLabel === null ? [] : [{ key: `${key}_max`, label: maxLabel, token, dash: [], mark: "thin-line" as const }]),
  ]);
  const partial = spec.series.find(({ points }) =>
    points.some(({ quality, y }) => quality === "partial" && y !== null),
  );
  const withPartial: readonly LegendItem[] =
    partial === undefined || !isBars
      ? []
      : [{ key: "partial", label: partialLabel, token: partial.token, dash: [], mark: "hatch" }];
  const all = [...series, ...withPartial];
  return all.length > 1 ? all : [];
}

/** Lowest and highest value of a matrix, for its scale. */
export function matrixBounds({ series }: ChartSpec): { readonly min: number; readonly max: number } {
  const values = series.flatMap(({ points }) => points.flatMap(({ y }) => y ?? []));
  return { min: 0, max: values.reduce((max, value) => Math.max(max, value), 0) };
}
