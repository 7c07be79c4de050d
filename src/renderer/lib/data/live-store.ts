import { create } from "zustand";
import type { CircuitLive, LiveUpdate, SiteLive, StationLive } from "../../../contract/index.ts";
import { type Client, troubleCode } from "../client/index.ts";
import { applyUpdate, type LiveState, NO_LIVE_STATE } from "./live-state.ts";

/** The page never draws faster than this, whatever the engine sends. */
export const DRAW_EVERY_ms = 1_000;
const DRAW_EARLY_ms = 100;

type LiveStore = LiveState & {
  /** The person stopped the picture; values go on arriving behind it. */
  readonly paused: boolean;
  /** Code of the last refusal, such as NO_SITE; `null` while updates come. */
  readonly refused: string | null;
  readonly setPaused: (paused: boolean) => void;
};

let newest: LiveState = NO_LIVE_STATE;

export const useLiveStore = create<LiveStore>()((set) => ({
  ...NO_LIVE_STATE,
  paused: false,
  refused: null,
  setPaused: (paused) => {
    set(paused ? { paused } : { paused, ...newest });
  },
}));

/** Follows the engine's live updates into the store, at most one picture a second. Returns how to stop. */
export function startLiveFeed({ watch, api }: Client): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let drawn_at_ms = 0;
  const draw = (): void => {
    timer = null;
    drawn_at_ms = performance.now();
    if (!useLiveStore.getState().paused) useLiveStore.setState({ ...newest, refused: null });
  };
  const onUpdate = (update: LiveUpdate): void => {
    newest = applyUpdate(newest, update, Date.now());
    if (timer !== null) return;
    const wait_ms = drawn_at_ms + DRAW_EVERY_ms - DRAW_EARLY_ms - performance.now();
    if (wait_ms <= 0) draw();
    else timer = setTimeout(draw, wait_ms);
  };
  const stop = watch((signal) => api.live.subscribe(undefined, { signal }), {
    onUpdate,
    onRefused: (error) => {
      newest = NO_LIVE_STATE;
      useLiveStore.setState({ ...NO_LIVE_STATE, refused: troubleCode(error) });
    },
  });
  return () => {
    stop();
    if (timer !== null) clearTimeout(timer);
  };
}

/** One station; the component draws anew only when this station changed. */
export const useStation = (stationId: string): StationLive | undefined =>
  useLiveStore((state) => state.stations[stationId]);
export const useSite = (): SiteLive | null => useLiveStore((state) => state.site);
export const useCircuits = (): readonly CircuitLive[] => useLiveStore((state) => state.circuits);
