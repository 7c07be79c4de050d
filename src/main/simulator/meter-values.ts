import type { CanonicalValue } from "../devices/profile/index.ts";
import { phaseOf } from "./box-body.ts";
import type { MeterTruth } from "./world.ts";

/** What a meter shows by its name in the profiles, in our units; the simulated world never feeds in. */
export function meterValue(what: string, truth: MeterTruth | null): CanonicalValue | undefined {
  if (truth === null) return null;
  const phase = phaseOf(what);
  const power_mW = truth.power_mW[0] + truth.power_mW[1] + truth.power_mW[2];
  switch (phase === null ? what : what.slice(0, -3)) {
    case "voltage":
      return truth.voltage_mV[phase ?? 0];
    case "current":
      return truth.current_mA[phase ?? 0];
    case "power":
    case "power_import":
    case "apparent_power":
      return Math.round((phase === null ? power_mW : truth.power_mW[phase]) / 1000);
    case "power_export":
    case "reactive_power":
      return 0;
    case "power_factor":
      return 1;
    case "frequency":
      return 50;
    case "energy_import":
    case "energy_total":
      return phase === null ? truth.import_Wh : truth.importOfPhase_Wh[phase];
    case "energy_export":
      return 0;
    default:
      return undefined;
  }
}
