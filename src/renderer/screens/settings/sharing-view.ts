import type { BalancingSettings, CarDifference, SharingView } from "../../../contract/index.ts";
import { SHARING_RULES, type SharingRule } from "../../../core/balancing/policy.ts";

export const WHOLE_SITE = "";
/** A circuit without a rule of its own. */
export const INHERIT = "inherit";
export const CHOICES = [...SHARING_RULES, INHERIT] as const;
export type Choice = SharingRule | typeof INHERIT;

const MINUTE_ms = 60_000;
const HOLD_MINUTES_MIN = 15;
const HOLD_MINUTES_MAX = 24 * 60;

export type SharingForm = {
  /** Circuit, or `WHOLE_SITE`. */
  readonly scope: string;
  readonly choice: Choice;
  readonly hold_min: number | string;
};

/** The form as the rule in force fills it. */
export function formFor(scope: string, settings: BalancingSettings): SharingForm {
  const own = settings.circuits.find(({ circuitId }) => circuitId === scope)?.sharing ?? null;
  const sharing = scope === WHOLE_SITE ? settings.site : own;
  const { hold_ms } = sharing ?? settings.site;
  return { scope, choice: sharing?.rule ?? INHERIT, hold_min: Math.round(hold_ms / MINUTE_ms) };
}

export const isHoldPossible = ({ choice, hold_min }: SharingForm): boolean =>
  choice === INHERIT ||
  (typeof hold_min === "number" &&
    Number.isInteger(hold_min) &&
    hold_min >= HOLD_MINUTES_MIN &&
    hold_min <= HOLD_MINUTES_MAX);

/** What goes to the engine; only for a form whose hold is possible. */
export function ruleInput({ scope, choice, hold_min }: SharingForm): {
  readonly circuitId: string | null;
  readonly sharing: SharingView | null;
} {
  return {
    circuitId: scope === WHOLE_SITE ? null : scope,
    sharing: choice === INHERIT ? null : { rule: choice, hold_ms: Number(hold_min) * MINUTE_ms },
  };
}

/** Cars that have or would have anything, or wait. */
export const carsOf = (cars: readonly CarDifference[]): readonly CarDifference[] =>
  cars.filter(
    ({ before_mA, after_mA, placeBefore, placeAfter }) =>
      before_mA > 0 || after_mA > 0 || placeBefore !== null || placeAfter !== null,
  );

export const isSame = ({ before_mA, after_mA, placeBefore, placeAfter }: CarDifference): boolean =>
  before_mA === after_mA && placeBefore === placeAfter;
