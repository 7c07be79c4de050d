import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { parseAnyProfile } from "../devices/profile/index.ts";
import { EXIT } from "./serve.ts";

type Output = { write(text: string): unknown };
type Problem = { readonly line: number; readonly field: string; readonly expected: string };

/** Far more than any device needs; a larger file is not a profile. */
const BYTES_max = 1_000_000;

/**
 * `chargehand doctor profile FILE`: whether a profile file can be used as it is. Prints `{"ok","id","driver","problems"}`
 * and resolves with 0, with 1 when something is wrong in it, with 2 when there is no such file to look at.
 */
export function doctorProfile(
  argv: readonly string[],
  io: { readonly stdout: Output; readonly stderr: Output },
): number {
  const [file, ...more] = argv;
  if (file === undefined || file.startsWith("-") || more.length > 0) {
    io.stderr.write('doctor profile takes one file: "chargehand doctor profile my-box.yaml"\n');
    return EXIT.badUse;
  }
  const source = readSource(file);
  if (source === null) {
    io.stderr.write(`${file} cannot be read as a profile: name a YAML file of at most 1 MB\n`);
    return EXIT.badUse;
  }
  const parsed = parseAnyProfile(source, file);
  const problems: readonly Problem[] = parsed.ok
    ? misnamed(file, parsed.profile.id, source)
    : parsed.problems.map(({ line, field, expected }) => ({ line, field, expected }));
  const about = parsed.ok ? { id: parsed.profile.id, driver: parsed.profile.driver } : { id: null, driver: null };
  const ok = problems.length === 0;
  io.stdout.write(`${JSON.stringify({ ok, ...about, problems })}\n`);
  for (const { line, field, expected } of problems) {
    io.stderr.write(`${file}:${String(line)} ${field}: ${expected}\n`);
  }
  return ok ? EXIT.ok : EXIT.negative;
}

function readSource(file: string): string | null {
  try {
    const about = statSync(file);
    return about.isFile() && about.size <= BYTES_max ? readFileSync(file, "utf8") : null;
  } catch (error) {
    if (error instanceof Error && "code" in error) return null;
    throw error;
  }
}

/** A site names a profile by its id, and that is how its file is found. */
function misnamed(file: string, id: string, source: string): readonly Problem[] {
  const name = basename(file, ".yaml");
  if (name === id) return [];
  const line = source.split("\n").findIndex((text) => text.startsWith("id:")) + 1;
  return [{ line, field: "id", expected: `the name of its file, ${name}; or name the file ${id}.yaml` }];
}
