import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { BayPhases, PhaseList } from "../../../contract/index.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { Card } from "../../components/page.tsx";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { useApi, useConnection } from "../../lib/data/client-context.tsx";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { choicesOf, confidenceOf, refusalOf } from "./phases-view.ts";
import { RotationAdvice } from "./rotation-advice.tsx";
import css from "./settings.module.css";

const ASK_EVERY_ms = 2_000;
const KEY = ["phases", "list"] as const;

/** How each bay hangs on the site's phases, the test that finds it out, and which bays to rotate. */
export function PhasesPage() {
  const asked = useAsk(KEY, (api, signal) => api.phases.list(undefined, { signal }), { every_ms: ASK_EVERY_ms });
  return (
    <div className={css["stack"]}>
      <StateBoundary asked={asked}>{(list) => <Bays list={list} />}</StateBoundary>
      <RotationAdvice />
    </div>
  );
}

function Bays({ list }: { readonly list: PhaseList }) {
  const { t } = useTranslation("phases");
  const format = useFormat();
  const actions = usePhaseActions();
  const { state } = useConnection();
  const { running } = list;
  const isOpen = state === "open" && !actions.isPending;
  const refusal = refusalOf(actions.error);
  const columns: readonly Column<BayPhases>[] = [
    { id: "name", title: t("bay"), cell: ({ name }) => name },
    { id: "configured", title: t("configured"), cell: ({ configured }) => configured },
    { id: "found", title: t("found"), cell: (bay) => <Found bay={bay} /> },
    { id: "steps", title: t("steps"), number: true, cell: ({ steps }) => format.count(steps) },
    {
      id: "test",
      title: t("lastTest"),
      cell: ({ lastTest }) =>
        lastTest === null ? t("never") : `${format.dateTime(lastTest.at_ms)}: ${t(`outcome.${lastTest.outcome}`)}`,
    },
    {
      id: "actions",
      title: t("actions"),
      cell: (bay) => (
        <div className={css["links"]}>
          <Button
            size="xs"
            variant="default"
            disabled={!isOpen || running !== null || !bay.testable}
            aria-label={t("testBay", { name: bay.name })}
            onClick={() => {
              actions.mutate({ kind: "test", stationId: bay.stationId });
            }}
          >
            {t("test")}
          </Button>
          {choicesOf(bay).map((rotation) => (
            <Button
              key={rotation}
              size="xs"
              variant={rotation === bay.found ? "filled" : "default"}
              disabled={!isOpen}
              onClick={() => {
                actions.mutate({ kind: "accept", stationId: bay.stationId, rotation });
              }}
            >
              {rotation === bay.configured ? t("keep", { rotation }) : t("accept", { rotation })}
            </Button>
          ))}
        </div>
      ),
    },
  ];
  return (
    <Card title={t("title")}>
      <p className={css["muted"]}>{t("lead")}</p>
      {running !== null && (
        <p role="status">
          {t("running", {
            name: list.bays.find(({ stationId }) => stationId === running.stationId)?.name ?? running.stationId,
            round: format.count(running.round),
          })}{" "}
          <Button
            size="xs"
            variant="default"
            disabled={!isOpen}
            onClick={() => {
              actions.mutate({ kind: "cancel" });
            }}
          >
            {t("cancel")}
          </Button>
        </p>
      )}
      {refusal !== null && <p role="alert">{t(`refused.${refusal}`)}</p>}
      <DataTable label={t("title")} columns={columns} rows={list.bays} keyOf={({ stationId }) => stationId} />
    </Card>
  );
}

/** What was found and how sure that is, in words. */
function Found({ bay }: { readonly bay: BayPhases }) {
  const { t } = useTranslation("phases");
  return (
    <>
      <span>{t(`confidence.${confidenceOf(bay)}`, { found: bay.open.join(t("or")) })}</span>
      {bay.countsOnAll && <p className={css["muted"]}>{t("countsOnAll")}</p>}
    </>
  );
}

type PhaseAction =
  | { readonly kind: "test"; readonly stationId: string }
  | { readonly kind: "cancel" }
  | { readonly kind: "accept"; readonly stationId: string; readonly rotation: BayPhases["configured"] };

function usePhaseActions() {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (action: PhaseAction): Promise<void> => {
      switch (action.kind) {
        case "test":
          await api.phases.test({ stationId: action.stationId });
          return;
        case "cancel":
          await api.phases.cancel();
          return;
        case "accept":
          await api.phases.accept({ stationId: action.stationId, rotation: action.rotation });
      }
    },
    onSettled: () => queries.invalidateQueries({ queryKey: KEY }),
  });
}
