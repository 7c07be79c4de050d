import { useTranslation } from "react-i18next";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { bindingRung } from "../reasons/ladder.ts";
import { useWording } from "../reasons/use-wording.ts";
import { shortReason, turnText } from "../reasons/words.ts";
import css from "./explain.module.css";

const SHOWN = 12;
const AGAIN_EVERY_ms = 15_000;

/** Which current this charger had before, why, and where its car stood in the queue. */
export function Earlier({ stationId }: { readonly stationId: string }) {
  const { t } = useTranslation("charger");
  const format = useFormat();
  const wording = useWording();
  const asked = useAsk(
    ["stations", "grants", stationId],
    (api, signal) => api.stations.grants({ stationId, limit: SHOWN }, { signal }),
    { every_ms: AGAIN_EVERY_ms },
  );
  return (
    <section aria-label={t("earlier.title")}>
      <h3 className={css["title"]}>{t("earlier.title")}</h3>
      <StateBoundary asked={asked} isEmpty={(rows) => rows.length === 0} empty={<p>{t("earlier.none")}</p>}>
        {(rows) => (
          <table className={css["earlier"]}>
            <thead>
              <tr>
                <th scope="col">{t("earlier.time")}</th>
                <th scope="col">{t("earlier.current")}</th>
                <th scope="col">{t("earlier.why")}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ at_ms, granted_mA, because, queue }) => {
                const rung = bindingRung(because);
                return (
                  <tr key={`${String(at_ms)}-${String(granted_mA)}-${String(queue?.place)}-${queue?.turn?.kind ?? ""}`}>
                    <th scope="row">
                      <time dateTime={new Date(at_ms).toISOString()} title={format.dateTime(at_ms)}>
                        {format.timeSeconds(at_ms)}
                      </time>
                    </th>
                    <td>{format.exactCurrent(granted_mA)}</td>
                    <td>
                      {rung === null ? "—" : shortReason(rung, wording)}
                      {queue !== null && (
                        <span className={css["step"]}>
                          {t("earlier.queue", { place: queue.place })} {turnText(queue.turn, wording)}
                        </span>
                      )}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        )}
      </StateBoundary>
    </section>
  );
}
