import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { troubleCode } from "../../lib/client/index.ts";
import { type Api } from "../../lib/client/index.ts";
import { useApi } from "../../lib/data/client-context.tsx";
import css from "./billing-screen.module.css";

export type Action<T> = {
  readonly isBusy: boolean;
  /** The last refusal; `null` after success. */
  readonly error: unknown;
  readonly run: (ask: (api: Api) => Promise<T>, onDone?: (answer: T) => void) => void;
};

/** Asks the engine to change something, once at a time; afterwards everything about money is read anew. */
export function useAction<T>(): Action<T> {
  const api = useApi();
  const queries = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const run = useCallback<Action<T>["run"]>(
    (ask, onDone) => {
      setBusy(true);
      setError(null);
      ask(api)
        .then(async (answer) => {
          await Promise.all(["billing", "sessions"].map((key) => queries.invalidateQueries({ queryKey: [key] })));
          onDone?.(answer);
        })
        .catch((refusal: unknown) => {
          setError(refusal);
        })
        .finally(() => {
          setBusy(false);
        });
    },
    [api, queries],
  );
  return { isBusy, error, run };
}

const KNOWN = ["CONFLICT", "INVALID", "NOT_FOUND", "FORBIDDEN", "CONNECTION_LOST", "BAD_REQUEST"] as const;

/** What went wrong and what to do, next to the button that was pressed. Nothing was changed. */
export function ActionTrouble({ error }: { readonly error: unknown }) {
  const { t } = useTranslation("billing");
  if (error === null) return null;
  const code = troubleCode(error);
  const known = KNOWN.find((one) => one === code) ?? "other";
  return (
    <p className={css["trouble"]} role="alert">
      {t(`trouble.${known}`)} <span className={css["muted"]}>({code})</span>
    </p>
  );
}
