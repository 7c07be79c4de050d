import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import type { KnownProfiles, ProfileWires } from "./site-file/index.ts";

const wiresSchema = z.object({
  driver: z.string(),
  kind: z.string(),
  transport: z.object({ options: z.array(z.string()) }),
});

/**
 * All device profiles: the app's own and those in the data folder, which win. Only profiles that a site names are read,
 * each once; what is no profile has no wires here and is refused where it is loaded.
 */
export function knownProfiles(folders: { readonly resources: string; readonly dataFolder: string }): KnownProfiles {
  const files = [join(folders.resources, "devices"), join(folders.dataFolder, "devices")]
    .flatMap((folder) => ["", "chargers", "meters"].map((kind) => join(folder, kind, "*.yaml")))
    .flatMap((pattern) => globSync(pattern));
  const pathOf = new Map(files.map((file) => [basename(file, ".yaml"), file]));
  const read = new Map<string, ProfileWires | null>();
  return {
    has: (id) => pathOf.has(id),
    keys: () => pathOf.keys(),
    wiresOf(id) {
      const path = pathOf.get(id);
      if (path === undefined) return null;
      const known = read.get(id);
      if (known !== undefined) return known;
      const wires = readWires(readFileSync(path, "utf8"));
      read.set(id, wires);
      return wires;
    },
  };
}

function readWires(source: string): ProfileWires | null {
  const parsed = wiresSchema.safeParse(parseYaml(source));
  if (!parsed.success) return null;
  const { driver, kind, transport } = parsed.data;
  return { driver, kind, transports: transport.options };
}

/** `null` for what is no YAML: an owner's own file may hold anything. */
function parseYaml(source: string): unknown {
  try {
    return parse(source, { logLevel: "error" });
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}
