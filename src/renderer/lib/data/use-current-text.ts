import { useCallback } from "react";
import { usePreferences } from "../preferences/preferences.ts";
import { useFormat } from "./use-format.ts";

/** Line to neutral; the engine works with the site's own value, this is only for showing a current as power. */
export const NOMINAL_V = 230;

/** Power of a current on `phases` phases at the nominal voltage. */
export const nominalPower_W = (current_mA: number, phases: number): number =>
  Math.round((current_mA * NOMINAL_V * phases) / 1000);

/** A current per phase in the unit the person chose: "31 A" or "≈ 7.1 kW". */
export function useCurrentText(): (current_mA: number | null, phases?: number) => string {
  const unit = usePreferences((state) => state.unit);
  const format = useFormat();
  return useCallback(
    (current_mA, phases = 1) =>
      unit === "A" || current_mA === null
        ? format.current(current_mA)
        : `≈\u00a0${format.power(nominalPower_W(current_mA, phases))}`,
    [unit, format],
  );
}
