import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { OcppBeyond, OcppRequest } from "../../../contract/index.ts";
import { failureOf } from "../../features/stations/commands.ts";
import { troubleCode } from "../../lib/client/index.ts";
import { useApi } from "../../lib/data/client-context.tsx";
import { troubleData } from "../../lib/data/trouble.ts";
import css from "./ocpp-box.module.css";
import { askedName, knownWord, saysMore } from "./ocpp-box-view.ts";

/** What every part of the page of a box gets. */
export type PartProps = { readonly stationId: string; readonly beyond: OcppBeyond };

export type BoxAnswer = Readonly<Record<string, unknown>>;
type Asked = {
  readonly request: OcppRequest | undefined;
  readonly isAsking: boolean;
  readonly answer: BoxAnswer | undefined;
  readonly error: Error | null;
};
export type BoxAsk = { readonly asked: Asked; readonly ask: (request: OcppRequest) => void };

/** What is known of a box without asking it; asked anew when something was asked of the box. */
export const beyondKey = (stationId: string): readonly string[] => ["ocpp", "beyond", stationId];

/** One question to a box at a time, with how it went. `onAnswer` is called when the box said yes. */
export function useBoxAsk(stationId: string, onAnswer?: (request: OcppRequest, answer: BoxAnswer) => void): BoxAsk {
  const api = useApi();
  const queries = useQueryClient();
  const { mutate, variables, isPending, data, error } = useMutation({
    mutationFn: async (request: OcppRequest) => (await api.ocpp.ask({ stationId, request })).answer,
    onSuccess: (answer, request) => {
      onAnswer?.(request, answer);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: beyondKey(stationId) }),
  });
  return { asked: { request: variables, isAsking: isPending, answer: data, error }, ask: mutate };
}

/** A word of a box in ours, where we have a better one. */
export function useBoxWord(): (word: string) => string {
  const { t } = useTranslation("box");
  return (word) => {
    const known = knownWord(word);
    return known === null ? word : t(`word.${known}`);
  };
}

/** The name of a request; one that has none is shown as it is called. */
export function useAskedName(): (asked: string) => string {
  const { t } = useTranslation("box");
  return (asked) => {
    const name = askedName(asked);
    return name === null ? asked : t(`asked.${name}`);
  };
}

/** How the last question went, in words; nothing before the first. `done` says more than "it accepted". */
export function BoxOutcome({ asked, done }: { readonly asked: Asked; readonly done?: string | undefined }) {
  const { t } = useTranslation("box");
  const word = useBoxWord();
  const { isAsking, answer, error } = asked;
  if (isAsking)
    return (
      <p className={css["outcome"]} role="status">
        {t("outcome.asking")}
      </p>
    );
  if (error !== null) return <Refusal error={error} />;
  if (answer === undefined) return null;
  const status = answer["status"];
  const said = typeof status === "string" && saysMore(status) ? word(status) : null;
  return (
    <p className={css["outcome"]} role="status">
      {done ?? t("outcome.done")} {said}
    </p>
  );
}

/** Why it was not done, what the box said, and whether asking again can help. */
export function Refusal({ error }: { readonly error: Error }) {
  const { t } = useTranslation("box");
  const { t: tCharger } = useTranslation("charger");
  const word = useBoxWord();
  if (troubleCode(error) === "BAD_REQUEST")
    return (
      <p className={css["outcome"]} data-failed role="alert">
        {t("outcome.badRequest")}
      </p>
    );
  const { reason, retry, detail } = failureOf(troubleCode(error), troubleData(error));
  return (
    <p className={css["outcome"]} data-failed role="alert">
      {reason === "not-supported" ? t("outcome.unknownToBox") : tCharger(`failure.${reason}`)}{" "}
      {retry ? tCharger("failure.retry") : tCharger("failure.noRetry")}
      {saysMore(detail) && <span className={css["said"]}>{word(detail)}</span>}
    </p>
  );
}
