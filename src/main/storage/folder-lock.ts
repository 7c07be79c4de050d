import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { z } from "zod";

// One data folder, one writer. The lock is the operating system's own lock on a second SQLite file, so it dies with
// the process that holds it, however it died. The note beside it only says who that is. Never open the lock file with
// anything but SQLite in this process: POSIX drops a process's locks when it closes any descriptor of the file.

export const LOCK_FILE = "chargehand.lock";
const NOTE_FILE = "chargehand.lock.json";

const noteSchema = z.object({ pid: z.int().min(1), at_ms: z.int() });

export type FolderLock =
  { readonly held: true; readonly release: () => void } | { readonly held: false; readonly pid: number | null };

/** Takes the folder's lock at once or says which process has it. Throws SqliteError when the folder cannot be written. */
export function lockFolder(folder: string, at_ms: number): FolderLock {
  const lock = new Database(join(folder, LOCK_FILE), { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")) {
      return { held: false, pid: holderOf(folder) };
    }
    throw error;
  }
  const note = join(folder, NOTE_FILE);
  writeFileSync(note, JSON.stringify({ pid: process.pid, at_ms }));
  return {
    held: true,
    release: () => {
      // The note goes first: while it is gone the lock is still ours, so nobody's newer note can be removed.
      rmSync(note, { force: true });
      lock.close();
    },
  };
}

function holderOf(folder: string): number | null {
  try {
    return noteSchema.parse(JSON.parse(readFileSync(join(folder, NOTE_FILE), "utf8"))).pid;
  } catch {
    // The holder has taken the lock and not written its note yet, or has just removed it: then nobody's pid is known.
    return null;
  }
}
