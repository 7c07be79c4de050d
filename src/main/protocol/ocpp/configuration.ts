import { field, isObject, readList, readText, readWhole } from "./json.ts";

/** Configuration keys of a box by name; keys it does not know or gives no value for are missing. */
export type Configuration = ReadonlyMap<string, string>;

const KEYS_MAX = 500;
const NAME_CHARS_MAX = 100;
const VALUE_CHARS_MAX = 2500;

/** One key as the box tells it; `value` is `null` where it has none. */
export type ConfigurationKey = { readonly name: string; readonly value: string | null; readonly readOnly: boolean };

/** Reads the answer to GetConfiguration with everything it tells of a key, each key once. Never throws. */
export function decodeKeys(payload: unknown): readonly ConfigurationKey[] {
  const list = isObject(payload) ? readList(field(payload, "configurationKey")) : null;
  const keys = (list ?? []).slice(0, KEYS_MAX).flatMap((entry): readonly (readonly [string, ConfigurationKey])[] => {
    const name = isObject(entry) ? (readText(field(entry, "key"))?.slice(0, NAME_CHARS_MAX) ?? null) : null;
    if (name === null || !isObject(entry)) return [];
    const raw = field(entry, "value");
    const value = typeof raw === "boolean" ? String(raw) : readText(raw);
    const readOnly = field(entry, "readonly");
    // Some boxes write flags as text.
    return [
      [
        name,
        { name, value: value?.slice(0, VALUE_CHARS_MAX) ?? null, readOnly: readOnly === true || readOnly === "true" },
      ],
    ];
  });
  return [...new Map(keys).values()];
}

/** Reads the answer to GetConfiguration, which may be partial or nonsense. Never throws. */
export function decodeConfiguration(payload: unknown): Configuration {
  const list = isObject(payload) ? readList(field(payload, "configurationKey")) : null;
  const entries = (list ?? []).slice(0, KEYS_MAX).flatMap((entry): readonly (readonly [string, string])[] => {
    if (!isObject(entry)) return [];
    const raw = field(entry, "value");
    const key = readText(field(entry, "key"));
    const value = typeof raw === "boolean" ? String(raw) : readText(raw);
    return key === null || value === null ? [] : [[key, value]];
  });
  return new Map(entries);
}

/** In which unit a box takes limits: W only where it says Power and not Current. */
export function rateUnitOf(configuration: Configuration): "A" | "W" | null {
  const words =
    configuration
      .get("ChargingScheduleAllowedChargingRateUnit")
      ?.toLowerCase()
      .split(/[^a-z]+/u) ?? [];
  if (words.some((word) => word === "current" || word === "a" || word === "amp" || word === "ampere")) return "A";
  return words.some((word) => word === "power" || word === "w" || word === "watt") ? "W" : null;
}

/** Highest stack level the box takes, or `null` when it does not say. */
export function stackLevelMaxOf(configuration: Configuration): number | null {
  const level = readWhole(configuration.get("ChargeProfileMaxStackLevel"));
  return level !== null && level >= 0 ? level : null;
}
