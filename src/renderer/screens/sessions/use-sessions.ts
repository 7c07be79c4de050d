import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { SessionFilter } from "../../../contract/index.ts";
import { useApi } from "../../lib/data/client-context.tsx";

const PAGE_ROWS = 200;
/** The first page has no cursor. */
const FIRST: string | null = null;
const REFRESH_ms = 15_000;

/** Sessions of a filter, fetched a page at a time as the list is scrolled; totals are of the whole filter. */
export function useSessions(filter: SessionFilter) {
  const api = useApi();
  const query = useInfiniteQuery({
    queryKey: ["sessions", filter],
    initialPageParam: FIRST,
    queryFn: ({ pageParam, signal }: { readonly pageParam: string | null; readonly signal: AbortSignal }) =>
      api.sessions.list({ ...filter, cursor: pageParam, limit: PAGE_ROWS }, { signal }),
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) <= 1 ? REFRESH_ms : false),
  });
  const { data } = query;
  const rows = useMemo(() => data?.pages.flatMap((page) => page.rows), [data]);
  const totals = data?.pages[0]?.totals;
  return useMemo(
    () => ({
      asked: {
        data: rows === undefined || totals === undefined ? undefined : { rows, totals },
        error: query.error,
        dataUpdatedAt: query.dataUpdatedAt,
        refetch: query.refetch,
      },
      hasMore: query.hasNextPage,
      isFetchingMore: query.isFetchingNextPage,
      fetchMore: query.fetchNextPage,
    }),
    [
      rows,
      totals,
      query.error,
      query.dataUpdatedAt,
      query.refetch,
      query.hasNextPage,
      query.isFetchingNextPage,
      query.fetchNextPage,
    ],
  );
}
