import { expectedTurns } from "../../core/balancing/index.ts";
import type { Allocation, AllocationRequest, Turn } from "../../core/balancing/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import { attained_Wh } from "./allocation-input.ts";
import type { SiteState, StationState } from "./state.ts";

/** Working out turns asks the allocator many times; while nobody joins or leaves the queue this is often enough. */
const LOOK_EVERY_MS = 60_000;

export type QueueDesk = {
  /** Keeps `turn` of every station; returns those whose place or turn is another than the last time. */
  follow(request: AllocationRequest, allocation: Allocation, now_ms: EpochMs): readonly StationState[];
};

/** Says of every waiting car when its turn will probably come. */
export function createQueueDesk(site: SiteState): QueueDesk {
  let turns: ReadonlyMap<string, Turn> = new Map();
  let looked: { readonly at_ms: EpochMs; readonly queue: string } | null = null;
  const said = new Map<string, string>();
  return {
    follow: (request, allocation, now_ms) => {
      const queue = allocation.queue.map(({ evse }) => evse).join(" ");
      const isOld = looked?.queue !== queue || Math.abs(now_ms - looked.at_ms) >= LOOK_EVERY_MS;
      if (isOld) {
        turns = queue === "" ? turns : expectedTurns(asExpected(site, request), allocation);
        looked = { at_ms: now_ms, queue };
      }
      const places = new Map(allocation.queue.map(({ evse, place }) => [evse, place]));
      return [...site.stations.values()].filter((state) => {
        const { id } = state.station;
        const place = places.get(id) ?? null;
        state.turn = place === null ? null : (turns.get(id) ?? null);
        const { turn } = state;
        const now = place === null ? "" : [place, turn?.kind, turn?.ref, turn?.expected_at_ms].join(" ");
        const isNews = (said.get(id) ?? "") !== now;
        said.set(id, now);
        return isNews;
      });
    },
  };
}

/** A car that goes on past what was expected of it wants a little more each time: when that ends nobody can say. */
function asExpected(site: SiteState, request: AllocationRequest): AllocationRequest {
  return {
    ...request,
    evses: request.evses.map((evse) => {
      const state = site.stations.get(evse.id);
      const expected_Wh = state?.expected?.needed_Wh ?? null;
      const isPast = state !== undefined && expected_Wh !== null && attained_Wh(state) >= expected_Wh;
      return isPast && state.finishedAt_ms === null ? { ...evse, needed_Wh: null } : evse;
    }),
  };
}
