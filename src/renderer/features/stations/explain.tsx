import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { StationLive } from "../../../contract/index.ts";
import { CopyButton } from "../../components/copy-button.tsx";
import { useLiveStore } from "../../lib/data/live-store.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { useAsk } from "../../lib/data/use-ask.ts";
import { rungsOf } from "../reasons/ladder.ts";
import { useWording } from "../reasons/use-wording.ts";
import { explainSentence, explanationText, rungText } from "../reasons/words.ts";
import { Earlier } from "./earlier.tsx";
import { type Proof, proofFor } from "./explain-view.ts";
import css from "./explain.module.css";
import { Learned } from "./learned.tsx";
import { PlanNote } from "./plan-note.tsx";
import { WhatIfs } from "./what-if.tsx";

/** Why this charger gets this current, as one sentence, a ladder of numbers and a sum that adds up. */
export function Explain({ station }: { readonly station: StationLive }) {
  const { t } = useTranslation("charger");
  const wording = useWording();
  const circuits = useLiveStore((state) => state.circuits);
  const byId = useLiveStore((state) => state.stations);
  const at_ms = useLiveStore((state) => state.site?.at_ms ?? 0);
  const detail = useAsk(["stations", "detail", station.stationId], (api, signal) =>
    api.stations.detail({ stationId: station.stationId }, { signal }),
  );
  const proof = useMemo(() => proofFor(station, circuits, Object.values(byId)), [station, circuits, byId]);
  return (
    <div className={css["explain"]}>
      <p className={css["sentence"]}>{explainSentence(station, wording)}</p>
      {station.session !== null && <PlanNote stationId={station.stationId} />}
      {station.because.length > 0 && <Ladder station={station} />}
      {proof !== null && <ProofTable proof={proof} />}
      {detail.data !== undefined && (
        <>
          <Learned learned={detail.data.learned} station={station} />
          {station.session !== null && <WhatIfs station={station} learned={detail.data.learned} />}
        </>
      )}
      <Earlier stationId={station.stationId} />
      <div>
        <CopyButton text={() => explanationText(station, wording, at_ms)} label={t("explain.copy")} />
      </div>
    </div>
  );
}

function Ladder({ station }: { readonly station: StationLive }) {
  const { t } = useTranslation("charger");
  const format = useFormat();
  const wording = useWording();
  const rungs = rungsOf(station.because);
  return (
    <section aria-label={t("explain.ladder")}>
      <h3 className={css["title"]}>{t("explain.ladder")}</h3>
      <ol className={css["ladder"]}>
        {rungs.map((rung, index) => (
          <li key={`${String(index)}-${rung.kind}`} className={css["rung"]} data-binding={rung.binding}>
            <span className={css["value"]}>{format.exactCurrent(rung.after_mA)}</span>
            <span className={css["text"]}>
              {rung.binding && <strong className={css["binding"]}>{t("explain.binding")}</strong>}
              {rungText(rung, wording)}
              {index > 0 && format.exactCurrent(rung.before_mA) !== format.exactCurrent(rung.after_mA) && (
                <span className={css["step"]}>
                  {t("explain.step", {
                    before: format.exactCurrent(rung.before_mA),
                    after: format.exactCurrent(rung.after_mA),
                  })}
                </span>
              )}
            </span>
          </li>
        ))}
        <li className={css["rung"]} data-result>
          <span className={css["value"]}>{format.exactCurrent(station.granted_mA)}</span>
          <span className={css["text"]}>
            {station.confirmed_mA === station.granted_mA
              ? t("explain.granted")
              : station.confirmed_mA === null
                ? t("explain.unanswered")
                : t("explain.unconfirmed", { confirmed: format.exactCurrent(station.confirmed_mA) })}
          </span>
        </li>
      </ol>
    </section>
  );
}

function ProofTable({ proof }: { readonly proof: Proof }) {
  const { t } = useTranslation("charger");
  const format = useFormat();
  const amp = (value_mA: number): string => format.currentValue(value_mA, 1);
  return (
    <section aria-label={t("proof.title", { circuit: proof.circuit.name, phase: proof.phase })}>
      <h3 className={css["title"]}>{t("proof.title", { circuit: proof.circuit.name, phase: proof.phase })}</h3>
      <table className={css["proof"]}>
        <thead className="visually-hidden">
          <tr>
            <th scope="col">{t("proof.what")}</th>
            <th scope="col">A</th>
          </tr>
        </thead>
        <tbody>
          <Line label={t("proof.fuse")} value={amp(proof.fuse_mA)} unit />
          <Line label={t("proof.margin")} value={`− ${amp(proof.margin_mA)}`} />
          <Line label={t("proof.other")} value={`− ${amp(proof.other_mA)}`} />
          {proof.kept_mA > 0 && <Line label={t("proof.kept")} value={`− ${amp(proof.kept_mA)}`} />}
          <Line label={t("proof.forCars", { count: proof.sharers.length })} value={amp(proof.forCars_mA)} sum />
          {proof.sharers.map(({ stationId, name, granted_mA, self }) => (
            <Line key={stationId} label={name} value={`− ${amp(granted_mA)}`} inner self={self} />
          ))}
          <Line label={t("proof.left")} value={amp(proof.left_mA)} sum />
        </tbody>
      </table>
    </section>
  );
}

type LineProps = {
  readonly label: string;
  readonly value: string;
  readonly unit?: boolean;
  readonly sum?: boolean;
  readonly inner?: boolean;
  readonly self?: boolean;
};

function Line({ label, value, unit = false, sum = false, inner = false, self = false }: LineProps) {
  return (
    <tr data-sum={sum} data-inner={inner} data-self={self}>
      <th scope="row">{label}</th>
      <td>
        {value}
        {unit && "\u00a0A"}
      </td>
    </tr>
  );
}
