import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { loadProfile, parseProfile } from "./load-profile.ts";
import type { DeviceProfile } from "./profile-schema.ts";
import { toCanonical } from "./quantities.ts";
import { decodeRegister, encodeRegister } from "./register-values.ts";

const RESOURCES = fileURLToPath(new URL("../../../../resources/devices", import.meta.url));

function load(id: string): DeviceProfile {
  const loaded = loadProfile(id, [RESOURCES]);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.profile;
}
const text = readFileSync(join(RESOURCES, "chargers", "heidelberg-energy-control.yaml"), "utf8");
/** Each problem as "line field: expected". */
const problemsOf = (source: string): string => {
  const loaded = parseProfile(source, "box.yaml");
  const problems = loaded.ok ? [] : loaded.problems;
  return problems.map((one) => `${one.file}:${String(one.line)} ${one.field}: ${one.expected}`).join("\n");
};

describe("a wrong profile names line, field and what belongs there", () => {
  test("a register without an address", () => {
    const wrong = text.replace(
      "{what: state, fc: 4, address: 5, type: u16, poll: fast}",
      "{what: state, fc: 4, type: u16}",
    );
    expect(problemsOf(wrong)).toMatch(/^box\.yaml:15 registers\.1\.address: .*number/u);
  });

  test("a field nobody knows", () => {
    expect(problemsOf(text.replace("max_gap: 0", "max_gap: 0, max_gaap: 1"))).toMatch(
      /^box\.yaml:12 limits\.max_gaap: .*max_gaap/u,
    );
  });

  test("a state that is not one of ours", () => {
    expect(problemsOf(text.replace("7: {s: charging", "7: {s: loading"))).toMatch(
      /^box\.yaml:33 enums\.state\.7\.s: .*charging/u,
    );
  });

  test("a value wider than the device lets us read", () => {
    const problems = problemsOf(text.replace("max_read: 15", "max_read: 1"));
    expect(problems).toContain("registers.7.type: at most max_read = 1 registers per value");
  });

  test("text that is no YAML", () => {
    expect(problemsOf("schema: 1\n  id: [")).toMatch(/^box\.yaml:1 : valid YAML/u);
  });

  test("an id that leads out of the folder, or to no file", () => {
    expect(loadProfile("../../etc/passwd", [RESOURCES]).ok).toBe(false);
    expect(loadProfile("no-such-box", [RESOURCES]).ok).toBe(false);
  });
});

describe("values", () => {
  const heidelberg = load("heidelberg-energy-control");
  const alfen = load("alfen-eve");
  const abb = load("abb-terra-ac");
  const register = (profile: DeviceProfile, what: string): DeviceProfile["registers"][number] => {
    const found = profile.registers.find((one) => one.what.includes(what));
    if (found === undefined) throw new Error(what);
    return found;
  };

  test("16.1 A in tenths become 16100 mA, without a trace of binary fractions", () => {
    const shown = decodeRegister(heidelberg, register(heidelberg, "current_l1"), [161]);
    expect(toCanonical("current_l1", shown, "A")).toBe(16_100);
  });

  test("a state hidden in the second byte of four is found", () => {
    expect(decodeRegister(abb, register(abb, "state"), [0x0000, 0x8400])).toBe(4);
  });

  test("a state given as text stays text", () => {
    expect(decodeRegister(alfen, register(alfen, "state"), [0x4332, 0, 0, 0, 0])).toBe("C2");
  });

  test("NaN, 300 V, negative energy and unknown units are no value", () => {
    const voltage = register(alfen, "voltage_l1");
    expect(decodeRegister(alfen, voltage, [0x7fc0, 0])).toBeNull();
    expect(toCanonical("voltage_l1", 300, "V")).toBeNull();
    expect(toCanonical("energy_import", -1, "Wh")).toBeNull();
    expect(toCanonical("power", 5, "furlong")).toBeNull();
    expect(toCanonical("current_l1", "16", "A")).toBeNull();
  });

  test("a sentinel of the profile is no value", () => {
    const sentinel = { ...register(heidelberg, "power"), invalid: [65_535] };
    expect(decodeRegister(heidelberg, sentinel, [65_535])).toBeNull();
    expect(decodeRegister(heidelberg, sentinel, [65_534])).toBe(65_534);
  });
});

test("a field of bits in registers is shown whole, as its words say it", () => {
  const bender = load("bender-cc");
  const errors = bender.registers.find(({ what }) => what.includes("errors"));
  if (errors === undefined) throw new Error("no such register");
  const words = [0x8000, 0, 0, 0x0001, 0, 0, 0, 0xf00f];
  expect(decodeRegister(bender, errors, words)).toBe("8000000000000001000000000000f00f");
  expect(encodeRegister(bender, errors, "8000000000000001000000000000f00f")).toEqual(words);
});
