import { expressionOf, stateNames, type DeviceProfile } from "../profile/index.ts";

/**
 * The names to read for those that `base` matches: also what they are derived from, and what decides whether they
 * exist. Where a device gives no total power, that of its phases stands for it.
 */
export function wantedNames(profile: DeviceProfile, base: RegExp): ReadonlySet<string> {
  const given = new Set(profile.registers.flatMap((register) => register.what));
  const wanted = new Set([...given, ...Object.keys(profile.derived ?? {})].filter((what) => base.test(what)));
  if (profile.kind === "charger") for (const name of stateNames(profile)) wanted.add(name);
  if (!wanted.has("power")) for (const phase of ["power_l1", "power_l2", "power_l3"]) wanted.add(phase);
  const { timeout, current } = profile.failsafe ?? {};
  for (const name of [timeout?.read, current?.read, profile.control?.phases?.read]) {
    if (name !== undefined) wanted.add(name);
  }
  for (const name of conditionNames(profile)) wanted.add(name);
  // A set grows while it is walked: what a derived value needs may be derived itself.
  for (const name of wanted) {
    for (const need of namesOf(profile.derived?.[name])) wanted.add(need);
  }
  return wanted;
}

/** Names that decide which registers exist and how the box is told. */
export function conditionNames(profile: DeviceProfile): ReadonlySet<string> {
  const { control } = profile;
  const setters = [control?.set_current, control?.set_power].flatMap((setter) => setter?.variants ?? []);
  const ways = [control?.pause, control?.resume, control?.phases].flatMap((way) => way ?? []);
  const all = [...profile.registers, ...setters, ...ways, ...(control?.init ?? [])];
  return new Set(all.flatMap(({ when }) => [...namesOf(when)]));
}

const namesOf = (expression: string | undefined): ReadonlySet<string> =>
  (expression === undefined ? null : expressionOf(expression))?.names ?? new Set();
