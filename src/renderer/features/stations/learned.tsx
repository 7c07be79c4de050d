import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import type { LearnedView, StationLive } from "../../../contract/index.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import type { Format } from "../../lib/format/format.ts";
import css from "./explain.module.css";

type Props = { readonly learned: LearnedView; readonly station: StationLive };

/** What the car that is there has shown of itself and what is therefore counted on; nothing while it has shown nothing. */
export function Learned({ learned, station }: Props) {
  const { t } = useTranslation("charger");
  const format = useFormat();
  const facts = learnedFacts(learned, station, t, format);
  if (facts.length === 0) return null;
  return (
    <section aria-label={t("learned.title")}>
      <h3 className={css["title"]}>{t("learned.title")}</h3>
      <ul className={css["facts"]}>
        {facts.map((fact) => (
          <li key={fact}>{fact}</li>
        ))}
      </ul>
    </section>
  );
}

function learnedFacts(
  { phases, min_mA, max_mA, neverPause, over_permille }: LearnedView,
  station: StationLive,
  t: TFunction<"charger">,
  format: Format,
): readonly string[] {
  const used = phases?.join(" ") ?? "";
  return [
    ...(phases === null || phases.length === 0
      ? []
      : [
          phases.length < station.phases.length
            ? t("learned.phases", { phases: used })
            : t("learned.phasesAll", { phases: used }),
        ]),
    ...(min_mA === null ? [] : [t("learned.min", { current: format.exactCurrent(min_mA) })]),
    ...(max_mA === null ? [] : [t("learned.max", { current: format.exactCurrent(max_mA) })]),
    ...(neverPause ? [t("learned.neverPause")] : []),
    // Thousandths are tens of hundredths of a per cent.
    ...(over_permille === 0 ? [] : [t("learned.over", { percent: format.percent(over_permille * 10) })]),
  ];
}
