import {
  milliamp,
  millivolt,
  perPhase,
  watt,
  type Milliamp,
  type PerPhase,
  type Watt,
} from "../../../core/units/index.ts";
import type { Quarantined } from "../../../core/metering/index.ts";
import type { MeterReading } from "../ports.ts";
import { expressionOf, judge, type AnyProfile, type CanonicalValue, type Judged } from "../profile/index.ts";

/** What a device shows at one moment, by our names, in whole mA, mV, W and Wh; a name that is absent is not known. */
export type Values = ReadonlyMap<string, CanonicalValue> & {
  /** What it showed that cannot be, and why; never among the values. Left out: nothing. */
  readonly doubts?: readonly Doubt[];
};
export type Doubt = Omit<Quarantined, "at_ms">;
type Reading = { readonly scale?: number | undefined; readonly unit?: string | undefined };

/** Values while they are being read. */
export class ShownValues extends Map<string, CanonicalValue> {
  readonly doubts: Doubt[] = [];

  constructor(from: Values = new Map()) {
    super(from);
    this.doubts.push(...(from.doubts ?? []));
  }

  /** Takes the device's own value: in our unit when it can be, else as a doubt. */
  take(what: string, raw: unknown, reading: Reading): void {
    const { value, doubt } = judged(what, raw, reading);
    if (value !== null) this.set(what, value);
    if (doubt !== null) this.doubts.push(doubt);
  }
}

type Scalar = number | string | boolean | null;

/** Numbers come as text from some devices, and flags as true and false. */
const NUMERIC = /^\s*-?\d{1,15}(?:\.\d{1,12})?\s*$/u;
const TEXT_CHARS_MAX = 256;
/** Names whose values are words or ids even where they look like numbers. */
const TEXTUAL = /^(?:serial|firmware|model|rfid|evcc_id)$/u;

/** Turns a device's own value into ours; what cannot be true, or has no unit we know, is none. */
function judged(what: string, raw: unknown, reading: Reading): Judged {
  const value = scalarOf(raw);
  const certain = (known: CanonicalValue): Judged => ({ value: known, doubt: null });
  if (value === null) return certain(null);
  if (TEXTUAL.test(what)) return certain(String(value).slice(0, TEXT_CHARS_MAX));
  if (typeof value === "boolean") return certain(value ? 1 : 0);
  const number = typeof value === "number" ? value : NUMERIC.test(value) ? Number(value) : null;
  return number === null
    ? judge(what, String(value).slice(0, TEXT_CHARS_MAX), reading.unit)
    : judge(what, number * (reading.scale ?? 1), reading.unit);
}

const scalarOf = (raw: unknown): Scalar =>
  typeof raw === "number" || typeof raw === "string" || typeof raw === "boolean" ? raw : null;

/**
 * Adds what the profile derives and what follows from the rest: import less export, the sum of the phases, and the sign
 * of currents that a device counts without direction. Only from values that are known.
 */
export function completed(read: Values, profile: Pick<AnyProfile, "derived">): Values {
  const values = new ShownValues(read);
  const number = (what: string): number | null => {
    const value = values.get(what);
    return typeof value === "number" ? value : null;
  };
  for (const phase of ["", "_l1", "_l2", "_l3"]) {
    const [imported, exported] = [number(`power_import${phase}`), number(`power_export${phase}`)];
    // A meter that only counts one way has no register for the other.
    const hasExport = values.has(`power_export${phase}`);
    if (!values.has(`power${phase}`) && imported !== null && (exported !== null || !hasExport))
      values.set(`power${phase}`, imported - (exported ?? 0));
  }
  for (const [what, expression] of Object.entries(profile.derived ?? {})) {
    if (values.get(what) !== undefined && values.get(what) !== null) continue;
    const value = expressionOf(expression)?.value((name) => values.get(name) ?? null) ?? null;
    if (value !== null) values.set(what, typeof value === "boolean" ? (value ? 1 : 0) : value);
  }
  for (const phase of ["_l1", "_l2", "_l3"]) {
    const [current, power] = [number(`current${phase}`), number(`power${phase}`)];
    if (current !== null && current > 0 && power !== null && power < 0) values.set(`current${phase}`, -current);
  }
  return values;
}

const numberOf = (values: Values, what: string): number | null => {
  const value = values.get(what);
  return typeof value === "number" && Number.isSafeInteger(value) ? value : null;
};

/** Currents, voltages and power in the device's own phase order. */
export function electricalOf(values: Values): Pick<MeterReading, "current_mA" | "voltage_mV" | "power_W"> {
  const of = (what: string, index: number): number | null => numberOf(values, `${what}_l${String(index + 1)}`);
  const power = numberOf(values, "power") ?? phaseSum(values);
  const current_mA: PerPhase<Milliamp | null> = perPhase((_, i) => {
    const value = of("current", i);
    return value === null ? null : milliamp(value);
  });
  const power_W: Watt | null = power === null ? null : watt(power);
  return {
    current_mA,
    voltage_mV: perPhase((_, i) => {
      const value = of("voltage", i);
      return value === null ? null : millivolt(value);
    }),
    power_W,
  };
}

function phaseSum(values: Values): number | null {
  const phases = ["power_l1", "power_l2", "power_l3"].map((what) => numberOf(values, what));
  return phases.reduce<number | null>((sum, one) => (sum === null || one === null ? null : sum + one), 0);
}

/** A register in watt-hours, or `null`. */
export const registerOf = (values: Values, what: string): number | null => numberOf(values, what);
/** A text such as a serial number, or `null`. */
export function textOf(values: Values, what: string): string | null {
  const value = values.get(what) ?? null;
  return value === null ? null : String(value);
}
