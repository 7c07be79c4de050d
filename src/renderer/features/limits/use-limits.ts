import { useDebouncedValue } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { CheckedLimit, LimitChange, LimitMistake } from "../../../contract/index.ts";
import { useApi } from "../../lib/data/client-context.tsx";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { troubleCode } from "../../lib/client/index.ts";
import { type AnyMistake, mistakeText } from "./limit-words.ts";

export const KEY = "limits";
const TYPING_PAUSE_ms = 400;

/** Everything that is set, and what has changed since in other windows. */
export const useLimits = () => useAsk([KEY, "get"], (api, signal) => api.limits.get(undefined, { signal }));

/** What the engine thinks of a change while it is typed; `null` turns it off. */
export function useChecked(change: LimitChange | null): CheckedLimit | null {
  const text = change === null ? null : JSON.stringify(change);
  const [settled] = useDebouncedValue(text, TYPING_PAUSE_ms);
  const { data } = useAsk(
    [KEY, "check", settled],
    async (api, signal) => (change === null ? null : api.limits.check(change, { signal })),
    { enabled: change !== null && settled === text },
  );
  return change === null ? null : (data ?? null);
}

/** Saves a change; afterwards every list of limits is read anew. */
export function useChange(onDone: (done: { readonly id: string | null; readonly token: string | null }) => void) {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (change: LimitChange) => api.limits.change(change),
    onSuccess: async ({ settings, id, token }) => {
      queries.setQueryData([KEY, "get"], settings);
      onDone({ id, token });
      await Promise.all(
        ["signals", "planning", "circuits", "balancing"].map((key) => queries.invalidateQueries({ queryKey: [key] })),
      );
    },
  });
}

/** The words for what is wrong with a field; `null`: nothing is, or nothing is to be shown yet. */
export function useMistakeWords(mistakes: readonly AnyMistake[]): (...fields: readonly string[]) => string | null {
  const { t } = useTranslation("limits");
  const format = useFormat();
  return (...fields) => {
    const found = mistakes.find(({ field }) => fields.includes(field));
    return found === undefined ? null : mistakeText({ t, format }, found);
  };
}

/** What the engine refused a change for; empty where that is not why it failed. */
export function refusedMistakes(error: unknown): readonly LimitMistake[] {
  if (troubleCode(error) !== "INVALID" || typeof error !== "object" || error === null || !("data" in error)) return [];
  const { data } = error;
  if (typeof data !== "object" || data === null || !("mistakes" in data) || !Array.isArray(data.mistakes)) return [];
  return data.mistakes.filter(isMistake);
}

const isMistake = (value: unknown): value is LimitMistake =>
  typeof value === "object" && value !== null && "field" in value && "code" in value && "inputs" in value;
