import { energyOf, heldEnergy, nextEnergy, NO_ENERGY, withinRating } from "../../../core/metering/index.ts";
import { wattHour, type EpochMs, type WattHour } from "../../../core/units/index.ts";
import type { DeviceLog } from "../modbus/running-device.ts";
import type { MeterReading } from "../ports.ts";
import { createQuarantineBook } from "../quarantine-book.ts";
import { electricalOf, registerOf, type Values } from "./values.ts";

/** The largest building we expect to meter: 1000 A on three phases. */
export const METER_RATING = { power_W_max: 700_000, current_mA_max: 1_000_000 };

export interface MeterReadings {
  of(values: Values, at_ms: EpochMs): MeterReading;
  /** Values that could not be, since the meter is read. */
  readonly quarantined: number;
}

/**
 * Makes readings of what a meter shows; registers that fall back or jump are held until three reads agree. One per meter:
 * it remembers the registers.
 */
export function createMeterReadings(meterId: string, log: DeviceLog): MeterReadings {
  const registers = { energy_import: NO_ENERGY, energy_export: NO_ENERGY };
  const book = createQuarantineBook({ meterId }, log);
  const energy = (what: keyof typeof registers, values: Values, at_ms: EpochMs): WattHour | null => {
    const value_Wh = registerOf(values, what);
    if (value_Wh === null) return null;
    const register = nextEnergy(registers[what], {
      value_Wh,
      at_ms,
      power_W_max: METER_RATING.power_W_max,
      isBilled: false,
    });
    registers[what] = register;
    const known_Wh = energyOf(register);
    return known_Wh === null ? null : wattHour(known_Wh);
  };
  return {
    get quarantined() {
      return book.count;
    },
    of(values, at_ms) {
      const { measured, quarantined } = withinRating(electricalOf(values), METER_RATING, at_ms);
      const energyImport_Wh = energy("energy_import", values, at_ms);
      const energyExport_Wh = energy("energy_export", values, at_ms);
      const doubts = book.note([
        ...(values.doubts ?? []).map((doubt) => ({ ...doubt, at_ms })),
        ...quarantined,
        ...(["energy_import", "energy_export"] as const).flatMap((what) => heldEnergy(what, registers[what]) ?? []),
      ]);
      return {
        measured_at_ms: at_ms,
        ...measured,
        energyImport_Wh,
        energyExport_Wh,
        ...(doubts.length === 0 ? {} : { quarantined: doubts }),
      };
    },
  };
}
