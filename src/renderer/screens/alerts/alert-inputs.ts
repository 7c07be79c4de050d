import type { TFunction } from "i18next";
import type { Alert } from "../../../contract/index.ts";
import type { Format } from "../../lib/format/format.ts";

/** Numbers of an alert that have words; whatever else an engine sends is left out rather than shown raw. */
const NAMES = [
  "phase",
  "over_mA",
  "for_ms",
  "circuit",
  "age_ms",
  "reserved_mA",
  "silent_ms",
  "error",
  "misses",
  "last",
  "sum_mA",
  "shown_mA",
  "promised_mA",
  "counted_mA",
  "timeout_ms",
  "over_limit_mA",
  "failures",
  "limit_mA",
  "station",
  "flags",
  "place",
  "unit",
  "units",
  "inARow",
  "answer",
  "serials",
  "taken",
  "damaged",
  "asked",
  "losses",
  "load_percent",
  "used_percent",
  "configured",
  "found",
  "steps",
  "line",
] as const;

function valueText(name: string, value: number | string, format: Format): string {
  if (typeof value === "string") return value;
  if (name.endsWith("_mA")) return format.current(value, 1);
  return name.endsWith("_ms") ? format.age(value) : format.count(value);
}

/** Inputs that name a circuit or a charger, by the names that people gave them. */
export function withNames(inputs: Alert["inputs"], nameOf: (id: string) => string): Alert["inputs"] {
  const named: Record<string, string> = {};
  for (const name of ["circuit", "station"]) {
    const id = inputs[name];
    if (typeof id === "string") named[name] = nameOf(id);
  }
  return { ...inputs, ...named };
}

/** "phase L2, 2.3 A above the fuse, for 4 sec"; "" when there is nothing to say. */
export const inputsText = (inputs: Alert["inputs"], t: TFunction<"alerts">, format: Format): string =>
  NAMES.flatMap((name) => {
    const value = inputs[name];
    return value === undefined || value === null || value === ""
      ? []
      : [t(`input.${name}`, { value: valueText(name, value, format) })];
  }).join(", ");
