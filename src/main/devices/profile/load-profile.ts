import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit, type Document } from "yaml";
import type { z } from "zod";
import { profileProblems } from "./profile-rules.ts";
import { sanityProblems } from "./profile-sanity.ts";
import { profileSchema, type AnyProfile, type DeviceProfile } from "./profile-schema.ts";

/** Where a document is wrong and what belongs there; `line` counts from 1, 0 when it is not one line's fault. */
export type ProfileProblem = {
  readonly file: string;
  readonly line: number;
  readonly field: string;
  readonly expected: string;
};
export type Loaded<P> =
  { readonly ok: true; readonly profile: P } | { readonly ok: false; readonly problems: readonly ProfileProblem[] };

/** Twenty times what the longest of ours needs. YAML compares every key of a mapping with all others: a megabyte hangs. */
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
  const broken = (offset: number, expected: string): Loaded<AnyProfile> => ({
    ok: false,
    problems: [{ file, line: source.slice(0, offset).split("\n").length, field: "", expected }],
  });
  if (source.length > CHARACTERS_max) return broken(0, LENGTH_EXPECTED);
  const foreign = source.search(/[\uFFFD\0]/u);
  if (foreign >= 0) return broken(foreign, "text in UTF-8: save the file in that encoding");
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines });
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      file,
      line: lines.linePos(error.pos[0]).line,
      field: "",
      expected: `valid YAML: ${error.message.split("\n")[0] ?? ""}`,
    }));
    return { ok: false, problems };
  }
  const at = (path: readonly PropertyKey[], expected: string): ProfileProblem => ({
    file,
    line: lineOf(document, lines, path),
    field: path.map(String).join("."),
    expected,
  });
  const alias = aliasAt(document);
  if (alias !== null) return broken(alias, "the value itself instead of an alias (*name): profiles have none");
  const parsed = profileSchema.safeParse(document.toJS());
  if (!parsed.success) return { ok: false, problems: parsed.error.issues.map((issue) => told(issue, at)) };
  const problems = [...profileProblems(parsed.data), ...sanityProblems(parsed.data)];
  if (problems.length > 0)
    return { ok: false, problems: problems.map((problem) => at(problem.path, problem.expected)) };
  return { ok: true, profile: parsed.data };
}

/** Where the first alias stands: unresolved, circular or multiplied ones make no tree, and none is needed. */
function aliasAt(document: Document): number | null {
  let found: number | null = null;
  visit(document, {
    Alias(_, alias) {
      found = alias.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return found;
}

/** A mistake against the schema in words, at the line of the field itself where there is one. */
function told(
  issue: z.core.$ZodIssue,
  at: (path: readonly PropertyKey[], expected: string) => ProfileProblem,
): ProfileProblem {
  if (issue.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    return at([...issue.path, key], `no field of this name here: ${issue.keys.join(", ")}; correct or remove it`);
  }
  if (issue.path.length === 0) return at([], `a mapping that begins with "schema: 1" (${issue.message})`);
  return at(issue.path, issue.message.replace(/received undefined$/u, "but the field is missing"));
}

/** Line of the deepest part of `path` that exists in the document. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const part of path) {
    let next: unknown;
    if (isMap(node))
      next = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part))?.value;
    else if (isSeq(node) && typeof part === "number") next = node.items[part];
    if (!isNode(next)) break;
    node = next;
    offset = next.range?.[0] ?? offset;
  }
  return lines.linePos(offset).line;
}
