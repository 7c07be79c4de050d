import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { epochMs, type EpochMs } from "../../core/units/index.ts";
import { alertStore } from "./alert-store.ts";
import { carStore } from "./car-store.ts";
import { commissioningStore } from "./commissioning-store.ts";
import { type Connection, connectionOf } from "./connection.ts";
import { customerStore } from "./customer-store.ts";
import { evidenceStore } from "./evidence-store.ts";
import { type FolderLock, lockFolder } from "./folder-lock.ts";
import { grantStore } from "./grant-store.ts";
import { historyStore, latestInHistory } from "./history-store.ts";
import { brokenInvoices, invoiceStore } from "./invoice-store.ts";
import { migrate, schemaState } from "./migrations/migrate.ts";
import { ocppRecordStore } from "./ocpp-record-store.ts";
import { ocppStore } from "./ocpp-store.ts";
import { phaseStore } from "./phase-store.ts";
import { sellerStore } from "./seller-store.ts";
import { latestInSessions, sessionStore } from "./session-store.ts";
import { siteStore } from "./site-store.ts";
import { stationLogStore } from "./station-log-store.ts";
import { tariffStore } from "./tariff-store.ts";
import type { OpenedFolder, OpenFailure, Stores } from "./types.ts";
import { wishStore } from "./wish-store.ts";

/** Everything a site knows, in one file. */
const DATABASE_FILE = "chargehand.sqlite";

/** A reader may meet the moment in which the writer restarts its log. */
const BUSY_TIMEOUT_ms = 5_000;
/** About 32 MB; negative numbers are KiB. */
const CACHE_KiB = -32_000;

export type OpenOptions = {
  readonly now_ms: () => number;
  /** Reads beside a running site: no lock is taken, nothing is written. */
  readonly readOnly?: boolean;
};

/**
 * Opens a data folder, makes it when it is new, and brings an older one up to date (keeping a copy). Until `close` no
 * other process can open it for writing; a folder whose process was killed opens as if nothing had been.
 */
export function openDataFolder(folder: string, options: OpenOptions): OpenedFolder | OpenFailure {
  let lock: FolderLock | null = null;
  try {
    if (options.readOnly === true) return openToRead(folder);
    mkdirSync(folder, { recursive: true });
    lock = lockFolder(folder, options.now_ms());
    if (!lock.held) return lockedBy(folder, lock.pid);
    const opened = openToWrite(folder, lock.release);
    if (!opened.ok) lock.release();
    return opened;
  } catch (error) {
    if (lock?.held === true) lock.release();
    const failure = toFailure(folder, error);
    if (failure === null) throw error;
    return failure;
  }
}

function openToWrite(folder: string, release: () => void): OpenedFolder | OpenFailure {
  const db = new Database(join(folder, DATABASE_FILE), { timeout: BUSY_TIMEOUT_ms });
  try {
    const refused = schemaFailure(folder, db);
    if (refused !== null) {
      db.close();
      return refused;
    }
    db.pragma("journal_mode = WAL");
    // With WAL only FULL puts every commit on the disk before the call returns.
    db.pragma("synchronous = FULL");
    setUp(db);
    migrate(db);
  } catch (error) {
    db.close();
    throw error;
  }
  return opened(db, release);
}

function openToRead(folder: string): OpenedFolder | OpenFailure {
  const file = join(folder, DATABASE_FILE);
  if (!existsSync(file)) {
    return { ok: false, code: "unwritable", message: `There is no Chargehand data in ${folder}. Check the path.` };
  }
  const db = new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_ms });
  const state = schemaState(db);
  const refused = schemaFailure(folder, db);
  if (refused !== null || state !== "current") {
    db.close();
    const message = `The data in ${folder} is of an older version. Start the site once with this version, then try again.`;
    return refused ?? { ok: false, code: "unwritable", message };
  }
  setUp(db);
  return opened(db, () => undefined);
}

function setUp(db: Database.Database): void {
  db.pragma("foreign_keys = ON");
  db.pragma("trusted_schema = OFF");
  db.pragma(`cache_size = ${String(CACHE_KiB)}`);
}

function opened(db: Database.Database, release: () => void): OpenedFolder {
  const connection = connectionOf(db);
  let open = true;
  return {
    ok: true,
    stores: storesOn(connection),
    latest_ms: latest(connection),
    transaction: connection.transaction,
    close: () => {
      if (!open) return;
      open = false;
      db.close();
      release();
    },
  };
}

const storesOn = (db: Connection): Stores => ({
  site: siteStore(db),
  sessions: sessionStore(db),
  tariffs: tariffStore(db),
  customers: customerStore(db),
  invoices: invoiceStore(db),
  seller: sellerStore(db),
  history: historyStore(db),
  grants: grantStore(db),
  stationLog: stationLogStore(db),
  alerts: alertStore(db),
  ocpp: ocppStore(db),
  ocppRecord: ocppRecordStore(db),
  wishes: wishStore(db),
  evidence: evidenceStore(db),
  phases: phaseStore(db),
  cars: carStore(db),
  commissioning: commissioningStore(db),
});

function latest(db: Connection): EpochMs | null {
  const others = db
    .prepared<[], { at_ms: number | null }>(
      `SELECT max(at_ms) AS at_ms FROM (
        SELECT (SELECT at_ms FROM station_grant ORDER BY no DESC LIMIT 1) AS at_ms
        UNION ALL SELECT (SELECT at_ms FROM station_state ORDER BY no DESC LIMIT 1)
        UNION ALL SELECT (SELECT issued_at_ms FROM invoice ORDER BY no DESC LIMIT 1))`,
    )
    .get();
  const known = [latestInSessions(db), latestInHistory(db), others?.at_ms ?? null].filter((at_ms) => at_ms !== null);
  return known.length === 0 ? null : epochMs(Math.max(...known));
}

function schemaFailure(folder: string, db: Database.Database): OpenFailure | null {
  switch (schemaState(db)) {
    case "empty":
    case "older":
    case "current":
      return null;
    case "newer": {
      const message = `The data in ${folder} was written by a newer Chargehand. Install that version or a later one.`;
      return { ok: false, code: "too-new", message };
    }
    case "foreign": {
      const message = `${join(folder, DATABASE_FILE)} is not a Chargehand database. Move it away or choose another folder.`;
      return { ok: false, code: "corrupt", message };
    }
  }
}

function lockedBy(folder: string, pid: number | null): OpenFailure {
  const holder = pid === null ? "another process" : `another process (pid ${String(pid)})`;
  const message = `The data folder ${folder} is in use by ${holder}. Stop that one first, or choose another folder.`;
  return { ok: false, code: "locked", message };
}

const SYSTEM_CODES = new Set(["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST", "ENOSPC", "ENOENT", "EDQUOT"]);
const UNUSABLE = /^SQLITE_(?:CANTOPEN|READONLY|FULL|IOERR|PERM|AUTH|BUSY|LOCKED)/u;
const DAMAGED = /^SQLITE_(?:CORRUPT|NOTADB)/u;

/** The world's faults as an answer; `null` for our own. */
function toFailure(folder: string, error: unknown): OpenFailure | null {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return null;
  if (DAMAGED.test(error.code)) {
    const message = `The database in ${folder} is damaged (${error.code}). Restore a backup; the damaged file was left as it is.`;
    return { ok: false, code: "corrupt", message };
  }
  if (SYSTEM_CODES.has(error.code) || UNUSABLE.test(error.code) || error.code === "ERR_SQLITE_CANTOPEN") {
    const message = `The data folder ${folder} cannot be used (${error.code}). Check that it is a folder, that you may write there and that the disk is not full.`;
    return { ok: false, code: "unwritable", message };
  }
  return null;
}

/**
 * Examines a data folder, also while a site runs on it. Empty when the file is whole, every reference leads somewhere and
 * the invoice ledger has no gap and no changed document; else one line per fault. Takes seconds on a large file.
 */
export function checkDataFolder(folder: string): readonly string[] {
  const db = new Database(join(folder, DATABASE_FILE), {
    readonly: true,
    fileMustExist: true,
    timeout: BUSY_TIMEOUT_ms,
  });
  try {
    const whole = db.prepare<[], { integrity_check: string }>("PRAGMA integrity_check").all();
    const dangling = db.prepare<[], { table: string }>("PRAGMA foreign_key_check").all();
    return [
      ...whole.map((row) => row.integrity_check).filter((line) => line !== "ok"),
      ...dangling.map((row) => `a row of ${row.table} refers to nothing`),
      ...brokenInvoices(connectionOf(db)).map((number) => `invoice ${number} is not what was issued`),
    ];
  } finally {
    db.close();
  }
}
