import { useTranslation } from "react-i18next";
import type { Commissioning } from "../../../contract/index.ts";
import { DataTable } from "../../components/data-table.tsx";
import { Card } from "../../components/page.tsx";
import { useFormat } from "../../lib/data/use-format.ts";
import css from "./commissioning.module.css";
import { useAuthor } from "./use-author.ts";

/** Who took what on and when, the newest first. */
export function Decisions({ decisions }: Pick<Commissioning, "decisions">) {
  const { t } = useTranslation("commissioning");
  const format = useFormat();
  const authorText = useAuthor();
  return (
    <Card title={t("decisions.title")}>
      {decisions.length === 0 ? (
        <p className={css["muted"]}>{t("decisions.none")}</p>
      ) : (
        <DataTable
          label={t("decisions.title")}
          rows={decisions}
          keyOf={({ at_ms, decision }) => `${String(at_ms)} ${decision}`}
          columns={[
            { id: "time", title: t("decisions.time"), cell: ({ at_ms }) => format.dateTime(at_ms) },
            { id: "who", title: t("decisions.who"), cell: ({ author }) => authorText(author) },
            { id: "what", title: t("decisions.what"), cell: ({ decision }) => t(`decisions.${decision}`) },
            {
              id: "why",
              title: t("decisions.why"),
              cell: ({ decision, reason }) => (
                <span className={css["wrap"]}>{decision === "lapsed" ? t("decisions.lapsedWhy") : reason}</span>
              ),
            },
          ]}
        />
      )}
    </Card>
  );
}
