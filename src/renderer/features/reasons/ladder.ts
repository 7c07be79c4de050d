import type { BecauseView } from "../../../contract/index.ts";
import type { Phase } from "../../../core/units/phases.ts";

/** These shape a grant without being what holds it down. */
const SHAPING: ReadonlySet<BecauseView["kind"]> = new Set<BecauseView["kind"]>(["step_round", "ramp"]);

const lowers = ({ before_mA, after_mA }: BecauseView): boolean => after_mA < before_mA;

/** What is kept for a box that is not obeyed or not heard decides also where it is all that the box could take. */
const KEPT: ReadonlySet<BecauseView["kind"]> = new Set<BecauseView["kind"]>(["stubborn", "fallback"]);

/** Place of the rung that decides: the last that lowers and is not mere rounding or ramping; -1 when nothing lowers. */
export function bindingIndex(because: readonly BecauseView[]): number {
  const deciding = because.findLastIndex((rung) => KEPT.has(rung.kind) || (lowers(rung) && !SHAPING.has(rung.kind)));
  return deciding === -1 ? because.findLastIndex(lowers) : deciding;
}

/** What holds this charger down; `null` when it gets its own maximum. */
export const bindingRung = (because: readonly BecauseView[]): BecauseView | null =>
  because[bindingIndex(because)] ?? null;

/** The circuit and phase whose cars share what it carries, when that is what a rung says; `null` for every other kind. */
export function sharedPlace(rung: BecauseView | null): { readonly circuitId: string; readonly phase: Phase } | null {
  if (rung?.phase === undefined || (rung.kind !== "circuit_phase" && rung.kind !== "policy_share")) return null;
  return { circuitId: rung.ref, phase: rung.phase };
}

export type Rung = BecauseView & { readonly binding: boolean };

/** The ladder as it is drawn: rungs that change nothing are left out, except the first, which says where it starts. */
export function rungsOf(because: readonly BecauseView[]): readonly Rung[] {
  const binding = bindingIndex(because);
  return because
    .map((rung, index) => ({ ...rung, binding: index === binding }))
    .filter((rung, index) => index === 0 || rung.binding || rung.before_mA !== rung.after_mA);
}
