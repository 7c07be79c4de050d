import {
  canonicalState,
  expressionOf,
  stateNames,
  type CanonicalState,
  type CanonicalValue,
  type DeviceProfile,
} from "../../devices/profile/index.ts";

/** Values tried for what tells the state beside the state register itself. */
const SECOND = [0, 1, 2, 3, 5, 7, 0x0101] as const;
type Shown = ReadonlyMap<string, number | string>;

/**
 * What a device shows, name by name, when it is in a state: found by trying what its document knows, so that it is the
 * exact opposite of what a reader makes of it. States the document has no word for become the nearest one.
 */
export function createRawStates(profile: DeviceProfile): (state: CanonicalState) => Shown {
  const given = new Set(profile.registers.flatMap((register) => register.what));
  const sources = [...stateNames(profile)].flatMap((name) => {
    const derived = profile.derived?.[name];
    return derived === undefined ? [name] : [name, ...(expressionOf(derived)?.names ?? [])];
  });
  const names = [...new Set(sources)].filter((name) => given.has(name));
  const found = new Map<CanonicalState, Shown>();
  for (const shown of combinations(names.map((name) => [name, choicesOf(profile, name)] as const))) {
    const state = canonicalState(profile, (what): CanonicalValue => shown.get(what) ?? null);
    if (!found.has(state)) found.set(state, shown);
  }
  const nearest: Partial<Record<CanonicalState, readonly CanonicalState[]>> = {
    finished: ["connected", "waiting_auth"],
    waiting_auth: ["connected"],
    connected: ["waiting_auth", "paused"],
    paused: ["connected", "waiting_auth"],
    unavailable: ["error"],
    error: ["unavailable", "unknown"],
  };
  return (state) => {
    const names = [state, ...(nearest[state] ?? []), "none" as const];
    return names.map((name) => found.get(name)).find((shown) => shown !== undefined) ?? new Map();
  };
}

function choicesOf(profile: DeviceProfile, name: string): readonly (number | string)[] {
  const { state, state_alt } = profile.enums ?? {};
  const meanings = name === "state" ? state : name === state_alt?.what ? state_alt.values : undefined;
  if (meanings === undefined) return SECOND;
  // A state no document names stands for its default.
  return Object.keys(meanings).map((raw) => (raw === "default" ? 99 : /^\d+$/u.test(raw) ? Number(raw) : raw));
}

function combinations(parts: readonly (readonly [string, readonly (number | string)[]])[]): readonly Shown[] {
  return parts.reduce<readonly Shown[]>(
    (all, [name, choices]) => all.flatMap((shown) => choices.map((choice) => new Map([...shown, [name, choice]]))),
    [new Map()],
  );
}
