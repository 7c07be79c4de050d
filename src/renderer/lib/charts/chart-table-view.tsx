import { useTranslation } from "react-i18next";
import css from "./chart.module.css";
import type { ChartSpec } from "./chart-spec.ts";
import { chartTable } from "./chart-table.ts";
import { useChartWording } from "./use-chart-wording.ts";

/** The same numbers as a table, for whoever reads rather than looks. */
export function ChartTableView({ spec }: { readonly spec: ChartSpec }) {
  const { t } = useTranslation("charts");
  const wording = useChartWording(spec);
  const table = chartTable(spec, wording.instantText);
  const number = new Intl.NumberFormat(wording.locale, {
    minimumFractionDigits: spec.decimals,
    maximumFractionDigits: spec.decimals,
  });
  return (
    <div className={css["tableFrame"]} tabIndex={0} role="region" aria-label={spec.subject}>
      <table className={css["table"]}>
        <thead>
          <tr>
            <th scope="col">{table.head}</th>
            {table.columns.map(({ key, label, unit }) => (
              <th key={key} scope="col">
                {unit === "" ? label : `${label} (${unit})`}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row) => (
            <tr key={row.x}>
              <th scope="row">
                {row.label}
                {row.isPartial && <em className={css["partial"]}> {t("partial")}</em>}
              </th>
              {row.values.map((value, index) => (
                <td key={table.columns[index]?.key}>{value === null ? "—" : number.format(value)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
