import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  decodeRegister,
  encodeRegister,
  fromCanonical,
  parseAnyProfile,
  profileJsonSchema,
  toCanonical,
  type AnyProfile,
} from "../../../src/main/devices/profile/index.ts";
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

describe.each(profiles)("%s", (_, profile) => {
  test("paces its device within what wires and cars can bear", () => {
    if (!("limits" in profile)) return;
    const { min_gap_ms, min_poll_ms = 0, min_write_ms, timeout_ms = 1_000 } = profile.limits;
    expect(min_gap_ms).toBeLessThanOrEqual(1_000);
    expect(min_poll_ms).toBeLessThanOrEqual(60_000);
    expect(min_write_ms).toBeLessThanOrEqual(10_000);
    expect(timeout_ms).toBeLessThanOrEqual(10_000);
  });

  test("says what a charger does when it hears nothing, or that nobody knows", () => {
    if (profile.kind === "charger") expect("failsafe" in profile ? profile.failsafe?.feed : undefined).toBeDefined();
  });

  test("offers no more than boxes of this kind can carry, and nothing between none and 6 A", () => {
    if (profile.driver !== "modbus") return;
    const { set_current: setter } = profile.control ?? {};
    if (setter === undefined) return;
    expect(setter.min).toBeGreaterThanOrEqual(6);
    expect(setter.max).toBeLessThanOrEqual(80);
    expect(setter.unit).toBe("A");
  });

  test("writes only with function codes its device knows", () => {
    if (profile.driver !== "modbus") return;
    const { write_fcs = [5, 6, 15, 16], read_fcs = [1, 2, 3, 4] } = profile.limits;
    const { set_current, set_power, enable, phases } = profile.control ?? {};
    for (const one of [set_current, set_power, enable, phases])
      if (one !== undefined) expect(write_fcs).toContain(one.fc);
    for (const register of profile.registers) expect(read_fcs).toContain(register.fc);
  });

  test("every number it can show survives encoding and decoding", () => {
    if (profile.driver !== "modbus") return;
    for (const register of profile.registers) {
      const [what = ""] = register.what;
      const factor = { A: 1, V: 1, W: 1, Wh: 1 }[register.unit ?? ""];
      if (
        factor === undefined ||
        typeof decodeRegister(profile, register, encodeRegister(profile, register, 5)) !== "number"
      )
        continue;
      const shown = decodeRegister(
        profile,
        register,
        encodeRegister(profile, register, fromCanonical(what, 5_000, register.unit)),
      );
      const back = toCanonical(what, shown, register.unit);
      if (back !== null)
        expect(Math.abs(Number(back) - 5_000), what).toBeLessThanOrEqual(500 * Math.abs(register.scale ?? 1) + 1);
    }
  });
});

test("the published JSON Schema is that of the code (else run scripts/write-schemas.mjs)", () => {
  const published: unknown = JSON.parse(readFileSync(join(FOLDER, "..", "schemas", "profile.schema.json"), "utf8"));
  expect(published).toEqual(JSON.parse(JSON.stringify(profileJsonSchema())));
});
