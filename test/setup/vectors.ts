import { existsSync } from "node:fs";
import { join } from "node:path";

const REPOSITORY = join(import.meta.dirname, "..", "..");

/**
 * Absolute path of a file or folder of the shared subject data (`vectors/…`, `data/…`, `profiles/…`) that lies in a
 * folder beside a developer's checkout, or null where it does not. A clone alone is complete without it: these data
 * only add more cases.
 */
export function sharedVectors(path: string): string | null {
  const absolute = join(REPOSITORY, "..", "shared", path);
  return existsSync(absolute) ? absolute : null;
}
