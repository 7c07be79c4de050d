import type { EpochMs } from "../../core/units/index.ts";
import type { ShownValue } from "../devices/device-record.ts";
import type { StationReading } from "../devices/ports.ts";

/** What a box that tells its values by itself told last, by our names. */
export function readingValues(reading: StationReading | null, at_ms: EpochMs | null): readonly ShownValue[] {
  if (reading === null) return [];
  const when = at_ms ?? reading.measured_at_ms;
  const of = (what: string, value: number | string | null, unit: string | null): ShownValue => ({
    what,
    value,
    unit,
    raw: null,
    at_ms: when,
  });
  const values = [
    of("state", reading.status, null),
    ...reading.current_mA.map((value, i) => of(`current_l${String(i + 1)}`, value, "mA")),
    ...reading.voltage_mV.map((value, i) => of(`voltage_l${String(i + 1)}`, value, "mV")),
    of("power", reading.power_W, "W"),
    of("energy_import", reading.energyRegister_Wh, "Wh"),
    of("current_limit", reading.limit_mA, "mA"),
    of("error_code", reading.errorCode, null),
  ];
  return values.filter(({ value }) => value !== null);
}
