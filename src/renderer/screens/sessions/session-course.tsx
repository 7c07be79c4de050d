import { useTranslation } from "react-i18next";
import type { SessionDetail } from "../../../contract/index.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import css from "./session-drawer.module.css";

/** When the car charged or paused, and every register that somebody read on the way. */
export function SessionCourse({ detail }: { readonly detail: SessionDetail }) {
  const { t } = useTranslation("sessions");
  const format = useFormat();
  const { activities, registers } = detail;
  return (
    <section>
      <h3>{t("detail.course")}</h3>
      <ol className={css["course"]}>
        {activities.map(({ at_ms, activity }) => (
          <li key={`${String(at_ms)}-${activity}`}>
            <time>{format.timeSeconds(at_ms)}</time>
            {t(`activity.${activity}`)}
          </li>
        ))}
      </ol>
      <details>
        <summary>{t("detail.registers", { count: registers.length })}</summary>
        <table className={css["sum"]}>
          <thead>
            <tr>
              <th scope="col">{t("detail.at")}</th>
              <th scope="col" data-end>
                {t("detail.register")}
              </th>
            </tr>
          </thead>
          <tbody>
            {registers.map(({ at_ms, register_Wh }) => (
              <tr key={at_ms}>
                <th scope="row">{format.dateTime(at_ms)}</th>
                <td>{format.energyValue(register_Wh, 3)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </section>
  );
}
