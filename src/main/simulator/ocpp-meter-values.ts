import type { Evse } from "./evse.ts";

type Sampled = { value: string; context: string; measurand: string; unit: string; format: "Raw"; location: "Outlet"; phase?: string };

const PHASES = ["L1", "L2", "L3"] as const;

/** One MeterValue of OCPP 1.6 with the comma-separated `measurands`; those the box does not know are left out. */
export function meterValue(
  evse: Evse,
  measurands: string,
  at: { readonly timestamp: string; readonly context: string; readonly phases: 1 | 2 | 3 },
): { timestamp: string; sampledValue: Sampled[] } {
  const reading = evse.reading();
  const plain = (measurand: string, value: number, unit: string): Sampled => ({
    value: String(value),
    context: at.context,
    measurand,
    unit,
    format: "Raw",
    location: "Outlet",
  });
  const perPhase = (measurand: string, values_milli: readonly number[], unit: string, suffix: string): Sampled[] =>
    PHASES.slice(0, at.phases).map((phase, i) => ({
      ...plain(measurand, (values_milli[i] ?? 0) / 1000, unit),
      phase: `${phase}${suffix}`,
    }));
  const of = (measurand: string): Sampled[] => {
    switch (measurand.trim()) {
      case "Energy.Active.Import.Register":
        return [plain("Energy.Active.Import.Register", reading.register_Wh, "Wh")];
      case "Power.Active.Import":
        return [plain("Power.Active.Import", reading.power_W, "W")];
      case "Current.Import":
        return perPhase("Current.Import", reading.drawn_mA, "A", "");
      case "Voltage":
        return perPhase("Voltage", reading.voltage_mV, "V", "-N");
      case "Current.Offered":
        return [plain("Current.Offered", evse.offered_mA / 1000, "A")];
      default:
        return [];
    }
  };
  const sampledValue = measurands.split(",").flatMap(of);
  // The schema wants at least one value; a register is what every box has.
  return { timestamp: at.timestamp, sampledValue: sampledValue.length > 0 ? sampledValue : of("Energy.Active.Import.Register") };
}
