import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { RotationAdviceView } from "../../../contract/index.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { Card } from "../../components/page.tsx";
import { useApi, useConnection } from "../../lib/data/client-context.tsx";
import { useFormat } from "../../lib/data/use-format.ts";
import css from "./settings.module.css";

/** Asks which bays on other phases would have brought more, and shows the answer. */
export function RotationAdvice() {
  const { t } = useTranslation("phases");
  const api = useApi();
  const { state } = useConnection();
  const { mutate, isPending, data, isError } = useMutation({ mutationFn: () => api.phases.advice() });
  return (
    <Card
      title={t("advice.title")}
      actions={
        <Button
          variant="default"
          loading={isPending}
          disabled={state !== "open"}
          onClick={() => {
            mutate();
          }}
        >
          {t("advice.ask")}
        </Button>
      }
    >
      <p className={css["muted"]}>{t("advice.lead")}</p>
      <div aria-live="polite">
        {isError && <p>{t("advice.failed")}</p>}
        {data !== undefined && <Advice advice={data} />}
      </div>
    </Card>
  );
}

function Advice({ advice }: { readonly advice: RotationAdviceView }) {
  const { t } = useTranslation("phases");
  const format = useFormat();
  if (advice.sessions === 0) return <p>{t("advice.noSessions")}</p>;
  const basis = t("advice.basis", { count: advice.sessions, known: format.count(advice.known) });
  if (advice.gain_bp === 0)
    return (
      <p>
        {t("advice.nothing")} <span className={css["muted"]}>{basis}</span>
      </p>
    );
  const columns: readonly Column<RotationAdviceView["moves"][number]>[] = [
    { id: "name", title: t("bay"), cell: ({ name }) => name },
    { id: "configured", title: t("configured"), cell: ({ configured }) => configured },
    { id: "proposed", title: t("advice.proposed"), cell: ({ proposed }) => proposed },
    { id: "now", title: t("advice.now"), number: true, cell: ({ now_Wh }) => format.energy(now_Wh) },
    { id: "then", title: t("advice.then"), number: true, cell: ({ then_Wh }) => format.energy(then_Wh) },
  ];
  return (
    <>
      <p>
        <strong>
          {t("advice.gain", {
            count: advice.moves.length,
            gain: format.percent(advice.gain_bp),
            now: format.energy(advice.now_Wh),
            then: format.energy(advice.then_Wh),
          })}
        </strong>{" "}
        <span className={css["muted"]}>{basis}</span>
      </p>
      <DataTable label={t("advice.title")} columns={columns} rows={advice.moves} keyOf={({ stationId }) => stationId} />
      <p className={css["muted"]}>{t("advice.how")}</p>
    </>
  );
}
