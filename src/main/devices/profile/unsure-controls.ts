import type { AnyProfile } from "./profile-schema.ts";

/** What a site can tell a box besides its limit, and leaves alone where the box's document is unsure how. */
const CONTROLS = ["session", "phases", "wakeup", "unlock", "reset"] as const;
export type UnsureControl = (typeof CONTROLS)[number];

type Doubtful = { readonly unverified?: boolean | undefined };

/**
 * Commands that `profile` describes but does not vouch for: nothing is written to such a register. Who knows better says
 * so in a profile of his own. The setpoint and its sign of life are not among them: they are read back, or watched.
 */
export function unsureControls(profile: AnyProfile): readonly UnsureControl[] {
  const control = profile.driver === "modbus" || profile.driver === "http" ? profile.control : undefined;
  if (control === undefined) return [];
  const given: Readonly<Record<UnsureControl, Doubtful | readonly Doubtful[] | undefined>> = {
    session: "session" in control ? control.session : undefined,
    phases: control.phases,
    wakeup: control.wakeup,
    unlock: "unlock" in control ? control.unlock : undefined,
    reset: "reset" in control ? control.reset : undefined,
  };
  return CONTROLS.filter((name) => isUnsure(given[name]));
}

const isUnsure = (control: Doubtful | readonly Doubtful[] | undefined): boolean =>
  control !== undefined && ("length" in control ? control.some(isUnsure) : control.unverified === true);
