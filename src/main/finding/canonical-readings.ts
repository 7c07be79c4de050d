import { canonicalState, ourUnitOf, type AnyProfile, type CanonicalValue } from "../devices/profile/index.ts";

export type ReadingValue = CanonicalValue | readonly CanonicalValue[];
export type CanonicalReadings = Readonly<Record<string, ReadingValue>>;

const DECIMALS = 6;
const PHASE = /_l[123]$/u;
const PHASES = ["_l1", "_l2", "_l3"] as const;

/**
 * What a device shows, under canonical names with the unit in them, phases as arrays: `power_W`, `current_mA: [..3]`. A
 * charger's state is one of the canonical words. What the device gives no value for is `null`.
 */
export function canonicalReadings(
  profile: AnyProfile,
  names: readonly string[],
  shown: (what: string) => CanonicalValue,
): CanonicalReadings {
  const valueOf = (what: string): CanonicalValue => tidy(shown(what));
  const readings: Record<string, ReadingValue> = {};
  if (profile.kind === "charger") readings["state"] = canonicalState(profile, valueOf);
  const given = new Set(names);
  for (const what of given) {
    if (what === "state") continue;
    const whole = what.replace(PHASE, "");
    if (PHASE.test(what)) readings[named(profile, whole, what)] = PHASES.map((phase) => valueOf(whole + phase));
    if (!PHASE.test(what)) readings[named(profile, what, what)] = valueOf(what);
  }
  if (!given.has("power")) {
    // One that its document names and the answer lacks is not nothing: there is no sum then.
    const known = new Set([...given, ...entriesOf(profile).flatMap(({ what }) => what)]);
    const phases = PHASES.filter((phase) => known.has(`power${phase}`)).map((phase) => valueOf(`power${phase}`));
    if (phases.length > 0) readings["power_W"] = sumOf(phases);
  }
  return readings;
}

/** A name with its unit; where the total and the phases share one, the phases say so. */
function named(profile: AnyProfile, whole: string, what: string): string {
  const unit = ourUnitOf(what) ?? unitOf(profile, what);
  // `current_mA` are three: a box with one number for all phases it charges on gives no phase's.
  const single = what === "current" ? "current_common" : whole;
  const name = PHASE.test(what) && hasTotal(whole) ? `${whole}_phases` : single;
  return unit === null ? name : `${name}_${unit}`;
}

const hasTotal = (whole: string): boolean => !/^(?:current|voltage)$/u.test(whole);

const entriesOf = (profile: AnyProfile) =>
  profile.driver === "modbus" ? profile.registers : "readings" in profile ? profile.readings : [];

function unitOf(profile: AnyProfile, what: string): string | null {
  const unit = entriesOf(profile).find((entry) => entry.what.includes(what))?.unit;
  return unit !== undefined && /^[A-Za-z]{1,8}$/u.test(unit) ? unit : null;
}

/** Without what binary fractions add: 300.85 K less 273 K is 27.85 °C. */
const tidy = (value: CanonicalValue): CanonicalValue =>
  typeof value === "number" ? Number(value.toFixed(DECIMALS)) : value;

function sumOf(values: readonly CanonicalValue[]): number | null {
  let sum = 0;
  for (const value of values) {
    if (typeof value !== "number") return null;
    sum += value;
  }
  return sum;
}
