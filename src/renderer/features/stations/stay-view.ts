const HOUR_ms = 3_600_000;
const ENERGY_kWh_MAX = 1_000;
const HOURS_MAX = 24 * 14;

export type StayForm = { readonly hours: number | string; readonly needs_kWh: number | string };

/** What is said of the stay as it goes to the engine; `null`: nothing, or nothing possible, was typed. */
export function needOf(
  { hours, needs_kWh }: StayForm,
  now_ms: number,
): { readonly departure_ms: number | null; readonly needed_Wh: number | null } | null {
  const noHours = hours === "";
  const noNeed = needs_kWh === "";
  if (noHours && noNeed) return null;
  if (!noHours && !(typeof hours === "number" && hours > 0 && hours <= HOURS_MAX)) return null;
  const departure_ms = departureOf(hours, now_ms);
  if (noNeed) return { departure_ms, needed_Wh: null };
  if (typeof needs_kWh !== "number" || needs_kWh < 0 || needs_kWh > ENERGY_kWh_MAX) return null;
  return { departure_ms, needed_Wh: Math.round(needs_kWh * 1000) };
}

/** When that is; `null`: nothing possible was typed. */
export const departureOf = (hours: number | string, now_ms: number): number | null =>
  typeof hours === "number" && hours > 0 ? Math.round(now_ms + hours * HOUR_ms) : null;
