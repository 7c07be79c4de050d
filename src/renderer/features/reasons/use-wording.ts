import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Wording } from "./words.ts";
import { useLiveStore } from "../../lib/data/live-store.ts";
import { useFormat } from "../../lib/data/use-format.ts";

/** What the sentences about limits need, in the viewer's language. */
export function useWording(): Wording {
  const { t } = useTranslation("reasons");
  const format = useFormat();
  return useMemo(
    () => ({
      t,
      format,
      // Read at the moment of speaking, so that a tile is not drawn anew because some circuit's numbers changed.
      bayName: (stationId) => useLiveStore.getState().stations[stationId]?.name ?? stationId,
      circuitOf: (circuitId) => useLiveStore.getState().circuits.find((circuit) => circuit.circuitId === circuitId),
    }),
    [t, format],
  );
}
