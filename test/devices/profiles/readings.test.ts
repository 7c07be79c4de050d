import { globSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { loadAnyProfile, ourUnitOf, toCanonical } from "../../../src/main/devices/profile/index.ts";
import { canonicalReadings } from "../../../src/main/finding/canonical-readings.ts";
import { PROFILE_FOLDERS } from "../../protocol/modbus/bench.ts";

const [FOLDER = ""] = PROFILE_FOLDERS;
const profiles = globSync("*/*.yaml", { cwd: FOLDER }).flatMap((file) => {
  const loaded = loadAnyProfile(basename(file, ".yaml"), PROFILE_FOLDERS);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.profile.driver === "modbus" ? [loaded.profile] : [];
});

describe("what a device shows is named with the unit it is in", () => {
  test.each(profiles.map((profile) => [profile.id, profile] as const))("%s", (_, profile) => {
    const names = profile.registers.flatMap((register) => register.what);
    const quantities = names.filter((what) => ourUnitOf(what) !== null);
    const unitOf = new Map(profile.registers.flatMap(({ what, unit }) => what.map((name) => [name, unit] as const)));
    const shown = (what: string): ReturnType<typeof toCanonical> => toCanonical(what, 7, unitOf.get(what));
    const readings = canonicalReadings(profile, quantities, shown);
    for (const name of Object.keys(readings)) if (name !== "state") expect(name).toMatch(/_(?:mA|mV|W|Wh)$/u);
  });

  test("a phase that the answer lacks leaves no sum of the others", () => {
    const loaded = loadAnyProfile("shelly-3em-gen1", PROFILE_FOLDERS);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const readings = (...names: string[]) =>
      canonicalReadings(loaded.profile, names, (what) => (names.includes(what) ? 100 : null));
    expect(readings("power_l1", "power_l2")).toMatchObject({ power_W: null, power_phases_W: [100, 100, null] });
    expect(readings("power_l1", "power_l2", "power_l3")).toMatchObject({ power_W: 300 });
  });

  test("a current of no phase is in milliamperes too, and no array of phases", () => {
    const delta = profiles.find(({ id }) => id === "delta-ac-max");
    if (delta === undefined) throw new Error("no such profile");
    expect(canonicalReadings(delta, ["current"], () => 16_000)).toMatchObject({ current_common_mA: 16_000 });
  });
});
