import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { epochMs } from "../../src/core/units/index.ts";
import { checkDataFolder, openDataFolder } from "../../src/main/storage/index.ts";
import { filter, MORNING, opened, temporaryFolder } from "./fixtures.ts";

const now_ms = (): number => MORNING;

type Line = { open?: boolean; pid?: number; code?: string; message?: string; id?: string; register_Wh?: number };
const lineSchema: z.ZodType<Line> = z.object({
  open: z.boolean().exactOptional(),
  pid: z.number().exactOptional(),
  code: z.string().exactOptional(),
  message: z.string().exactOptional(),
  id: z.string().exactOptional(),
  register_Wh: z.number().exactOptional(),
});

function child(
  mode: "hold" | "write",
  folder: string,
): { process: ChildProcess; lines: AsyncIterator<string>; kill: () => Promise<void> } {
  const process_ = spawn(process.execPath, [fileURLToPath(new URL("./child.ts", import.meta.url)), mode, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const kill = async (): Promise<void> => {
    if (process_.exitCode !== null || process_.signalCode !== null) return;
    process_.kill("SIGKILL");
    await once(process_, "exit");
  };
  onTestFinished(kill);
  return { process: process_, lines: createInterface({ input: process_.stdout })[Symbol.asyncIterator](), kill };
}

async function next(lines: AsyncIterator<string>): Promise<Line | null> {
  const line = await lines.next();
  return line.done === true ? null : lineSchema.parse(JSON.parse(line.value));
}

test("after kill -9 in the middle of 20 sessions every fact that was acknowledged is there, once", async () => {
  const folder = temporaryFolder();
  const writer = child("write", folder);
  expect(await next(writer.lines)).toMatchObject({ open: true });
  const acknowledged = new Map<string, number[]>();
  const take = (line: Line | null): void => {
    if (line?.id === undefined || line.register_Wh === undefined) return;
    acknowledged.set(line.id, [...(acknowledged.get(line.id) ?? []), line.register_Wh]);
  };
  for (let count = 0; count < 300; count += 1) take(await next(writer.lines));
  await writer.kill();
  // What it had said before it died counts as well.
  for (let line = await next(writer.lines); line !== null; line = await next(writer.lines)) take(line);

  const { stores } = opened(folder);
  const running = new Map(stores.sessions.running().map((session) => [session.opened.id, session]));
  expect(running.size).toBe(20);
  for (const [id, registers] of acknowledged) {
    const session = running.get(id);
    const stored = [session?.opened.start_Wh, ...(session?.registers.map((sample) => sample.register_Wh) ?? [])];
    expect(stored.slice(0, registers.length)).toEqual(registers);
    // At most the one write that was under way when it was killed.
    expect(stored.length - registers.length).toBeLessThanOrEqual(1);
  }
  expect(stores.sessions.totals(filter({ state: "running" })).sessions).toBe(20);
  expect(checkDataFolder(folder)).toEqual([]);
});

test("a second process on one folder is refused with the folder and the pid, and takes over when the first was killed", async () => {
  const folder = temporaryFolder();
  const holder = child("hold", folder);
  const first = await next(holder.lines);
  const refused = openDataFolder(folder, { now_ms });
  expect(refused).toMatchObject({ ok: false, code: "locked" });
  if (refused.ok) return;
  expect(refused.message).toContain(folder);
  expect(refused.message).toContain(`pid ${String(first?.pid)}`);
  await holder.kill();
  expect(opened(folder).ok).toBe(true);
});

test("this process holds its folder against others, and a closed one is free at once", async () => {
  const folder = temporaryFolder();
  const mine = opened(folder);
  expect(await next(child("hold", folder).lines)).toMatchObject({ open: false, code: "locked" });
  // Also against ourselves: the window must not open what the engine has.
  expect(openDataFolder(folder, { now_ms })).toMatchObject({ ok: false, code: "locked" });
  mine.close();
  expect(await next(child("hold", folder).lines)).toMatchObject({ open: true });
});

test("reading works beside a site that runs, and after it was killed", async () => {
  const folder = temporaryFolder();
  const writer = child("write", folder);
  for (let count = 0; count < 50; count += 1) await next(writer.lines);
  const beside = opened(folder, true);
  expect(beside.stores.sessions.running()).toHaveLength(20);
  expect(() => {
    beside.stores.sessions.nextTransactionId(epochMs(MORNING));
  }).toThrow(/readonly/u);
  beside.close();
  await writer.kill();
  expect(opened(folder, true).stores.sessions.running()).toHaveLength(20);
});

test("a folder without data cannot be read and is not made", () => {
  const folder = join(temporaryFolder(), "nothing");
  expect(openDataFolder(folder, { now_ms, readOnly: true })).toMatchObject({ ok: false, code: "unwritable" });
  expect(existsSync(folder)).toBe(false);
});

test("data of a newer version is left alone and said to be so", () => {
  const folder = temporaryFolder();
  opened(folder).close();
  const db = new Database(join(folder, "chargehand.sqlite"));
  db.pragma("user_version = 99");
  db.close();
  expect(openDataFolder(folder, { now_ms })).toMatchObject({ ok: false, code: "too-new" });
  expect(openDataFolder(folder, { now_ms, readOnly: true })).toMatchObject({ ok: false, code: "too-new" });
});

test("a damaged or foreign file is told and kept", () => {
  const folder = temporaryFolder();
  const file = join(folder, "chargehand.sqlite");
  writeFileSync(file, "no database at all, but long enough to be one".repeat(100));
  expect(openDataFolder(folder, { now_ms })).toMatchObject({ ok: false, code: "corrupt" });
  writeFileSync(file, "");
  const foreign = new Database(file);
  foreign.exec("CREATE TABLE recipes (name TEXT)");
  foreign.close();
  expect(openDataFolder(folder, { now_ms })).toMatchObject({ ok: false, code: "corrupt" });
  // Nothing stays locked by the refusal.
  expect(openDataFolder(folder, { now_ms })).toMatchObject({ ok: false, code: "corrupt" });
});

test("a path that is no folder cannot be used", () => {
  const file = join(temporaryFolder(), "file");
  writeFileSync(file, "");
  expect(openDataFolder(file, { now_ms })).toMatchObject({ ok: false, code: "unwritable" });
  expect(openDataFolder(join(file, "below"), { now_ms })).toMatchObject({ ok: false, code: "unwritable" });
});
