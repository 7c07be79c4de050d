import { realpathSync } from "node:fs";
import { basename, join } from "node:path";
import { parseAnyProfile, profileFile, readProfileText, type AnyProfile } from "../devices/profile/index.ts";
import { EXIT } from "./serve.ts";

type Output = { write(text: string): unknown };
const IN_PLACE_OF_OURS = "in the folder devices of the data folder it is used instead of the app's own of this id";
type Problem = { readonly line: number; readonly field: string; readonly expected: string };

/**
 * `chargehand doctor profile FILE`: whether a profile file can be used as it is. Prints
 * `{"ok","id","driver","replacesBuiltIn","problems"}` and resolves with 0, with 1 when something is wrong in it, with 2
 * when there is no such file to look at. `replacesBuiltIn`: the app has a profile of this id, which the file stands for
 * as soon as it lies in the data folder.
 */
export function doctorProfile(
  argv: readonly string[],
  io: { readonly resources: string; readonly stdout: Output; readonly stderr: Output },
): number {
  const [file, ...more] = argv;
  if (file === undefined || file.startsWith("-") || more.length > 0) {
    io.stderr.write('doctor profile takes one file: "chargehand doctor profile my-box.yaml"\n');
    return EXIT.badUse;
  }
  const source = readProfileText(file);
  if (!source.ok && source.code === "unreadable") {
    io.stderr.write(`${file} cannot be read as a profile: name ${source.expected}\n`);
    return EXIT.badUse;
  }
  const checked = source.ok ? checkedProfile(file, source.text) : { profile: null, problems: tooLong(source.expected) };
  const { profile, problems } = checked;
  const replacesBuiltIn = profile !== null && isInsteadOfOurs(file, profile.id, io.resources);
  const about = { id: profile?.id ?? null, driver: profile?.driver ?? null, replacesBuiltIn };
  const ok = problems.length === 0;
  io.stdout.write(`${JSON.stringify({ ok, ...about, problems })}\n`);
  for (const { line, field, expected } of problems) {
    io.stderr.write(`${file}:${String(line)} ${field}: ${expected}\n`);
  }
  if (ok && replacesBuiltIn) io.stderr.write(`${file}: ${IN_PLACE_OF_OURS}\n`);
  return ok ? EXIT.ok : EXIT.negative;
}

/** Whether the app brings a profile of this id that is not this very file. */
function isInsteadOfOurs(file: string, id: string, resources: string): boolean {
  const ours = profileFile(id, [join(resources, "devices")]);
  return ours !== null && realpathSync(ours) !== realpathSync(file);
}

type Checked = { readonly profile: AnyProfile | null; readonly problems: readonly Problem[] };

function checkedProfile(file: string, text: string): Checked {
  const parsed = parseAnyProfile(text, file);
  if (parsed.ok) return { profile: parsed.profile, problems: misnamed(file, parsed.profile.id, text) };
  const problems = parsed.problems.map(({ line, field, expected }) => ({ line, field, expected }));
  return { profile: null, problems };
}

const tooLong = (expected: string): readonly Problem[] => [{ line: 1, field: "", expected }];

/** A site names a profile by its id, and that is how its file is found. */
function misnamed(file: string, id: string, source: string): readonly Problem[] {
  const name = basename(file, ".yaml");
  if (name === id) return [];
  const line = source.split("\n").findIndex((text) => text.startsWith("id:")) + 1;
  return [{ line, field: "id", expected: `the name of its file, ${name}; or name the file ${id}.yaml` }];
}
