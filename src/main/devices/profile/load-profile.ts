import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { profileProblems } from "./profile-rules.ts";
import { sanityProblems } from "./profile-sanity.ts";
import { profileSchema, type AnyProfile, type DeviceProfile } from "./profile-schema.ts";
import { openYaml, schemaProblem, type YamlProblem } from "./yaml-problems.ts";

export type ProfileProblem = YamlProblem;
export type Loaded<P> =
  { readonly ok: true; readonly profile: P } | { readonly ok: false; readonly problems: readonly ProfileProblem[] };

/** Twenty times what the longest of ours needs. */
const CHARACTERS_max = 100_000;
/** In UTF-8; what is longer need not be read to be refused. */
const BYTES_max = CHARACTERS_max * 4;
const LENGTH_EXPECTED = `at most ${String(CHARACTERS_max)} characters`;
/** A file of another kind has thousands of mistakes; nobody reads more than these. */
const PROBLEMS_max = 50;
/** Below a folder of profiles they are sorted by kind. */
const KINDS = ["", "chargers", "meters"];

/** Finds `<id>.yaml` in the first folder that has it (so that an owner's own file wins) and checks it whole. */
export function loadAnyProfile(id: string, folders: readonly string[]): Loaded<AnyProfile> {
  const fail = (file: string, expected: string): Loaded<AnyProfile> => ({
    ok: false,
    problems: [{ file, line: 0, field: "", expected }],
  });
  if (!/^[a-z0-9-]{1,64}$/u.test(id)) return fail(id, "a profile id of small letters, digits and dashes");
  const file = profileFile(id, folders);
  if (file === null) return fail(`${id}.yaml`, `a profile file in one of ${folders.join(", ")}`);
  const source = readProfileText(file);
  if (!source.ok) return fail(file, source.expected);
  const loaded = parseAnyProfile(source.text, file);
  if (loaded.ok && loaded.profile.id !== id) return fail(file, `the id ${id}, like the file's name`);
  return loaded;
}

/** Where the profile `id` lies: in the first of the folders that has it. `null` where none has. */
export const profileFile = (id: string, folders: readonly string[]): string | null =>
  folders.flatMap((folder) => KINDS.map((kind) => join(folder, kind, `${id}.yaml`))).find((path) => existsSync(path)) ??
  null;

export type ProfileText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly code: "unreadable" | "too-long"; readonly expected: string };

/** The text of an owner's file. `unreadable`: a folder, no file or one without permission. */
export function readProfileText(file: string): ProfileText {
  const unreadable = { ok: false, code: "unreadable", expected: "a YAML file that can be read" } as const;
  try {
    const about = statSync(file);
    if (!about.isFile()) return unreadable;
    if (about.size > BYTES_max) return { ok: false, code: "too-long", expected: LENGTH_EXPECTED };
    return { ok: true, text: readFileSync(file, "utf8") };
  } catch (error) {
    if (error instanceof Error && "code" in error) return unreadable;
    throw error;
  }
}

/** Like `loadAnyProfile`, for those who can only use devices read by registers. */
export const loadProfile = (id: string, folders: readonly string[]): Loaded<DeviceProfile> =>
  onlyModbus(loadAnyProfile(id, folders), id);

/** Like `parseAnyProfile`, for those who can only use devices read by registers. */
export const parseProfile = (source: string, file: string): Loaded<DeviceProfile> =>
  onlyModbus(parseAnyProfile(source, file), file);

function onlyModbus(loaded: Loaded<AnyProfile>, file: string): Loaded<DeviceProfile> {
  if (!loaded.ok) return loaded;
  const { profile } = loaded;
  return profile.driver === "modbus"
    ? { ok: true, profile }
    : { ok: false, problems: [{ file, line: 0, field: "driver", expected: "modbus" }] };
}

/** Checks a profile's text; every problem names line and field, and there are at most `PROBLEMS_max` and one of them. */
export function parseAnyProfile(source: string, file: string): Loaded<AnyProfile> {
  const checked = checkProfile(source, file);
  if (checked.ok || checked.problems.length <= PROBLEMS_max) return checked;
  const more = checked.problems.length - PROBLEMS_max;
  const rest = { file, line: 0, field: "", expected: `these mended first; ${String(more)} more mistakes follow` };
  return { ok: false, problems: [...checked.problems.slice(0, PROBLEMS_max), rest] };
}

function checkProfile(source: string, file: string): Loaded<AnyProfile> {
  const opened = openYaml(source, { file, charactersMax: CHARACTERS_max });
  if (!opened.ok) return opened;
  const { value, at } = opened;
  const parsed = profileSchema.safeParse(value);
  if (!parsed.success) return { ok: false, problems: parsed.error.issues.map((issue) => schemaProblem(issue, at)) };
  const problems = [...profileProblems(parsed.data), ...sanityProblems(parsed.data)];
  if (problems.length > 0)
    return { ok: false, problems: problems.map((problem) => at(problem.path, problem.expected)) };
  return { ok: true, profile: parsed.data };
}
