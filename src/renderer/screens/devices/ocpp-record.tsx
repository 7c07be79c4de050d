import { useTranslation } from "react-i18next";
import type { BoxReport, BoxRequest } from "../../../contract/index.ts";
import { DataTable } from "../../components/data-table.tsx";
import { Card } from "../../components/page.tsx";
import { useFormat } from "../../lib/data/use-format.ts";
import { type PartProps, useAskedName, useBoxWord } from "./ocpp-ask.tsx";
import { askedAbout, saysMore } from "./ocpp-box-view.ts";
import css from "./ocpp-box.module.css";

/** What was asked of the box and what came of it, and what it told by itself; newest first. */
export function BoxRecord({ beyond: { requests, reports } }: PartProps) {
  return (
    <>
      <Requests requests={requests} />
      <Reports reports={reports} />
    </>
  );
}

/** Several may stand in one millisecond; counted from the oldest a row keeps its key when newer ones come. */
const numbered = <T extends { readonly at_ms: number }>(
  rows: readonly T[],
): readonly (T & { readonly key: string })[] =>
  rows.map((row, index) => ({ ...row, key: `${String(row.at_ms)}/${String(rows.length - index)}` }));
const keyOf = ({ key }: { readonly key: string }): string => key;

function Requests({ requests }: { readonly requests: readonly BoxRequest[] }) {
  const { t } = useTranslation("box");
  const { t: tCharger } = useTranslation("charger");
  const format = useFormat();
  const word = useBoxWord();
  const name = useAskedName();
  const outcome = ({ outcome: came, words }: BoxRequest): string => {
    const said = saysMore(words) ? [word(words)] : [];
    const first =
      came === "ok"
        ? t("outcome.done")
        : came === "not-supported"
          ? t("outcome.unknownToBox")
          : tCharger(`failure.${came}`);
    return [first, ...said].join(" ");
  };
  const about = (request: BoxRequest): string => {
    const what = askedAbout(request);
    switch (what.kind) {
      case "setting":
        return what.value === null ? what.name : `${what.name} = ${what.value}`;
      case "card":
        return t("record.card", { card: what.card, time: format.dateTime(what.until_ms) });
      case "list":
        return t("record.list", { count: what.cards, version: what.version });
      case "text":
        return what.text;
    }
  };
  return (
    <Card title={t("record.asked")}>
      {requests.length === 0 ? (
        <p className={css["muted"]}>{t("record.nothingAsked")}</p>
      ) : (
        <DataTable
          label={t("record.asked")}
          rows={numbered(requests)}
          keyOf={keyOf}
          columns={[
            { id: "time", title: t("record.time"), cell: ({ at_ms }) => format.dateTime(at_ms) },
            { id: "what", title: t("record.what"), cell: ({ asked }) => name(asked) },
            {
              id: "about",
              title: t("record.about"),
              cell: (one) => <span className={css["value"]}>{about(one)}</span>,
            },
            {
              id: "outcome",
              title: t("record.outcome"),
              cell: (one) => <span className={css["value"]}>{outcome(one)}</span>,
            },
          ]}
        />
      )}
    </Card>
  );
}

function Reports({ reports }: { readonly reports: readonly BoxReport[] }) {
  const { t } = useTranslation("box");
  const format = useFormat();
  const word = useBoxWord();
  return (
    <Card title={t("record.told")}>
      {reports.length === 0 ? (
        <p className={css["muted"]}>{t("record.nothingTold")}</p>
      ) : (
        <DataTable
          label={t("record.told")}
          rows={numbered(reports)}
          keyOf={keyOf}
          columns={[
            { id: "time", title: t("record.time"), cell: ({ at_ms }) => format.dateTime(at_ms) },
            { id: "message", title: t("record.message"), cell: ({ name }) => name },
            { id: "said", title: t("record.said"), cell: ({ status }) => (status === null ? "—" : word(status)) },
          ]}
        />
      )}
    </Card>
  );
}
