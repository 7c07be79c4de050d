import type { StationLive } from "../../../contract/index.ts";
import { PHASES, type Phase } from "../../../core/units/phases.ts";

export type PhaseRow = {
  readonly phase: Phase;
  readonly voltage_mV: number | null;
  readonly drawn_mA: number | null;
  /** Voltage times current; unknown when either is. */
  readonly power_W: number | null;
};

/** The phases that the box reaches, with what is measured on each. */
export const phaseRows = (
  station: Pick<StationLive, "phases" | "drawn_mA">,
  voltages_mV: readonly [number | null, number | null, number | null],
): readonly PhaseRow[] =>
  PHASES.flatMap((phase, index) => {
    if (!station.phases.includes(phase)) return [];
    const voltage_mV = voltages_mV[index] ?? null;
    const drawn_mA = station.drawn_mA[index] ?? null;
    const power_W = voltage_mV === null || drawn_mA === null ? null : Math.round((voltage_mV * drawn_mA) / 1_000_000);
    return [{ phase, voltage_mV, drawn_mA, power_W }];
  });
