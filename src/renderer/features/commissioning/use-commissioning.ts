import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Commissioning } from "../../../contract/index.ts";
import type { Asked } from "../../components/state-boundary.tsx";
import type { Api } from "../../lib/client/index.ts";
import { useApi } from "../../lib/data/client-context.tsx";
import { useAsk } from "../../lib/data/use-ask.ts";

const KEY = "commissioning";

/** Whether the site may be left to itself, and what stands against it; asked again every so often. */
export const useCommissioning = (every_ms: number, enabled = true): Asked<Commissioning> =>
  useAsk([KEY, "status"], (api, signal) => api.commissioning.status(undefined, { signal }), { every_ms, enabled });

/** One thing a person does here; whatever came of it, the page then shows the state as it is. */
export function useAct<T>(act: (api: Api, input: T) => Promise<unknown>, onDone?: (input: T) => void) {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (input: T) => act(api, input),
    onSuccess: (_, input) => {
      onDone?.(input);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: [KEY] }),
  });
}
