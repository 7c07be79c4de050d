import { useTranslation } from "react-i18next";
import type { SessionRow } from "../../../contract/index.ts";
import { useSite } from "../../lib/data/live-store.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { flagShort } from "./flag-words.ts";
import { COLUMN_IDS, endText, isNumeric, money } from "./session-columns.tsx";
import css from "./sessions-print.module.css";
import { ColumnTitle, type SessionTotals, TotalsRow } from "./sessions-table.tsx";

const ROWS_MAX = 1_000;

type Props = { readonly rows: readonly SessionRow[]; readonly totals: SessionTotals; readonly period: string };

/** The list on paper: site, period, every fetched row, and the totals of the whole filter. */
export function SessionsPrint({ rows, totals, period }: Props) {
  const { t } = useTranslation("sessions");
  const format = useFormat();
  const site = useSite();
  const shown = rows.slice(0, ROWS_MAX);
  return (
    <div className="print-only">
      <p className={css["title"]}>
        {site?.name}: {t("title")}, {period}
        {site?.demo === true && " · DEMO"}
      </p>
      {shown.length < totals.sessions && (
        <p>{t("printMore", { shown: format.count(shown.length), total: format.count(totals.sessions) })}</p>
      )}
      <table className={css["table"]}>
        <thead>
          <tr>
            {COLUMN_IDS.map((id) => (
              <th key={id} scope="col" data-numeric={isNumeric(id)}>
                <ColumnTitle id={id} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={row.id}>
              <td>{format.dateTime(row.started_at_ms)}</td>
              <td>{row.ended_at_ms === null ? t("running") : endText(row.started_at_ms, row.ended_at_ms, format)}</td>
              <td>{row.stationName}</td>
              <td>{row.customerName ?? "—"}</td>
              <td>{row.cardAlias === null ? t("noCard") : `…${row.cardAlias}`}</td>
              <td data-numeric>{format.energyValue(row.energy_Wh, 2)}</td>
              <td data-numeric>{format.duration(row.charging_ms)}</td>
              <td data-numeric>{money(row, "net_minor", format)}</td>
              <td data-numeric>{money(row, "gross_minor", format)}</td>
              <td>{row.invoiceNumber ?? "—"}</td>
              <td>{row.flags.map((flag) => flagShort(flag, { t, format })).join(", ")}</td>
            </tr>
          ))}
        </tbody>
        <TotalsRow totals={totals} breadth="all" isFetchingMore={false} />
      </table>
    </div>
  );
}
