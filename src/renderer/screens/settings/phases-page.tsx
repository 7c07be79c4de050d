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
import own from "./phases.module.css";
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
  const { running, bays } = list;
  const isOpen = state === "open" && !actions.isPending;
  const refusal = refusalOf(actions.error);
  const columns: readonly Column<BayPhases>[] = [
    { id: "name", title: t("bay"), cell: ({ name }) => name },
    { id: "configured", title: t("configured"), cell: ({ configured }) => configured },
    { id: "found", title: t("found"), cell: (bay) => <Found bay={bay} /> },
    { id: "steps", title: t("steps"), number: true, cell: ({ steps }) => format.count(steps) },
    { id: "test", title: t("lastTest"), cell: ({ lastTest }) => <LastTest test={lastTest} /> },
    {
      id: "actions",
      title: t("actions"),
      cell: (bay) => <BayActions bay={bay} act={actions.mutate} canTest={isOpen && running === null} canAct={isOpen} />,
    },
  ];
  const tested = bays.find(({ stationId }) => stationId === running?.stationId);
  return (
    <Card title={t("title")}>
      <p className={css["muted"]}>{t("lead")}</p>
      {running !== null && (
        <p role="status">
          {t("running", { name: tested?.name ?? running.stationId, round: format.count(running.round) })}{" "}
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
      <DataTable label={t("title")} columns={columns} rows={bays} keyOf={({ stationId }) => stationId} />
    </Card>
  );
}

function LastTest({ test }: { readonly test: BayPhases["lastTest"] }) {
  const { t } = useTranslation("phases");
  const format = useFormat();
  if (test === null) return t("never");
  const outcome = t(`outcome.${test.outcome}`);
  return t("testedAt", { time: format.dateTime(test.at_ms), outcome });
}

type ActionsProps = {
  readonly bay: BayPhases;
  readonly act: (action: PhaseAction) => void;
  readonly canTest: boolean;
  readonly canAct: boolean;
};

/** The test, and the answers that are asked for while the bay's map is in doubt. */
function BayActions({ bay, act, canTest, canAct }: ActionsProps) {
  const { t } = useTranslation("phases");
  const { stationId, name, testable, found, configured } = bay;
  return (
    <div className={own["actions"]}>
      <Button
        size="xs"
        variant="default"
        disabled={!canTest || !testable}
        aria-label={t("testBay", { name })}
        onClick={() => {
          act({ kind: "test", stationId });
        }}
      >
        {t("test")}
      </Button>
      {choicesOf(bay).map((rotation) => (
        <Button
          key={rotation}
          size="xs"
          variant={rotation === found ? "filled" : "default"}
          disabled={!canAct}
          onClick={() => {
            act({ kind: "accept", stationId, rotation });
          }}
        >
          {rotation === configured ? t("keep", { rotation }) : t("accept", { rotation })}
        </Button>
      ))}
    </div>
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
