import type { CanonicalValue, DeviceProfile, ProfileRegister } from "../../devices/profile/index.ts";

/** `firmware >= 5.22`, `model in ["4You", …]`, `phase_module == 1`: a name, and what it is compared with first. */
const CONDITION = /([a-z_0-9]+)\s*(?:>=|==|in)\s*\[?\s*(?:"([^"]*)"|(0x[0-9a-f]+|\d+(?:\.\d+)?))/giu;

/**
 * What a device of the newest kind that its document knows says of itself: firmware, map and model for which the
 * conditions of the document hold. Of versions the highest one that is asked for, else the first.
 */
export function newestIdentity(profile: DeviceProfile): ReadonlyMap<string, CanonicalValue> {
  const wanted = new Map<string, { readonly value: number | string; readonly text: string }>();
  for (const when of conditionsOf(profile)) {
    for (const [, name = "", text, number = ""] of when.matchAll(CONDITION)) {
      const value = text ?? Number(number);
      const known = wanted.get(name);
      const isNewer = typeof value === "number" && typeof known?.value === "number" && value > known.value;
      if (known === undefined || (isNewer && !when.includes("=="))) wanted.set(name, { value, text: text ?? number });
    }
  }
  // What shares its place with something else is that, not an identity.
  const isShared = ({ fc, address }: ProfileRegister): boolean =>
    profile.registers.some(
      (one) => one.fc === fc && one.address === address && !one.what.some((name) => wanted.has(name)),
    );
  const told = profile.registers.flatMap((register) =>
    register.what.flatMap((what) => {
      const found = wanted.get(what);
      if (found === undefined || isShared(register)) return [];
      const isText = register.type === "ascii" || register.type === "utf16";
      return [[what, isText ? found.text : found.value] as const];
    }),
  );
  return new Map(told);
}

/** Every condition of the document, wherever it stands. */
function conditionsOf(profile: DeviceProfile): readonly string[] {
  const found: string[] = [];
  JSON.stringify(profile, (key, value: unknown) => {
    if (key === "when" && typeof value === "string") found.push(value);
    return value;
  });
  return found;
}
