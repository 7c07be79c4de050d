import { useTranslation } from "react-i18next";
import type { SiteProblem } from "../../../contract/index.ts";
import css from "./start-page.module.css";

type Props = { readonly fileName: string; readonly problems: readonly SiteProblem[] };

/** Every mistake of a site file: where it is, which field, and what belongs there. */
export function SiteProblems({ fileName, problems }: Props) {
  const { t } = useTranslation("start");
  return (
    <div
      className={css["problems"]}
      role="alert"
      ref={(list) => {
        list?.scrollIntoView({ block: "nearest" });
      }}
    >
      <p>
        <strong>{t("problems.title", { count: problems.length, file: fileName })}</strong> {t("problems.nothing")}
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("problems.line")}</th>
            <th scope="col">{t("problems.field")}</th>
            <th scope="col">{t("problems.expected")}</th>
          </tr>
        </thead>
        <tbody>
          {problems.map((problem) => (
            <tr key={`${String(problem.line)}:${String(problem.column)}:${problem.field}:${problem.code}`}>
              <td>{problem.line ?? "—"}</td>
              <td>
                <code>{problem.field}</code>
              </td>
              <td>{problem.expected}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
