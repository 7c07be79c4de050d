import type { AdoptDevice, ProfileFacts } from "../../../contract/index.ts";
import { type AdoptForm, adoptInput } from "../../features/stations/adopt-view.ts";
import type { Find } from "./scan-state.ts";

/** Profiles that a found device may be: what the scan thinks, or all that can answer on its wire. */
export function profilesFor(find: Find, profiles: readonly ProfileFacts[]): readonly ProfileFacts[] {
  const thought = find.profileId === null ? find.candidates : [find.profileId];
  const meant = profiles.filter(({ id }) => thought.includes(id));
  return meant.length > 0 ? meant : profiles.filter(({ wires }) => wires.includes(find.at.kind));
}

const IEC_MIN_A = 6;
const USUAL_MAX_A = 16;

/** What a charger of this profile begins with: no more than usual wiring carries. */
export function currentsOf({ max_mA, fallback_mA }: ProfileFacts): Pick<AdoptForm, "max_A" | "fallback_A"> {
  const max_A = Math.min(USUAL_MAX_A, (max_mA ?? Infinity) / 1000);
  return { max_A, fallback_A: Math.min(max_A, fallback_mA === null ? max_A : fallback_mA / 1000) };
}

export type Login = { readonly user: string; readonly password: string };

/** Chosen for a meter that measures no circuit as a whole; no id has a blank. */
export const NO_CIRCUIT = " ";

/** What goes to the engine. */
export function adoptRequest(find: Find, profile: ProfileFacts, form: AdoptForm, login: Login): AdoptDevice {
  const { identity: _, ...station } = adoptInput("", form);
  const { id, name } = station;
  return {
    at: find.at,
    profileId: profile.id,
    as:
      profile.kind === "charger"
        ? { kind: "station", ...station }
        : { kind: "meter", id, name, circuitId: form.circuitId === NO_CIRCUIT ? null : form.circuitId },
    ...(find.at.kind === "http" && login.user !== "" ? { login } : {}),
  };
}

/** A meter needs no fuse of its own, and no current. */
export const meterForm = (form: AdoptForm): AdoptForm => ({ ...form, circuitId: "-", max_A: IEC_MIN_A, fallback_A: 0 });

export type AdoptProblem = { readonly field: string; readonly expected: string };

/** What the engine says does not fit, from the data of its answer; nothing when it says something else. */
export function adoptProblems(data: unknown): readonly AdoptProblem[] {
  if (typeof data !== "object" || data === null || !("problems" in data) || !Array.isArray(data.problems)) return [];
  return data.problems.filter(isProblem);
}

const isProblem = (value: unknown): value is AdoptProblem =>
  typeof value === "object" &&
  value !== null &&
  "field" in value &&
  typeof value.field === "string" &&
  "expected" in value &&
  typeof value.expected === "string";
