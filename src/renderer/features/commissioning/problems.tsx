import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Commissioning } from "../../../contract/index.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { Card } from "../../components/page.tsx";
import { useFormat } from "../../lib/data/use-format.ts";
import {
  adviceFor,
  beyondTelling,
  type Conflict,
  conflictsOf,
  isBlocking,
  type Proposal,
  proposalFor,
} from "./commissioning-view.ts";
import css from "./commissioning.module.css";
import { OverrideForm } from "./override-form.tsx";

type Props = {
  readonly status: Commissioning;
  readonly onPropose: (proposal: Proposal) => void;
};

/** Every conductor that is too small, the sum that shows it, and what would make it fit. */
export function Problems({ status, onPropose }: Props) {
  const { t } = useTranslation("commissioning");
  const format = useFormat();
  const { problems, state } = status;
  const conflicts = conflictsOf(problems);
  const boxes_mA = ({ sum_mA, otherLoad_mA }: Conflict): number => sum_mA - otherLoad_mA;
  const columns: readonly Column<Conflict>[] = [
    { id: "name", title: t("problems.circuit"), cell: ({ name }) => name },
    { id: "phase", title: t("problems.phase"), cell: ({ phases }) => phases.join(" ") },
    {
      id: "chargers",
      title: t("problems.chargers"),
      number: true,
      cell: (conflict) =>
        t("problems.boxes", {
          current: format.exactCurrent(boxes_mA(conflict)),
          count: conflict.firstIds.length,
        }),
    },
    {
      id: "other",
      title: t("problems.other"),
      number: true,
      cell: ({ otherLoad_mA }) => format.exactCurrent(otherLoad_mA),
    },
    {
      id: "sum",
      title: t("problems.sum"),
      number: true,
      cell: ({ sum_mA }) => <span className={css["bad"]}>{format.exactCurrent(sum_mA)}</span>,
    },
    { id: "limit", title: t("problems.limit"), number: true, cell: ({ limit_mA }) => format.exactCurrent(limit_mA) },
    {
      id: "todo",
      title: t("problems.todo"),
      cell: (conflict) => <ToDo conflict={conflict} status={status} onPropose={onPropose} />,
    },
  ];
  return (
    <Card title={t("problems.title")}>
      <p className={css["lead"]}>{t("problems.lead")}</p>
      <DataTable
        label={t("problems.title")}
        columns={columns}
        rows={conflicts}
        keyOf={({ circuitId, phases, basis }) => `${circuitId} ${phases.join("")} ${basis}`}
      />
      {state === "blocked" && <OverrideForm conflicts={conflicts.filter(isBlocking)} />}
    </Card>
  );
}

type ToDoProps = Props & {
  readonly conflict: Conflict;
};

function ToDo({ conflict, status: { problems, fallbacks }, onPropose }: ToDoProps) {
  const { t } = useTranslation("commissioning");
  const format = useFormat();
  const advice = adviceFor(conflict, fallbacks);
  const beyond = beyondTelling(conflict, fallbacks);
  const proposal = proposalFor(conflict, problems, fallbacks);
  return (
    <div className={css["todo"]}>
      {conflict.basis === "seen" && <p>{t("problems.seen", { seen: format.exactCurrent(conflict.otherLoad_mA) })}</p>}
      <AdviceText advice={advice} />
      {beyond.length > 0 && <p>{t("problems.beyond", { names: beyond.map(({ name }) => name).join(", ") })}</p>}
      {proposal !== null && proposal.stationIds.length > 0 && (
        <Button
          size="xs"
          variant="default"
          aria-label={t("problems.proposeAt", { name: conflict.name, phases: conflict.phases.join(" ") })}
          onClick={() => {
            onPropose(proposal);
          }}
        >
          {t("problems.propose")}
        </Button>
      )}
    </div>
  );
}

function AdviceText({ advice }: { readonly advice: ReturnType<typeof adviceFor> }) {
  const { t } = useTranslation("commissioning");
  const format = useFormat();
  switch (advice.kind) {
    case "not-by-telling":
      return null;
    case "no-room":
      return <p>{t("problems.no-room")}</p>;
    case "lower":
      return <p>{t("problems.lower", { each: format.current(advice.each_mA) })}</p>;
    case "some":
      return advice.keep === 0 ? (
        <p>{t("problems.none")}</p>
      ) : (
        <p>{t("problems.some", { keep: format.count(advice.keep), count: advice.count })}</p>
      );
  }
}
