import { wattHour, type EpochMs, type WattHour } from "../../../core/units/index.ts";
import type { MeterReading } from "../ports.ts";
import { nextEnergy, NO_ENERGY, type EnergyFilter } from "../profile/index.ts";
import { electricalOf, registerOf, type Values } from "./values.ts";

/** The largest building we expect to meter: 1000 A on three phases. */
const POWER_W_max = 700_000;

/**
 * Makes readings of what a meter shows; registers that fall back or jump are held until three reads agree. One per meter:
 * it remembers the registers.
 */
export function createMeterReadings(): (values: Values, at_ms: EpochMs) => MeterReading {
  const filters = { energy_import: NO_ENERGY, energy_export: NO_ENERGY };
  const energy = (what: keyof typeof filters, values: Values, at_ms: EpochMs): WattHour | null => {
    const value_Wh = registerOf(values, what);
    if (value_Wh === null) return null;
    const filter: EnergyFilter = nextEnergy(filters[what], { value_Wh, at_ms, power_W_max: POWER_W_max });
    filters[what] = filter;
    return filter.doubted_Wh !== null || filter.accepted_Wh === null ? null : wattHour(filter.accepted_Wh);
  };
  return (values, at_ms) => ({
    measured_at_ms: at_ms,
    ...electricalOf(values),
    energyImport_Wh: energy("energy_import", values, at_ms),
    energyExport_Wh: energy("energy_export", values, at_ms),
  });
}
