import { toCanonical } from "./profile/index.ts";

/** The unit our whole numbers have where the device's own was another. */
const OURS: Readonly<Record<string, string>> = {
  A: "mA",
  V: "mV",
  kV: "mV",
  mW: "W",
  kW: "W",
  kVA: "VA",
  kWh: "Wh",
  MWh: "Wh",
  kVAh: "VAh",
};

/** The unit of a value after it became ours; `own` is the device's. */
export function shownUnit(what: string, own: string | undefined): string | null {
  if (own === undefined) return null;
  // One of the device's units is one of ours, or the name is no quantity we convert.
  return toCanonical(what, 1, own) === 1 ? own : (OURS[own] ?? own);
}

const CURRENTS = ["current", "cable_limit", "hw_current", "failsafe_current"];

/** The unit of one of our names, for devices whose documents name none. */
export function unitByName(what: string): string | null {
  if (CURRENTS.some((begin) => what.startsWith(begin))) return "mA";
  if (what.startsWith("voltage_l")) return "mV";
  if (/^power(?:_(?:import|export))?(?:_l[123])?$/u.test(what)) return "W";
  return what.startsWith("energy_") ? "Wh" : null;
}
