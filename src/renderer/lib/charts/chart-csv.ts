import Papa from "papaparse";
import type { ChartSpec } from "./chart-spec.ts";
import { chartTable } from "./chart-table.ts";

const LINE_END = "\r\n";

/**
 * The chart's numbers as RFC 4180 text. Times are ISO instants in UTC beside the words of the axis; unknown is an empty
 * cell. Where files are separated by semicolons decimals have a comma, as spreadsheets there expect.
 */
export function chartCsv(spec: ChartSpec, delimiter: "," | ";", instantText: (at_ms: number) => string): string {
  const table = chartTable(spec, instantText);
  const isTime = spec.x.type === "time";
  const head = [
    ...(isTime ? ["time_utc"] : []),
    table.head,
    ...table.columns.map(({ label, unit }) => (unit === "" ? label : `${label} (${unit})`)),
    "partial",
  ];
  const rows = table.rows.map((row) => [
    ...(isTime ? [new Date(row.x).toISOString()] : []),
    withoutFormula(row.label),
    ...row.values.map((value) => numberCell(value, delimiter)),
    row.isPartial ? "yes" : "no",
  ]);
  return Papa.unparse([head.map(withoutFormula), ...rows], { delimiter, newline: LINE_END }) + LINE_END;
}

/** A cell that begins with one of these is run by spreadsheets. */
const withoutFormula = (text: string): string => (/^[=+\-@\t\r\n]/u.test(text) ? `'${text}` : text);

function numberCell(value: number | null, delimiter: "," | ";"): string {
  if (value === null) return "";
  const text = String(Math.round(value * 1000) / 1000);
  return delimiter === ";" ? text.replace(".", ",") : text;
}
