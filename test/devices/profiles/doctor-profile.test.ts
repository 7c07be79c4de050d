import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { doctor } from "../../../src/main/commands/doctor.ts";
import { loadAnyProfile, toCanonical } from "../../../src/main/devices/profile/index.ts";
import { PROFILE_FOLDERS } from "../../protocol/modbus/bench.ts";

const [FOLDER = ""] = PROFILE_FOLDERS;
const folder = mkdtempSync(join(tmpdir(), "profile-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function check(name: string, source: string | null): Promise<{ code: number; said: unknown; words: string }> {
  const file = join(folder, name);
  if (source !== null) writeFileSync(file, source);
  return checkFile(file);
}

async function checkFile(file: string): ReturnType<typeof check> {
  let stdout = "";
  let words = "";
  const code = await doctor(["profile", file], {
    resources: join(FOLDER, ".."),
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (words += text) },
    stop: new AbortController().signal,
  });
  return { code, said: stdout === "" ? null : JSON.parse(stdout), words };
}

const heidelberg = readFileSync(join(FOLDER, "chargers", "heidelberg-energy-control.yaml"), "utf8");
const own = heidelberg.replace("id: heidelberg-energy-control", "id: my-box");

describe("chargehand doctor profile", () => {
  test("accepts an owner's own file, which then wins over the app's", async () => {
    expect(await check("my-box.yaml", own)).toMatchObject({
      code: 0,
      said: { ok: true, id: "my-box", driver: "modbus", replacesBuiltIn: false, problems: [] },
    });
    writeFileSync(
      join(folder, "heidelberg-energy-control.yaml"),
      heidelberg.replace("timeout_ms: 1000", "timeout_ms: 700"),
    );
    expect(loadAnyProfile("heidelberg-energy-control", [folder, FOLDER])).toMatchObject({
      profile: { limits: { timeout_ms: 700 } },
    });
  });

  test.each([
    ["a misspelt value", "what: current_limit,", "what: curent_limit,", /:\d+ registers\.11\.what: one of our names/u],
    [
      "a value inside another",
      "fc: 4, address: 17,",
      "fc: 4, address: 16,",
      /registers\.8\.address: .*no other value/u,
    ],
    ["a condition over nothing", "poll: fast, note: apparent", "when: 'rev >= 2', note: apparent", /\.6\.when: .*rev/u],
    ["a field nobody knows", "max_gap: 0", "max_gaap: 0", /:12 limits\.max_gaap: .*max_gaap/u],
  ])("%s is told with line, field and what belongs there", async (_, right, wrong, expected) => {
    const source = own.replace(right, wrong);
    const changed = source.split("\n").findIndex((line, i) => line !== own.split("\n")[i]) + 1;
    const { code, said, words } = await check("my-box.yaml", source);
    expect(code).toBe(1);
    expect(said).toMatchObject({ ok: false });
    expect(words).toMatch(expected);
    expect(words).toContain(`my-box.yaml:${String(changed)} `);
  });

  test.each([
    ["an alias of nothing", (text: string) => text.replace(/^vendor: .*/mu, "vendor: *nobody"), /:4 : .*alias/u],
    ["aliases that multiply", (text: string) => `${text}config: &a [*a, *a]\n`, /:59 : .*alias/u],
    ["another encoding", (text: string) => text.replace("vendor: ", "vendor: \uFFFD"), /:4 : .*UTF-8/u],
    ["a text of another kind", () => "x: 1\n".repeat(40_000), /:1 : at most 100000 characters/u],
    ["a list of nonsense", () => `registers:\n${"  - {}\n".repeat(2_000)}`, /driver/u],
    [
      "an unknown unit",
      (text: string) => text.replace("scale: 0.1, unit: A, poll", "unit: furlong, poll"),
      /:16 .*unit.*A, mA/u,
    ],
    [
      "a name twice",
      (text: string) => text.replace("what: ext_lock", "what: power"),
      /:20 registers\.6\.what: power only/u,
    ],
    [
      "limits upside down",
      (text: string) => text.replace("min: 6, max: 16", "min: 16, max: 6"),
      /:42 .*max: at least min/u,
    ],
    ["more than an outlet has", (text: string) => text.replace("max: 16", "max: 1600"), /:42 .*max: amperes, at most/u],
    [
      "a type too small for the limit",
      (text: string) => text.replace("scale: 0.1, unit: A, min", "scale: 0.0001, unit: A, min"),
      /:42 .*type: .*holds 16 A/u,
    ],
    [
      "a pause that does nothing",
      (text: string) => text.replace("pause: {write_limit: 0}", "pause: {}"),
      /:43 control\.pause/u,
    ],
    ["no word on the fail-safe", (text: string) => text.replace(/^failsafe:\n(?: {2}.*\n)*/mu, ""), /failsafe: feed/u],
    ["a heartbeat unsaid", (text: string) => text.replace("any_request", "heartbeat_write"), /failsafe\.heartbeat/u],
    ["values of each other", (text: string) => `${text}derived: {soc: rfid + 1, rfid: soc + 1}\n`, /:59 derived\.soc/u],
    [
      "phases in a bit without a meaning",
      (text: string) => text.replace("  pause:", "  phases: {fc: 6, address: 500, bit: 0}\n  pause:"),
      /control\.phases.*what to write for each number of phases/u,
    ],
    [
      "phases a bit cannot say",
      (text: string) =>
        text.replace("  pause:", "  phases: {fc: 6, address: 500, bit: 0, values: {1: 0, 3: 2}}\n  pause:"),
      /control\.phases.*0 or 1/u,
    ],
    ["no serial line", (text: string) => text.replace(/^ {2}rtu: .*\n/mu, ""), /transport: rtu/u],
    ["a unit id outside", (text: string) => text.replace("default: 1, min: 1", "default: 1, min: 5"), /:11 .*unit_id/u],
  ])("%s is told in words, and a list of mistakes ends somewhere", async (_, broken, expected) => {
    const source = broken(own);
    expect(source).not.toBe(own);
    const { code, words } = await check("my-box.yaml", source);
    expect(code).toBe(1);
    expect(words).toMatch(expected);
    expect(words.split("\n").length).toBeLessThan(60);
  });

  test.each([
    ["fewer paths than names", "'emeters[1].power', ", "", /:12 readings\.0\.path: as many as there are names: 3/u],
    ["fewer flags than names", "'emeters[1].is_valid', ", "", /:12 readings\.0\.valid: as many .*: 3/u],
    ["a unit of something else", "unit: W,", "unit: V,", /:12 readings\.0\.unit: a unit of power_l1: W/u],
    ["a name twice", "[power_l1, power_l2,", "[power_l1, power_l1,", /:12 readings\.0\.what: every name once/u],
  ])("of a device on HTTP %s is told with line and field", async (_, right, wrong, expected) => {
    const shelly = readFileSync(join(FOLDER, "meters", "shelly-3em-gen1.yaml"), "utf8");
    const source = shelly.replace("id: shelly-3em-gen1", "id: my-meter").replace(right, wrong);
    const { code, words } = await check("my-meter.yaml", source);
    expect(code).toBe(1);
    expect(words).toMatch(expected);
  });

  test("a session's energy in watt-seconds is one in watt-hours", () => {
    expect(toCanonical("energy_session", 36_000, "Ws")).toBe(10);
  });

  test("a file that will stand for one of the app's own says so, the app's own and a new one do not", async () => {
    const replacing = await check("heidelberg-energy-control.yaml", heidelberg);
    expect(replacing).toMatchObject({ code: 0, said: { ok: true, replacesBuiltIn: true } });
    expect(replacing.words).toMatch(/heidelberg-energy-control\.yaml: .*instead of the app's own/u);
    const added = await check("my-box.yaml", own);
    expect(added).toMatchObject({ code: 0, said: { ok: true, replacesBuiltIn: false }, words: "" });
    const builtIn = await checkFile(join(FOLDER, "chargers", "heidelberg-energy-control.yaml"));
    expect(builtIn).toMatchObject({ code: 0, said: { ok: true, replacesBuiltIn: false }, words: "" });
  });

  test.each([100_001, 400_001, 1_000_001, 5_000_000])(
    "a file of %i characters is too large, and how much may be",
    async (size) => {
      const { code, said, words } = await check("my-box.yaml", own.padEnd(size, "#"));
      expect(code).toBe(1);
      expect(said).toMatchObject({ ok: false, problems: [{ expected: "at most 100000 characters" }] });
      expect(words).toContain("at most 100000 characters");
      expect(words).not.toContain("MB");
    },
  );

  test("a file under another name than its id, no file at all, and no name", async () => {
    expect(await check("other.yaml", own)).toMatchObject({ code: 1, said: { problems: [{ line: 2, field: "id" }] } });
    expect(await check("absent.yaml", null)).toMatchObject({ code: 2, said: null });
    const io = { stdout: { write: () => true }, stderr: { write: () => true } };
    expect(await doctor(["profile"], { ...io, resources: "", stop: new AbortController().signal })).toBe(2);
  });
});
