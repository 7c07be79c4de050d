import type { RegisterKind } from "../ports.ts";

type Entry = {
  readonly what: readonly string[];
  readonly unit?: string | undefined;
  readonly not_for_billing?: boolean | undefined;
};

/** Why the lifetime register of this device is none to send a bill for, as its document tells; `null`: it is one. */
export function registerKind(profile: {
  readonly registers?: readonly Entry[];
  readonly readings?: readonly Entry[];
}): RegisterKind | null {
  const entry = [...(profile.registers ?? []), ...(profile.readings ?? [])].find((one) =>
    one.what.includes("energy_import"),
  );
  if (entry?.unit === "VAh" || entry?.unit === "kVAh") return "apparent-energy";
  return entry?.not_for_billing === true ? "estimate" : null;
}
