import { useCallback, useEffect, useRef, useState } from "react";
import type { ScanRequest } from "../../../contract/index.ts";
import { useApi } from "../../lib/data/client-context.tsx";
import { afterEvent, NOTHING_YET, type ScanState } from "./scan-state.ts";

export type Scan = {
  readonly state: ScanState;
  readonly phase: "idle" | "running" | "ended" | "cancelled";
  readonly error: unknown;
  readonly start: (request: ScanRequest) => void;
  readonly cancel: () => void;
};

/** One scan at a time; leaving the page ends it in the engine too. */
export function useScan(): Scan {
  const api = useApi();
  const [state, setState] = useState(NOTHING_YET);
  const [phase, setPhase] = useState<Scan["phase"]>("idle");
  const [error, setError] = useState<unknown>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(
    () => () => {
      running.current?.abort();
    },
    [],
  );
  const start = useCallback(
    (request: ScanRequest) => {
      running.current?.abort();
      const stop = new AbortController();
      running.current = stop;
      setState(NOTHING_YET);
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
  return { state, phase, error, start, cancel };
}
