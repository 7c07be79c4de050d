import { useCallback, useEffect, useRef, useState } from "react";
import { create } from "zustand";
import type { ScanRequest } from "../../../contract/index.ts";
import { useApi } from "../../lib/data/client-context.tsx";
import { afterEvent, type Find, NOTHING_YET, type ScanState } from "./scan-state.ts";

export type Scan = {
  readonly state: ScanState;
  readonly phase: "idle" | "running" | "ended" | "cancelled";
  readonly error: unknown;
  /** Those of the finds that belong to the site now. */
  readonly adopted: readonly Find[];
  readonly adopt: (find: Find) => void;
  readonly start: (request: ScanRequest) => void;
  readonly cancel: () => void;
};

/**
 * What the last scan found outlives the page: adopting one device starts the site anew, and its wire cannot be looked at
 * again once it belongs to the site.
 */
const useFinds = create<Pick<Scan, "state" | "phase" | "adopted">>(() => ({
  state: NOTHING_YET,
  phase: "idle",
  adopted: [],
}));
const setState = (change: (before: ScanState) => ScanState): void => {
  useFinds.setState(({ state }) => ({ state: change(state) }));
};
const setPhase = (phase: Scan["phase"]): void => {
  useFinds.setState({ phase });
};
const adopt = (find: Find): void => {
  useFinds.setState(({ adopted }) => ({ adopted: [...adopted, find] }));
};

/** One scan at a time; leaving the page ends it in the engine too. */
export function useScan(): Scan {
  const api = useApi();
  const { state, phase, adopted } = useFinds();
  const [error, setError] = useState<unknown>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(
    () => () => {
      running.current?.abort();
      if (useFinds.getState().phase === "running") setPhase("cancelled");
    },
    [],
  );
  const start = useCallback(
    (request: ScanRequest) => {
      running.current?.abort();
      const stop = new AbortController();
      running.current = stop;
      useFinds.setState({ state: NOTHING_YET, adopted: [] });
      setError(null);
      setPhase("running");
      const look = async (): Promise<void> => {
        for await (const event of await api.devices.scan(request, { signal: stop.signal })) {
          if (stop.signal.aborted) return;
          setState((before) => afterEvent(before, event));
        }
      };
      look().then(
        () => {
          if (!stop.signal.aborted) setPhase("ended");
        },
        (reason: unknown) => {
          if (stop.signal.aborted) return;
          setError(reason);
          setPhase("idle");
        },
      );
    },
    [api],
  );
  const cancel = useCallback(() => {
    running.current?.abort();
    setPhase("cancelled");
  }, []);
  return { state, phase, error, adopted, adopt, start, cancel };
}
