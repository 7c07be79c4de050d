import { outOfRange, type Quarantined, type Range } from "../../../core/metering/index.ts";
import type { RegisterValue } from "./register-values.ts";

/** Whole numbers in our units (mA, mV, W, Wh) for what is a quantity; anything else stays as the device gave it. */
export type CanonicalValue = number | string | null;

type Quantity = Range & { readonly ours: "mA" | "mV" | "W" | "Wh"; readonly units: Readonly<Record<string, number>> };

const CURRENT: Quantity = { ours: "mA", units: { A: 1000, mA: 1 }, min: -6_000_000, max: 6_000_000 };
/** Line to neutral. Above 300 V the decoding is wrong (word order, scale), not the grid. */
const VOLTAGE: Quantity = { ours: "mV", units: { V: 1000, mV: 1, kV: 1_000_000 }, min: 0, max: 299_999 };
const POWER: Quantity = {
  ours: "W",
  units: { W: 1, VA: 1, mW: 0.001, kW: 1000, kVA: 1000 },
  min: -5_000_000,
  max: 5_000_000,
};
const ENERGY: Quantity = {
  ours: "Wh",
  units: { Ws: 1 / 3600, Wh: 1, VAh: 1, kWh: 1000, kVAh: 1000, MWh: 1_000_000 },
  min: 0,
  max: 1e12,
};

const BY_NAME: readonly (readonly [RegExp, Quantity])[] = [
  [/^current(?:_(?:l[123]|n|sum|limit|limit_total|signalled|actual|granted|offered))?$/u, CURRENT],
  [
    /^(?:hw_current_(?:min|max)|cable_limit|failsafe_current|boot_current|user_current_limit|station_current_max)$/u,
    CURRENT,
  ],
  [/^voltage_l[123]$/u, VOLTAGE],
  [/^power(?:_import|_export)?(?:_l[123])?$|^hw_power_(?:min|max)$/u, POWER],
  [/^energy_(?:import|export|total)(?:_l[123])?$|^energy_(?:session|since_power_on)$/u, ENERGY],
];

const quantityOf = (what: string): Quantity | null => BY_NAME.find(([name]) => name.test(what))?.[1] ?? null;

/** The unit in which `judge` gives `what`; `null` for what keeps the unit of its document. */
export const ourUnitOf = (what: string): "mA" | "mV" | "W" | "Wh" | null => quantityOf(what)?.ours ?? null;

/** The units in which a document may give `what`; `null` where it is no quantity of ours and needs none. */
export function unitsOf(what: string): readonly string[] | null {
  const quantity = quantityOf(what);
  return quantity === null ? null : Object.keys(quantity.units);
}

/** A value in our unit, or none and why not. */
export type Judged = { readonly value: CanonicalValue; readonly doubt: Omit<Quarantined, "at_ms"> | null };

/**
 * Turns a profile's value into ours: the only place where device readings are rounded (to the nearest unit).
 * What cannot be true is no value but a doubt: 300 V and more, negative energy, NaN, numbers without a known unit. A
 * device that says it has no value is believed.
 */
export function judge(what: string, value: RegisterValue, unit: string | undefined): Judged {
  const quantity = quantityOf(what);
  if (quantity === null || value === null) return { value, doubt: null };
  const factor = unit === undefined ? undefined : quantity.units[unit];
  if (typeof value !== "number") return doubted(what, { code: "no-number", value: null, bound: null });
  if (factor === undefined) return doubted(what, { code: "unknown-unit", value, bound: null });
  const ours = Math.round(value * factor);
  const doubt = outOfRange(ours, quantity);
  return doubt === null ? { value: ours + 0, doubt: null } : doubted(what, doubt);
}

const doubted = (what: string, doubt: Pick<Quarantined, "code" | "value" | "bound">): Judged => ({
  value: null,
  doubt: { what, ...doubt },
});

/** The value of `judge` alone. */
export const toCanonical = (what: string, value: RegisterValue, unit: string | undefined): CanonicalValue =>
  judge(what, value, unit).value;

/** The opposite way, for the simulator. */
export function fromCanonical(what: string, value: CanonicalValue, unit: string | undefined): RegisterValue {
  const factor = unit === undefined ? undefined : quantityOf(what)?.units[unit];
  return typeof value === "number" && factor !== undefined ? value / factor : value;
}
