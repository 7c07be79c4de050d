import { expressionOf } from "./expression.ts";
import type { AnyProfile } from "./profile-schema.ts";
import type { CanonicalValue } from "./quantities.ts";
import { CANONICAL_STATES, type CanonicalState } from "./schema-parts.ts";

type Described = Pick<AnyProfile, "enums" | "derived">;

/** Names whose values tell the state of a box, as far as its document uses them. */
export function stateNames(profile: Described): ReadonlySet<string> {
  const { state, state_alt } = profile.enums ?? {};
  const second = Object.values(state ?? {}).flatMap((meaning) => meaning.connected_if?.what ?? []);
  return new Set(["state", "plugged", ...(state_alt === undefined ? [] : [state_alt.what]), ...second]);
}

/**
 * What the document says the state is. A box that shows no car plugged in has none, whatever its state says;
 * `connected_if` asks a second value where the state alone is vague.
 */
export function canonicalState(profile: Described, values: (what: string) => CanonicalValue): CanonicalState {
  const state = statedBy(profile, values);
  const plugged = valueOf(profile, "plugged", values);
  const isOut = plugged === 0 || plugged === false || plugged === "false";
  return isOut && state !== "error" && state !== "unavailable" ? "none" : state;
}

function statedBy(profile: Described, values: (what: string) => CanonicalValue): CanonicalState {
  const { state: meanings = {}, state_alt } = profile.enums ?? {};
  const raw = valueOf(profile, "state", values);
  if (raw === null) {
    const other = state_alt === undefined ? null : values(state_alt.what);
    return other === null ? "unknown" : (state_alt?.values[String(other)]?.s ?? "unknown");
  }
  const meaning = meanings[String(raw)] ?? meanings["default"];
  // Derived states are in our words already.
  if (meaning === undefined) return CANONICAL_STATES.find((one) => one === raw) ?? "unknown";
  if (meaning.connected_if === undefined) return meaning.s;
  const second = values(meaning.connected_if.what);
  if (typeof second !== "number") return meaning.s;
  return second >= meaning.connected_if.at_least ? "connected" : "none";
}

/** A value as read, or as derived from others where the device has no such value. */
function valueOf(profile: Described, what: string, values: (what: string) => CanonicalValue): CanonicalValue | boolean {
  const read = values(what);
  const derived = profile.derived?.[what];
  return read !== null || derived === undefined ? read : (expressionOf(derived)?.value(values) ?? null);
}
