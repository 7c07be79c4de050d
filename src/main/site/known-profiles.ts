import { globSync } from "node:fs";
import { basename, join } from "node:path";

/** Ids of all device profiles: the app's own and those in the data folder, which win. */
export function knownProfiles(folders: {
  readonly resources: string;
  readonly dataFolder: string;
}): ReadonlySet<string> {
  const files = [join(folders.resources, "devices"), join(folders.dataFolder, "devices")].flatMap((folder) =>
    globSync(join(folder, "**/*.yaml")),
  );
  return new Set(files.map((file) => basename(file, ".yaml")));
}
