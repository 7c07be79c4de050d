import type { Evse } from "./evse.ts";
import type { Configuration } from "./ocpp-configuration.ts";

type Sampled = {
  value: string;
  context: string;
  measurand: string;
  unit: string;
  format: "Raw";
  location: "Outlet";
  phase?: string;
};

export type MeterValue = { timestamp: string; sampledValue: Sampled[] };

const PHASES = ["L1", "L2", "L3"] as const;

/** One MeterValue of OCPP 1.6 with the comma-separated `measurands`; those the box does not know are left out. */
export function meterValue(
  evse: Evse,
  measurands: string,
  at: { readonly timestamp: string; readonly context: string; readonly phases: 1 | 2 | 3 },
): MeterValue {
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
  return {
    timestamp: at.timestamp,
    sampledValue: sampledValue.length > 0 ? sampledValue : of("Energy.Active.Import.Register"),
  };
}

/** The same with numbers instead of text, as some boxes have it. */
export const withNumbers = (sample: MeterValue): object => ({
  ...sample,
  sampledValue: sample.sampledValue.map((one) => ({ ...one, value: Number(one.value) })),
});

/** Samples in a transaction by MeterValueSampleInterval, and by the clock (ClockAlignedDataInterval) at any time. */
export function createSampler(box: {
  readonly evse: Evse;
  readonly configuration: Configuration;
  readonly phases: 1 | 2 | 3;
  readonly timestamp: () => string;
  readonly emit: (sample: MeterValue) => void;
}) {
  const { evse, configuration, phases } = box;
  let nextSample_ms = Infinity;
  let nextAligned_ms = 0;

  const take = (key: string, context: string): void => {
    box.emit(meterValue(evse, configuration.text(key), { timestamp: box.timestamp(), context, phases }));
  };
  const interval_ms = (key: string): number => {
    const interval_s = configuration.seconds(key);
    return interval_s === 0 ? Infinity : interval_s * 1000;
  };
  return {
    start(now_ms: number): void {
      nextSample_ms = now_ms + interval_ms("MeterValueSampleInterval");
    },
    stop(): void {
      nextSample_ms = Infinity;
    },
    now: (context: string): void => {
      take("MeterValuesSampledData", context);
    },
    tick(now_ms: number): void {
      if (now_ms >= nextSample_ms) {
        nextSample_ms = now_ms + interval_ms("MeterValueSampleInterval");
        take("MeterValuesSampledData", "Sample.Periodic");
      }
      const aligned_ms = interval_ms("ClockAlignedDataInterval");
      if (aligned_ms === Infinity || now_ms < nextAligned_ms) return;
      if (nextAligned_ms > 0) take("MeterValuesAlignedData", "Sample.Clock");
      nextAligned_ms = (Math.floor(now_ms / aligned_ms) + 1) * aligned_ms;
    },
  };
}
export type Sampler = ReturnType<typeof createSampler>;
