import { globSync } from "node:fs";
import { basename, join } from "node:path";
import { loadAnyProfile, type AnyProfile } from "../devices/profile/index.ts";

/**
 * All profiles of these folders that can be used; of equal ids the first folder's wins. A document with mistakes is left
 * out: it is refused where somebody names it.
 */
export function readAllProfiles(folders: readonly string[]): readonly AnyProfile[] {
  const files = folders.flatMap((folder) =>
    ["", "chargers", "meters"].flatMap((kind) => globSync(join(folder, kind, "*.yaml"))),
  );
  const ids = [...new Set(files.map((file) => basename(file, ".yaml")))].toSorted();
  return ids.flatMap((id) => {
    const loaded = loadAnyProfile(id, folders);
    return loaded.ok ? [loaded.profile] : [];
  });
}
