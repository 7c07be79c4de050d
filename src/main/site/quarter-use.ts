import { followQuarter } from "../../core/planning/index.ts";
import type { QuarterState } from "../../core/planning/index.ts";
import { slotOf } from "../../core/history/index.ts";
import { elapsed_ms, wattHour } from "../../core/units/index.ts";
import type { EpochMs, WattHour } from "../../core/units/index.ts";
import type { MeterReading } from "../devices/ports.ts";
import type { CircuitState, SiteState } from "./state.ts";

/** Between two samples so far apart nobody knows what flowed. */
const SAMPLE_GAP_MS_MAX = 10_000;
/** A meter silent for longer says nothing of what the quarter has used. */
const SILENT_MS_MAX = 30_000;

/** What the main meter says of the running quarter hour. */
export type QuarterUse = {
  /** Takes in the main meter's last reading; once before each decision. */
  readonly follow: () => void;
  /** By register and by power, those of which the meter has told lately. */
  readonly states: (now_ms: EpochMs) => readonly QuarterState[];
  /** What the running quarter hour has used; `null` where nobody saw its beginning. */
  readonly used_Wh: (now_ms: EpochMs) => WattHour | null;
};

export const mainCircuit = (site: SiteState): CircuitState | null =>
  [...site.circuits.values()].find(({ circuit }) => circuit.parentId === null) ?? null;

/** Follows the main meter through the quarter hours. It imposes nothing. */
export function createQuarterUse(site: SiteState): QuarterUse {
  // The register may move in whole kWh, the measured power may be a little off: the higher of the two is believed.
  let byRegister: QuarterState | null = null;
  let byPower: QuarterState | null = null;
  let sample: { readonly at_ms: EpochMs; readonly power_W: number; readonly energy_Ws: number } | null = null;

  const takeIn = (reading: MeterReading): void => {
    const at_ms = reading.measured_at_ms;
    if (sample !== null && at_ms <= sample.at_ms) return;
    if (reading.energyImport_Wh !== null)
      byRegister = followQuarter(byRegister, { at_ms, register_Wh: reading.energyImport_Wh });
    if (reading.power_W === null) return;
    const gap_ms = sample === null ? Infinity : elapsed_ms(sample.at_ms, at_ms);
    const seen = gap_ms <= SAMPLE_GAP_MS_MAX;
    if (!seen) byPower = null;
    // What is exported earns no room: the grid counts what it delivers.
    const energy_Ws = seen && sample !== null ? sample.energy_Ws + (sample.power_W * gap_ms) / 1000 : 0;
    sample = { at_ms, power_W: Math.max(0, reading.power_W), energy_Ws };
    byPower = followQuarter(byPower, { at_ms, register_Wh: wattHour(Math.ceil(energy_Ws / 3600)) });
  };
  const states = (now_ms: EpochMs): readonly QuarterState[] =>
    [byRegister, byPower].flatMap((state) =>
      state !== null && now_ms - state.read_at_ms <= SILENT_MS_MAX && state.quarter_ms === slotOf(now_ms)
        ? [state]
        : [],
    );
  return {
    follow: () => {
      const meterId = mainCircuit(site)?.circuit.meterId ?? null;
      const reading = meterId === null ? null : (site.meters.get(meterId)?.reading ?? null);
      if (reading !== null) takeIn(reading);
    },
    states,
    used_Wh: (now_ms) => {
      const known = states(now_ms).flatMap(({ start_Wh, register_Wh }) =>
        start_Wh === null ? [] : [register_Wh - start_Wh],
      );
      return known.length === 0 ? null : wattHour(Math.max(...known));
    },
  };
}
