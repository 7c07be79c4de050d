import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { doctor } from "../../../src/main/commands/doctor.ts";
import { loadAnyProfile } from "../../../src/main/devices/profile/index.ts";
import { PROFILE_FOLDERS } from "../../protocol/modbus/bench.ts";

const [FOLDER = ""] = PROFILE_FOLDERS;
const folder = mkdtempSync(join(tmpdir(), "profile-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function check(name: string, source: string | null): Promise<{ code: number; said: unknown; words: string }> {
  const file = join(folder, name);
  if (source !== null) writeFileSync(file, source);
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
      said: { ok: true, id: "my-box", driver: "modbus", problems: [] },
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
    ["a field nobody knows", "max_gap: 0", "max_gaap: 0", /:12 limits: .*max_gaap/u],
  ])("%s is told with line, field and what belongs there", async (_, right, wrong, expected) => {
    const source = own.replace(right, wrong);
    const changed = source.split("\n").findIndex((line, i) => line !== own.split("\n")[i]) + 1;
    const { code, said, words } = await check("my-box.yaml", source);
    expect(code).toBe(1);
    expect(said).toMatchObject({ ok: false });
    expect(words).toMatch(expected);
    expect(words).toContain(`my-box.yaml:${String(changed)} `);
  });

  test("a file under another name than its id, no file at all, and no name", async () => {
    expect(await check("other.yaml", own)).toMatchObject({ code: 1, said: { problems: [{ line: 2, field: "id" }] } });
    expect(await check("absent.yaml", null)).toMatchObject({ code: 2, said: null });
    const io = { stdout: { write: () => true }, stderr: { write: () => true } };
    expect(await doctor(["profile"], { ...io, resources: "", stop: new AbortController().signal })).toBe(2);
  });
});
