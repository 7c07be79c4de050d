import { type Millisecond, type WattHour, millisecond, wattHour } from "../units/index.ts";

/** Below this energy within this time nobody has charged anything: an attempt, not a sale. */
const ENERGY_Wh_below = wattHour(100);
const DURATION_ms_below = millisecond(120_000);

/** True for an attempt that ended before anything worth money was delivered: it costs nothing and carries flag D11. */
export const isZeroSession = (used: {
  readonly energy_Wh: WattHour;
  readonly charging_ms: Millisecond;
  readonly parked_ms: Millisecond;
}): boolean => used.energy_Wh < ENERGY_Wh_below && used.charging_ms + used.parked_ms < DURATION_ms_below;
