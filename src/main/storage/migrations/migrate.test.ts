import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { migrate } from "./migrate.ts";

const FIRST = "CREATE TABLE card (id TEXT) STRICT; INSERT INTO card VALUES ('old');";
const SECOND = "ALTER TABLE card ADD COLUMN name TEXT; UPDATE card SET name = 'new';";

function fileOfVersionOne(): { db: Database.Database; file: string } {
  const folder = mkdtempSync(join(tmpdir(), "chargehand-migrate-"));
  const file = join(folder, "data.sqlite");
  const db = new Database(file);
  onTestFinished(() => {
    db.close();
    rmSync(folder, { recursive: true, force: true });
  });
  db.pragma("journal_mode = WAL");
  migrate(db, [FIRST]);
  return { db, file };
}

test("an older file is copied as it was, then brought up to date, once", () => {
  const { db, file } = fileOfVersionOne();
  migrate(db, [FIRST, SECOND]);
  migrate(db, [FIRST, SECOND]);
  expect(db.prepare("SELECT * FROM card").all()).toEqual([{ id: "old", name: "new" }]);
  const copy = new Database(`${file}.v1`, { readonly: true });
  expect(copy.prepare("SELECT * FROM card").all()).toEqual([{ id: "old" }]);
  expect(copy.pragma("user_version", { simple: true })).toBe(1);
  copy.close();
});

test("a step that fails leaves the version before it whole", () => {
  const { db } = fileOfVersionOne();
  expect(() => {
    migrate(db, [FIRST, `${SECOND} SELECT nonsense;`]);
  }).toThrow(/nonsense/u);
  expect(db.prepare("SELECT * FROM card").all()).toEqual([{ id: "old" }]);
  expect(db.pragma("user_version", { simple: true })).toBe(1);
});
