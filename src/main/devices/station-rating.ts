import type { Rating } from "../../core/metering/index.ts";
import type { Station } from "../../core/site/index.ts";

/** Boxes of small sites: three phases of at least 32 A at 250 V. */
const CURRENT_mA_min = 32_000;
const VOLTAGE_V_max = 250;

/**
 * The most that a station can draw, for doubting what it shows. Never below 32 A on three phases: the site file says
 * what may be offered, not what the box is built for.
 */
export function stationRating({ current_mA_max }: Pick<Station, "current_mA_max">): Rating {
  const rated_mA = Math.max(current_mA_max, CURRENT_mA_min);
  return { current_mA_max: rated_mA, power_W_max: (rated_mA / 1000) * VOLTAGE_V_max * 3 };
}
