import { useTranslation } from "react-i18next";
import { useFormat } from "../../lib/data/use-format.ts";
import css from "./history-screen.module.css";
import { bucketNames, type Summary } from "./history-view.ts";

/** The numbers of the period that an owner asks for first. */
export function Kpis({ summary }: { readonly summary: Summary }) {
  const { t } = useTranslation("history");
  const format = useFormat();
  const peakAt = summary.peak_at_ms === null ? null : bucketNames("hour", format)(summary.peak_at_ms).full;
  const tiles = [
    { key: "energy", value: format.energyValue(summary.ev_Wh), unit: "kWh", note: null },
    { key: "revenue", value: format.money(summary.gross_minor, summary.currency), unit: "", note: t("kpi.gross") },
    { key: "sessions", value: format.count(summary.sessions), unit: "", note: null },
    { key: "peak", value: format.powerValue(summary.peak_W), unit: summary.peak_W === null ? "" : "kW", note: peakAt },
    {
      key: "occupied",
      value: format.percent(summary.occupied_permille === null ? null : summary.occupied_permille * 10),
      unit: "",
      note: t("kpi.occupiedNote"),
    },
  ] as const;
  return (
    <dl className={css["kpis"]}>
      {tiles.map(({ key, value, unit, note }) => (
        <div key={key} className={css["kpi"]}>
          <dt>{t(`kpi.${key}`)}</dt>
          <dd className={css["value"]} data-kpi={key}>
            {value}
            {unit !== "" && <span className={css["unit"]}>{unit}</span>}
          </dd>
          {note !== null && <dd className={css["note"]}>{note}</dd>}
        </div>
      ))}
    </dl>
  );
}
