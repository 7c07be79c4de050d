// @ts-check
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { onInterrupt, ROOT, say } from "./runtime.mjs";

const LOCK = join(ROOT, ".chargehand-lock");
const HEARTBEAT_MS = 2_000;
const STALE_AFTER_MS = 30_000;
const POLL_MS = 250;

/** @param {unknown} error @returns {string | undefined} */
const codeOf = (error) => (error instanceof Error && "code" in error ? String(error.code) : undefined);

/** Does `body` while no other process of this checkout does the same; waits for the other one and says so. @template T @param {() => Promise<T>} body @returns {Promise<T>} */
export async function withLock(body) {
  let hasSaidSo = false;
  while (!take()) {
    if (isAbandoned()) remove();
    else {
      if (!hasSaidSo) say("another process is preparing this checkout; waiting for it");
      hasSaidSo = true;
      await wait(POLL_MS);
    }
  }
  const forget = onInterrupt(release);
  const heartbeat = setInterval(() => utimesSync(LOCK, new Date(), new Date()), HEARTBEAT_MS);
  try {
    return await body();
  } finally {
    clearInterval(heartbeat);
    forget();
    release();
  }
}

function take() {
  try {
    mkdirSync(LOCK);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
  writeFileSync(join(LOCK, "owner"), `${hostname()} ${String(process.pid)}`);
  return true;
}

/** Nobody has touched the lock for 30 s, or its owner on this machine has ended. */
function isAbandoned() {
  try {
    if (Date.now() - statSync(LOCK).mtimeMs > STALE_AFTER_MS) return true;
    const [host, pid] = readFileSync(join(LOCK, "owner"), "utf8").split(" ");
    return host === hostname() && !isAlive(Number(pid));
  } catch (error) {
    // Released, or taken this very moment and not yet signed: ask again.
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== "ESRCH";
  }
}

/** Renaming is atomic, so only one of two waiting processes removes an abandoned lock. */
function remove() {
  const grave = `${LOCK}-${String(process.pid)}`;
  try {
    renameSync(LOCK, grave);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  rmSync(grave, { recursive: true, force: true });
}

function release() {
  rmSync(LOCK, { recursive: true, force: true });
}
