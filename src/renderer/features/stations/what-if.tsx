import { useTranslation } from "react-i18next";
import type { LearnedView, StationLive, WhatIf } from "../../../contract/index.ts";
import { useLiveStore } from "../../lib/data/live-store.ts";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { useWording } from "../reasons/use-wording.ts";
import css from "./explain.module.css";
import { type Answer, answersFor, LARGER_FUSE_MA, questionsFor } from "./what-if-view.ts";

const AGAIN_EVERY_ms = 10_000;

/** What this car would have if one thing were otherwise, worked out by the balancer itself. */
export function WhatIfs({ station, learned }: { readonly station: StationLive; readonly learned: LearnedView }) {
  const { t } = useTranslation("charger");
  const circuits = useLiveStore((state) => state.circuits);
  const { stationId } = station;
  const asked = useAsk(
    ["explain", stationId],
    async (api, signal) => {
      const settings = await api.balancing.settings(undefined, { signal });
      const questions = [...questionsFor(station, circuits, settings, learned)];
      const answers = await api.explain.whatIf({ questions }, { signal });
      return answersFor(stationId, questions, answers);
    },
    { every_ms: AGAIN_EVERY_ms },
  );
  if (asked.data === undefined) return null;
  return (
    <section aria-label={t("whatIf.title")}>
      <h3 className={css["title"]}>{t("whatIf.title")}</h3>
      {asked.data.length === 0 ? (
        <p>{t("whatIf.none")}</p>
      ) : (
        <ul className={css["ladder"]}>
          {asked.data.map((answer) => (
            <AnswerLine key={JSON.stringify(answer.question)} answer={answer} />
          ))}
        </ul>
      )}
    </section>
  );
}

function AnswerLine({ answer }: { readonly answer: Answer }) {
  const { t } = useTranslation("charger");
  const format = useFormat();
  const title = useQuestionText()(answer.question);
  const { after_mA, change_mA, placeAfter, losers } = answer;
  const values = { after: format.exactCurrent(after_mA), change: format.exactCurrent(Math.abs(change_mA)) };
  const direction = change_mA > 0 ? "more" : change_mA < 0 ? "less" : "same";
  const what = placeAfter === null ? t(`whatIf.${direction}`, values) : t("whatIf.waits", { place: placeAfter });
  return (
    <li className={css["answer"]}>
      <span className={css["question"]}>{title}</span>
      <strong>{what}</strong>
      <span className={css["step"]}>{losers === 0 ? t("whatIf.nobody") : t("whatIf.others", { count: losers })}</span>
    </li>
  );
}

function useQuestionText(): (question: WhatIf) => string {
  const { t } = useTranslation("charger");
  const { t: tSettings } = useTranslation("settings");
  const format = useFormat();
  const { circuitOf } = useWording();
  return (question) => {
    switch (question.kind) {
      case "fuse":
        return t("whatIf.fuse", {
          name: circuitOf(question.circuitId)?.name ?? question.circuitId,
          more: format.current(LARGER_FUSE_MA),
        });
      case "no-margin":
        return t("whatIf.margin", { name: circuitOf(question.circuitId)?.name ?? question.circuitId });
      case "first":
        return t("whatIf.first");
      case "rotation":
        return t("whatIf.rotation", { phases: question.rotation.match(/L\d/gu)?.join(" ") ?? question.rotation });
      case "rule":
        return t("whatIf.rule", { rule: tSettings(`rule.${question.sharing?.rule ?? "need"}.name`) });
    }
  };
}
