import { Button, Checkbox } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { BayFallback, Commissioning } from "../../../contract/index.ts";
import { IconAlertTriangle, IconCheck, IconInfoCircle } from "../../components/icons.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { Card } from "../../components/page.tsx";
import { useConnection } from "../../lib/data/client-context.tsx";
import { useLiveStore } from "../../lib/data/live-store.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { knowledgeOf } from "./commissioning-view.ts";
import css from "./commissioning.module.css";
import { Refused } from "./refused.tsx";
import { RunningTest } from "./running-test.tsx";
import { useAct } from "./use-commissioning.ts";
import { WitnessDialog } from "./witness-dialog.tsx";

type Props = {
  readonly status: Commissioning;
  readonly chosen: ReadonlySet<string>;
  readonly choose: (chosen: ReadonlySet<string>) => void;
};

/** Every charger with what it keeps without us, how that is known, and the test that finds it out. */
export function Bays({ status: { fallbacks, running }, chosen, choose }: Props) {
  const { t } = useTranslation("commissioning");
  const { state } = useConnection();
  const [seeing, setSeeing] = useState<BayFallback | null>(null);
  const [entered, setEntered] = useState<string | null>(null);
  const test = useAct((api, stationId: string) => api.commissioning.test({ stationId }));
  const cancel = useAct((api) => api.commissioning.cancel());
  const isOpen = state === "open" && !test.isPending;
  const toggle = (stationId: string, ticked: boolean): void => {
    const next = new Set(chosen);
    if (ticked) next.add(stationId);
    else next.delete(stationId);
    choose(next);
  };
  const columns = useBayColumns({
    chosen,
    toggle,
    canTest: isOpen && running === null,
    canEnter: isOpen,
    test: (stationId) => {
      cancel.reset();
      test.mutate(stationId);
    },
    see: setSeeing,
  });
  const nameOf = (id: string): string => fallbacks.find(({ stationId }) => stationId === id)?.name ?? id;
  return (
    <Card title={t("bays.title")}>
      <p className={css["lead"]}>{t("bays.lead")}</p>
      {running !== null && (
        <RunningTest
          running={running}
          bay={fallbacks.find(({ stationId }) => stationId === running.stationId)}
          onCancel={() => {
            cancel.mutate(undefined);
          }}
        />
      )}
      <div className={css["told"]}>
        <Refused error={test.error} name={test.variables === undefined ? undefined : nameOf(test.variables)} />
        <Refused error={cancel.error} />
        <p role="status">{entered !== null && t("witness.saved", { name: entered })}</p>
      </div>
      <DataTable label={t("bays.title")} columns={columns} rows={fallbacks} keyOf={({ stationId }) => stationId} />
      {seeing !== null && (
        <WitnessDialog
          bay={seeing}
          onClose={() => {
            setSeeing(null);
          }}
          onSaved={(name) => {
            setSeeing(null);
            setEntered(name);
          }}
        />
      )}
    </Card>
  );
}

type Handlers = {
  readonly chosen: ReadonlySet<string>;
  readonly toggle: (stationId: string, ticked: boolean) => void;
  readonly canTest: boolean;
  readonly canEnter: boolean;
  readonly test: (stationId: string) => void;
  readonly see: (bay: BayFallback) => void;
};

function useBayColumns({ chosen, toggle, canTest, canEnter, test, see }: Handlers): readonly Column<BayFallback>[] {
  const { t } = useTranslation("commissioning");
  return [
    {
      id: "name",
      title: t("bays.bay"),
      cell: ({ stationId, name }) => (
        <Checkbox
          label={name}
          checked={chosen.has(stationId)}
          onChange={(event) => {
            toggle(stationId, event.currentTarget.checked);
          }}
        />
      ),
    },
    { id: "keeps", title: t("bays.keeps"), cell: (bay) => <Keeps bay={bay} /> },
    { id: "known", title: t("bays.known"), cell: (bay) => <Known bay={bay} /> },
    { id: "test", title: t("bays.lastTest"), cell: ({ lastTest }) => <LastTest test={lastTest} /> },
    {
      id: "actions",
      title: t("bays.actions"),
      cell: (bay) => (
        <div className={css["actions"]}>
          <Button
            size="xs"
            variant="default"
            disabled={!canTest || !bay.online}
            aria-label={t("bays.testBay", { name: bay.name })}
            onClick={() => {
              test(bay.stationId);
            }}
          >
            {t("bays.test")}
          </Button>
          <Button
            size="xs"
            variant="default"
            disabled={!canEnter}
            aria-label={t("bays.witnessBay", { name: bay.name })}
            onClick={() => {
              see(bay);
            }}
          >
            {t("bays.witness")}
          </Button>
        </div>
      ),
    },
  ];
}

/** What is counted, and what it was told where that is something else. */
function Keeps({ bay: { counted_mA, promised_mA } }: { readonly bay: BayFallback }) {
  const { t } = useTranslation("commissioning");
  const format = useFormat();
  return (
    <>
      {format.exactCurrent(counted_mA)}
      {counted_mA !== promised_mA && (
        <p className={css["muted"]}>{t("bays.promised", { current: format.exactCurrent(promised_mA) })}</p>
      )}
    </>
  );
}

function Known({ bay }: { readonly bay: BayFallback }) {
  const { t } = useTranslation("commissioning");
  const format = useFormat();
  const max_mA = useLiveStore((state) => state.stations[bay.stationId]?.max_mA ?? bay.counted_mA);
  const known = knowledgeOf(bay, max_mA);
  const isBad = known === "keeps" || known === "rises";
  const KnownIcon = isBad ? IconAlertTriangle : bay.provenBy === null ? IconInfoCircle : IconCheck;
  return (
    <span className={css["known"]} data-known={isBad ? "bad" : bay.provenBy === null ? "open" : "proven"}>
      <KnownIcon size={16} stroke={1.75} aria-hidden />
      <span>{t(`known.${known}`, { date: format.date(bay.lastTest?.at_ms) })}</span>
      {!bay.online && <span className={css["muted"]}> ({t("bays.offline")})</span>}
    </span>
  );
}

function LastTest({ test }: { readonly test: BayFallback["lastTest"] }) {
  const { t } = useTranslation("commissioning");
  const format = useFormat();
  if (test === null) return <span className={css["muted"]}>{t("bays.never")}</span>;
  return (
    <span className={css["wrap"]}>
      {format.dateTime(test.at_ms)}: {t(`outcome.${test.outcome}`, { kept: format.exactCurrent(test.kept_mA) })}
    </span>
  );
}
