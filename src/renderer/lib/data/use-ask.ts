import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/react-query";
import type { Api } from "../client/index.ts";
import { useApi } from "./client-context.tsx";

/**
 * Asks the engine and keeps the answer: `useAsk(["sessions", filter], (api, signal) => api.sessions.list(filter, { signal }))`.
 * The key names everything the question depends on. While a new question is open the last answer stays.
 */
export function useAsk<T>(
  key: readonly unknown[],
  ask: (api: Api, signal: AbortSignal) => Promise<T>,
  options: { readonly every_ms?: number; readonly enabled?: boolean } = {},
): UseQueryResult<T> {
  const api = useApi();
  return useQuery({
    queryKey: key,
    queryFn: ({ signal }) => ask(api, signal),
    placeholderData: keepPreviousData,
    enabled: options.enabled ?? true,
    ...(options.every_ms === undefined ? {} : { refetchInterval: options.every_ms }),
  });
}
