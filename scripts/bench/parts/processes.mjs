// @ts-check
// The program as it is shipped, and simulated devices in a process of their own, so that only the program is measured.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onInterrupt, ROOT } from "../../lib/runtime.mjs";

const CLI = join(ROOT, "out", "main", "cli.js");
const SIMULATOR = join(ROOT, "test", "simulator", "simulator-process.ts");
const REPORTER = new URL("./report-usage.mjs", import.meta.url).href;
/** A price for sites that come without one; sessions are priced as in real life. */
const TARIFF = 'tariff: { currency: EUR, per_kWh: "0.42", vat_percent: 19 }\n';
const END_AFTER_ms = 10_000;

/** @typedef {import("node:child_process").ChildProcess} ChildProcess */
/** @typedef {{ memory: NodeJS.MemoryUsage, cpu: NodeJS.CpuUsage }} Usage */
/** @typedef {{ url: string, ocppUrl: string, ready_ms: number, usage: () => Promise<Usage>, stop: () => Promise<void> }} Server */
/** @typedef {{ siteFile: string, connect: (ocppUrl: string) => void, stop: () => Promise<void> }} Devices */

/** A folder that is gone after `remove`, or when the bench is interrupted. */
export function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), "chargehand-bench-"));
  const gone = () => rmSync(path, { recursive: true, force: true });
  const forget = onInterrupt(gone);
  return {
    path,
    remove: () => {
      forget();
      gone();
    },
  };
}

/**
 * Simulated devices that listen on loopback; `choice` are the flags of the simulator process.
 * @param {readonly string[]} choice @returns {Promise<Devices>}
 */
export async function startDevices(choice) {
  const child = spawn(process.execPath, [SIMULATOR, ...choice], { stdio: ["pipe", "pipe", "inherit"] });
  const stop = stopper(child);
  const { site } = await firstLine(child, (line) => ("siteFile" in line ? { site: line["siteFile"] } : null));
  return {
    siteFile: `${String(site)}${TARIFF}`,
    connect: (ocppUrl) => child.stdin?.write(`${JSON.stringify({ ocppUrl })}\n`),
    stop,
  };
}

/**
 * Starts the built program and waits for its ready line; `ready_ms` counts from the spawn.
 * @param {readonly string[]} args after `serve`
 * @returns {Promise<Server & { spawned_ms: number }>} `spawned_ms` on `performance.now()`
 */
export async function serve(args) {
  if (!existsSync(CLI)) throw new Error(`${CLI} is missing: run "npm run build" first`);
  const spawned_ms = performance.now();
  const child = spawn(process.execPath, ["--import", REPORTER, CLI, "serve", "--port", "0", ...args], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const stop = stopper(child);
  showErrors(child);
  const ready = await firstLine(child, (line) => (line["event"] === "ready" ? line : null));
  return {
    url: String(ready["url"]),
    ocppUrl: String(ready["ocppUrl"]),
    spawned_ms,
    ready_ms: performance.now() - spawned_ms,
    usage: () =>
      new Promise((resolve) => {
        child.once("message", (usage) => resolve(/** @type {Usage} */ (usage)));
        child.send("usage");
      }),
    stop,
  };
}

/** A log at work is no news; errors and what is no log line at all are. @param {ChildProcess} child */
function showErrors(child) {
  if (child.stderr === null) return;
  createInterface({ input: child.stderr }).on("line", (line) => {
    if (!/^\{"level":[1-4]0,/u.test(line)) process.stderr.write(`${line}\n`);
  });
}

/** Port of an address, to start the next server where the boxes will dial again. @param {string} url */
export const portOf = (url) => new URL(url).port;

/**
 * The first line of JSON for which `take` answers; fails when the process ends before.
 * @template T @param {ChildProcess} child @param {(line: Record<string, unknown>) => T | null} take @returns {Promise<T>}
 */
function firstLine(child, take) {
  return new Promise((resolve, reject) => {
    if (child.stdout === null) throw new Error("a measured process has its output piped");
    child.once("exit", (code) =>
      reject(new Error(`a measured process ended with ${String(code)} before it was ready`)),
    );
    child.once("error", reject);
    createInterface({ input: child.stdout }).on("line", (line) => {
      const taken = take(JSON.parse(line));
      if (taken !== null) resolve(taken);
    });
  });
}

/** Ends the process in order, by force when it does not; an interrupted bench ends it too. @param {ChildProcess} child */
function stopper(child) {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const forget = onInterrupt(() => child.kill("SIGKILL"));
  return async () => {
    forget();
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    const force = setTimeout(() => child.kill("SIGKILL"), END_AFTER_ms);
    await ended;
    clearTimeout(force);
  };
}
