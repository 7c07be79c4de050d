import type { Rotation } from "../../../core/site/tree.ts";
import { milliampFromAmp } from "../../../core/units/quantities.ts";

/** The orders in which a box of so many phases can meet the site's phases. */
export const ROTATIONS: Readonly<Record<1 | 2 | 3, readonly Rotation[]>> = {
  1: ["L1", "L2", "L3"],
  2: ["L1L2L3", "L2L3L1", "L3L1L2", "L1L3L2", "L2L1L3", "L3L2L1"],
  3: ["L1L2L3", "L2L3L1", "L3L1L2", "L1L3L2", "L2L1L3", "L3L2L1"],
};

export type AdoptForm = {
  readonly id: string;
  readonly name: string;
  readonly circuitId: string;
  readonly phases: 1 | 2 | 3;
  readonly rotation: string;
  readonly max_A: number | string;
  readonly fallback_A: number | string;
};

export type AdoptField = keyof AdoptForm;
export type AdoptMistake = "required" | "id" | "taken" | "current" | "fallback";

const CURRENT_A_MIN = 6;
const CURRENT_A_MAX = 80;

/** The next free id after the pattern of the site, "P07" when P01 … P06 exist; meters have another letter. */
export function nextStationId(taken: readonly string[], letter: "P" | "M" = "P"): string {
  const used = new Set(taken);
  for (let place = 1; place <= taken.length + 1; place += 1) {
    const id = `${letter}${String(place).padStart(2, "0")}`;
    if (!used.has(id)) return id;
  }
  return "";
}

/** What is wrong with each field; empty when the form may be sent. */
export function adoptMistakes(form: AdoptForm, taken: readonly string[]): Partial<Record<AdoptField, AdoptMistake>> {
  const { max_A, fallback_A } = form;
  const maxOk = typeof max_A === "number" && max_A >= CURRENT_A_MIN && max_A <= CURRENT_A_MAX;
  const fallbackOk = typeof fallback_A === "number" && fallback_A >= 0 && (!maxOk || fallback_A <= max_A);
  return {
    ...(form.id.trim() === "" ? { id: "required" as const } : {}),
    ...(form.id.trim() !== "" && !/^[A-Za-z0-9_-]{1,64}$/u.test(form.id) ? { id: "id" as const } : {}),
    ...(taken.includes(form.id) ? { id: "taken" as const } : {}),
    ...(form.name.trim() === "" ? { name: "required" as const } : {}),
    ...(form.circuitId === "" ? { circuitId: "required" as const } : {}),
    ...(maxOk ? {} : { max_A: "current" as const }),
    ...(fallbackOk ? {} : { fallback_A: "fallback" as const }),
  };
}

/** What goes to the engine; only for a form without mistakes. */
export const adoptInput = (identity: string, form: AdoptForm) => ({
  identity,
  id: form.id,
  name: form.name.trim(),
  circuitId: form.circuitId,
  phases: form.phases,
  rotation: form.rotation,
  max_mA: milliampFromAmp(Number(form.max_A)),
  fallback_mA: milliampFromAmp(Number(form.fallback_A)),
});

/** Whether a charger of this profile cannot be told what to keep in silence: it may keep its last limit for ever. */
export const keepsLastLimit = (
  profile: { readonly max_mA: number | null; readonly fallback_mA: number | null } | null,
): boolean => profile !== null && profile.fallback_mA === profile.max_mA;
