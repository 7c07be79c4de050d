import { useTranslation } from "react-i18next";
import type { StationLive } from "../../../contract/index.ts";
import { StateChip } from "../../features/state/state-chip.tsx";
import { useWording } from "../../features/reasons/use-wording.ts";
import { useSite } from "../../lib/data/live-store.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import css from "./print-table.module.css";
import { holderText, limitWords, perPhaseText, sessionText } from "./station-words.ts";

/** What goes on paper instead of the tiles: every charger in one line, with the moment it was true. */
export function PrintTable({ stations }: { readonly stations: readonly StationLive[] }) {
  const { t } = useTranslation("live");
  const format = useFormat();
  const wording = useWording();
  const site = useSite();
  if (site === null) return null;
  return (
    <div className="print-only">
      <p className={css["stamp"]}>
        {t("printStamp", { site: site.name, at: format.dateTime(site.at_ms), zone: site.timezone })}
      </p>
      <table className={css["table"]}>
        <thead>
          <tr>
            {(["bay", "state", "power", "phases", "session", "holder", "reason"] as const).map((column) => (
              <th key={column} scope="col">
                {t(`column.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {stations.map((station) => (
            <tr key={station.stationId}>
              <th scope="row">{station.name}</th>
              <td>
                <StateChip state={station.state} />
              </td>
              <td>{format.power(station.power_W)}</td>
              <td>{perPhaseText(station, format)}</td>
              <td>{sessionText(station, site.at_ms, format)}</td>
              <td>{holderText(station, t)}</td>
              <td>{limitWords(station, wording, t)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
