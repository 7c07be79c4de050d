import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document } from "yaml";
import { profileProblems } from "./profile-rules.ts";
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

/** Below a folder of profiles they are sorted by kind. */
const KINDS = ["", "chargers", "meters"];

/** Finds `<id>.yaml` in the first folder that has it (so that an owner's own file wins) and checks it whole. */
export function loadAnyProfile(id: string, folders: readonly string[]): Loaded<AnyProfile> {
  const fail = (file: string, expected: string): Loaded<AnyProfile> => ({
    ok: false,
    problems: [{ file, line: 0, field: "", expected }],
  });
  if (!/^[a-z0-9-]{1,64}$/u.test(id)) return fail(id, "a profile id of small letters, digits and dashes");
  const file = folders
    .flatMap((folder) => KINDS.map((kind) => join(folder, kind, `${id}.yaml`)))
    .find((path) => existsSync(path));
  if (file === undefined) return fail(`${id}.yaml`, `a profile file in one of ${folders.join(", ")}`);
  const loaded = parseAnyProfile(readFileSync(file, "utf8"), file);
  if (loaded.ok && loaded.profile.id !== id) return fail(file, `the id ${id}, like the file's name`);
  return loaded;
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

/** Checks a profile's text; every problem names line and field. */
export function parseAnyProfile(source: string, file: string): Loaded<AnyProfile> {
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
  const parsed = profileSchema.safeParse(document.toJS());
  if (!parsed.success)
    return { ok: false, problems: parsed.error.issues.map((issue) => at(issue.path, issue.message)) };
  const problems = profileProblems(parsed.data);
  if (problems.length > 0)
    return { ok: false, problems: problems.map((problem) => at(problem.path, problem.expected)) };
  return { ok: true, profile: parsed.data };
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
