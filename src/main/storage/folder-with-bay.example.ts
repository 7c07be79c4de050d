import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { onTestFinished } from "vitest";
import { openDataFolder } from "./open-folder.ts";
import type { Stores } from "./types.ts";

/** An open folder with one station, P01, and where its file is; both are gone after the test. */
export function folderWithBay(): { readonly stores: Stores; readonly file: string } {
  const path = mkdtempSync(join(tmpdir(), "chargehand-store-"));
  const folder = openDataFolder(path, { now_ms: () => 0 });
  if (!folder.ok) throw new Error(folder.message);
  onTestFinished(() => {
    folder.close();
    rmSync(path, { recursive: true, force: true });
  });
  const file = join(path, "chargehand.sqlite");
  const db = new Database(file);
  db.prepare("INSERT INTO station (id, name) VALUES ('P01', 'Bay 1')").run();
  db.close();
  return { stores: folder.stores, file };
}
