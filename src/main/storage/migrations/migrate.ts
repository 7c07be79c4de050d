import { existsSync } from "node:fs";
import type Database from "better-sqlite3";
import { FIRST } from "./0001-first.ts";
import { DEVICE_FACTS } from "./0002-device-facts.ts";
import { SIGNALS } from "./0003-signals.ts";
import { QUEUE_AND_NEED } from "./0004-queue-and-need.ts";
import { OWNER_WISHES } from "./0005-owner-wishes.ts";
import { PHASE_TRUTH } from "./0007-phase-truth.ts";
import { COMMISSIONING } from "./0008-commissioning.ts";
import { DECLARED_AND_CARS } from "./0009-declared-and-cars.ts";
import { OCPP_SECURITY } from "./0010-ocpp-security.ts";
import { OCPP_RECORD } from "./0011-ocpp-record.ts";

/** Forward only, in order; the place in the list is the version. */
const MIGRATIONS: readonly string[] = [
  FIRST,
  DEVICE_FACTS,
  OWNER_WISHES,
  QUEUE_AND_NEED,
  PHASE_TRUTH,
  SIGNALS,
  COMMISSIONING,
  DECLARED_AND_CARS,
  OCPP_SECURITY,
  OCPP_RECORD,
];

const SCHEMA_VERSION = MIGRATIONS.length;

/** "Chgh": tells our file from any other SQLite file that somebody put in its place. */
const APPLICATION_ID = 0x43_68_67_68;

type SchemaState = "empty" | "current" | "older" | "newer" | "foreign";

/** Which schema the file holds, without changing it. */
export function schemaState(db: Database.Database): SchemaState {
  const version = db.pragma("user_version", { simple: true });
  const owner = db.pragma("application_id", { simple: true });
  if (typeof version !== "number" || typeof owner !== "number") return "foreign";
  const tables = db.prepare<[], { count: number }>("SELECT count(*) AS count FROM sqlite_schema").get()?.count ?? 0;
  if (version === 0 && owner === 0 && tables === 0) return "empty";
  if (owner !== APPLICATION_ID) return "foreign";
  if (version > SCHEMA_VERSION) return "newer";
  return version < SCHEMA_VERSION ? "older" : "current";
}

/**
 * Brings a file of ours to the newest schema, each step in its own transaction, so a crash leaves a whole version behind.
 * A file of an older version is copied beside itself first (`<file>.v<version>`), unless that copy exists already.
 */
export function migrate(db: Database.Database, migrations: readonly string[] = MIGRATIONS): void {
  const from = Number(db.pragma("user_version", { simple: true }));
  const copy = `${db.name}.v${String(from)}`;
  if (from > 0 && from < migrations.length && !existsSync(copy)) db.prepare("VACUUM INTO ?").run(copy);
  migrations.slice(from).forEach((sql, index) => {
    db.transaction(() => {
      db.exec(sql);
      db.pragma(`application_id = ${String(APPLICATION_ID)}`);
      db.pragma(`user_version = ${String(from + index + 1)}`);
    }).immediate();
  });
}
