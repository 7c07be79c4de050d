import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAnyProfile, profileJsonSchema, type AnyProfile } from "../../../src/main/devices/profile/index.ts";
import { PROFILE_FOLDERS } from "../../protocol/modbus/bench.ts";

const [FOLDER = ""] = PROFILE_FOLDERS;
const files = globSync("*/*.yaml", { cwd: FOLDER }).sort();

function load(file: string): AnyProfile {
  const loaded = parseAnyProfile(readFileSync(join(FOLDER, file), "utf8"), file);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.profile;
}
const profiles = files.map((file) => [file, load(file)] as const);

test("54 chargers and 36 meters are described, each under an id of its own", () => {
  expect(profiles.filter(([, profile]) => profile.kind === "charger")).toHaveLength(54);
  expect(profiles.filter(([, profile]) => profile.kind === "meter")).toHaveLength(36);
  expect(new Set(profiles.map(([, profile]) => profile.id)).size).toBe(90);
});

describe.each(profiles)("%s", (file, profile) => {
  test("is named after its id and lies with its kind", () => {
    expect(file).toBe(`${profile.kind}s/${basename(file)}`);
    expect(basename(file, ".yaml")).toBe(profile.id);
  });

  test("says where its numbers come from and how sure they are", () => {
    expect(profile.sources.every((source) => source.length > 3)).toBe(true);
    // One source does not make several; a vendor's document is one.
    if (profile.evidence === "multi" || profile.evidence === "vendor-doc+multi") {
      expect(profile.sources.length).toBeGreaterThanOrEqual(2);
    }
  });
});

test("the published JSON Schema is that of the code (else run scripts/write-schemas.mjs)", () => {
  const published: unknown = JSON.parse(readFileSync(join(FOLDER, "..", "schemas", "profile.schema.json"), "utf8"));
  expect(published).toEqual(JSON.parse(JSON.stringify(profileJsonSchema())));
});
