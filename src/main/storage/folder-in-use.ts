import { existsSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { LOCK_FILE } from "./folder-lock.ts";

/**
 * Whether a site runs on this folder right now; nothing is written or made. Throws SqliteError when the folder's lock
 * cannot be read.
 */
export function isFolderInUse(folder: string): boolean {
  const file = join(folder, LOCK_FILE);
  if (!existsSync(file)) return false;
  const lock = new Database(file, { timeout: 0, readonly: true, fileMustExist: true });
  try {
    // Whoever runs the site holds this file exclusively, which shuts out readers.
    lock.prepare("SELECT count(*) FROM sqlite_master").get();
    return false;
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")) return true;
    throw error;
  } finally {
    lock.close();
  }
}
