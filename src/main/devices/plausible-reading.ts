import { QUARANTINED_MAX, withinRating, type Quarantined } from "../../core/metering/index.ts";
import type { Station } from "../../core/site/index.ts";
import type { Millivolt, PerPhase } from "../../core/units/index.ts";
import type { StationReading } from "./ports.ts";
import { judge } from "./profile/index.ts";
import { stationRating } from "./station-rating.ts";

/**
 * The reading without what cannot be, whichever driver made it: voltages that no grid has, power and currents above the
 * station's rating are `null` and told with their reason. Drivers that judge for themselves lose nothing here.
 */
export function plausibleReading(reading: StationReading, station: Pick<Station, "current_mA_max">): StationReading {
  const at_ms = reading.measured_at_ms;
  const { measured, quarantined } = withinRating(reading, stationRating(station), at_ms);
  const doubts: Quarantined[] = [...quarantined];
  const checked = (phase: number, value: Millivolt | null): Millivolt | null => {
    const { doubt } = judge(`voltage_l${String(phase)}`, value, "mV");
    if (doubt === null) return value;
    doubts.push({ ...doubt, at_ms });
    return null;
  };
  const [l1, l2, l3] = reading.voltage_mV;
  const voltage_mV: PerPhase<Millivolt | null> = [checked(1, l1), checked(2, l2), checked(3, l3)];
  if (doubts.length === 0) return reading;
  const all = [...(reading.quarantined ?? []), ...doubts].slice(0, QUARANTINED_MAX);
  return { ...measured, voltage_mV, quarantined: all };
}
