// @ts-check
// Must run on Node 20 without any dependency: it is the first thing a fresh clone executes.
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const NODE_MAJOR_MIN = 26;
const STILL_RUNNING_EVERY_MS = 15_000;
const KILL_AFTER_MS = 5_000;
const PARENT_POLL_MS = 250;
const SAME_KEYPRESS_MS = 500;

/** Progress and trouble go to stderr: stdout belongs to the command that runs afterwards. @param {string} line */
export function say(line) {
  process.stderr.write(`chargehand: ${line}\n`);
}

/** Whole seconds since `start_ms`, as text. @param {number} start_ms */
export function secondsSince(start_ms) {
  return `${String(Math.round((Date.now() - start_ms) / 1000))} s`;
}

/** @param {string} version @returns {number} */
const majorOf = (version) => Number(version.replace(/^v/, "").split(".")[0]);

/** Where the `node` dependency puts its binary, whether or not it is there. */
export function bundledNodePath() {
  return join(ROOT, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
}

/** The Node that runs everything after the installation: the bundled one, or our own when it is new enough; else null. */
export function runtimePath() {
  const bundled = bundledNodePath();
  if (existsSync(bundled)) {
    const { stdout, status } = spawnSync(bundled, ["-v"], { encoding: "utf8" });
    if (status === 0 && majorOf(stdout) >= NODE_MAJOR_MIN) return bundled;
  }
  return majorOf(process.versions.node) >= NODE_MAJOR_MIN ? process.execPath : null;
}

/** The children of this process; a signal to us ends them too, so Ctrl-C leaves nothing behind. @type {Set<import("node:child_process").ChildProcess>} */
const children = new Set();
let isEnding = false;
/** @type {Set<() => void>} */
const atEnd = new Set();

/** `undo` runs when a signal ends this process. Returns the way to take it back. @param {() => void} undo */
export function onInterrupt(undo) {
  watchSignals();
  atEnd.add(undo);
  return () => void atEnd.delete(undo);
}

/** When the npm that started us has gone, however it went, we end as if the signal had reached us: no orphans. */
function endWithNpm() {
  if (process.env["npm_lifecycle_event"] === undefined || process.platform === "win32") return;
  const npm = process.ppid;
  const poll = setInterval(() => {
    if (process.ppid === npm) return;
    clearInterval(poll);
    process.kill(process.pid, "SIGTERM");
  }, PARENT_POLL_MS);
  poll.unref();
}

let isWatching = false;
function watchSignals() {
  if (isWatching) return;
  isWatching = true;
  endWithNpm();
  for (const [signal, code] of /** @type {const} */ ([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ])) {
    process.on(signal, () => {
      // The terminal and npm each deliver the same Ctrl-C: one is enough.
      if (isEnding) return;
      isEnding = true;
      for (const child of children) child.kill(signal);
      const leave = () => {
        for (const undo of atEnd) undo();
        process.exit(code);
      };
      const force = setTimeout(() => {
        for (const child of children) child.kill("SIGKILL");
        leave();
      }, KILL_AFTER_MS);
      const waiting = [...children].map((child) => new Promise((done) => child.once("exit", done)));
      void Promise.all(waiting).then(() => {
        clearTimeout(force);
        leave();
      });
    });
  }
}

/**
 * Runs a program to its end and returns its exit code and, when `capture` is set, what it printed on both channels;
 * otherwise its output appears on our stderr. `working` names it in a line every 15 s, so that silence is never taken
 * for a hang. A program that cannot be started counts as exit code 127.
 * @param {string} file @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, shell?: boolean, capture?: boolean, working?: string, cwd?: string, stdout?: boolean }} [options]
 * @returns {Promise<{ code: number, output: string }>}
 */
export function run(file, args, options = {}) {
  watchSignals();
  const start_ms = Date.now();
  const { capture = false, working, env = process.env, shell = false, cwd = ROOT, stdout = false } = options;
  const child = spawn(file, args, {
    cwd,
    env,
    shell,
    stdio: capture ? ["ignore", "pipe", "pipe"] : ["ignore", stdout ? 1 : 2, 2],
  });
  children.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (/** @type {string} */ text) => (output += text));
  }
  const alive = setInterval(() => {
    if (working !== undefined) say(`… ${working}, ${secondsSince(start_ms)} so far`);
  }, STILL_RUNNING_EVERY_MS);
  return new Promise((done) => {
    /** @param {number} code */
    const finish = (code) => {
      clearInterval(alive);
      children.delete(child);
      // A signal ends us after its own clean-up; what waits for this program must not go on meanwhile.
      if (!isEnding) done({ code, output });
    };
    child.once("error", (error) => {
      output += `${error.message}\n`;
      finish(127);
    });
    child.once("close", (code) => finish(code ?? 1));
  });
}

/**
 * Hands over to `node file …args` on Node 26. Inside Node 26 already, the module is loaded right here, so there is no
 * second process that could be orphaned; otherwise a child inherits stdin, stdout and stderr, gets our signals, and
 * its exit code becomes ours.
 * @param {string} file @param {readonly string[]} args
 */
export async function become(file, args) {
  if (majorOf(process.versions.node) >= NODE_MAJOR_MIN) {
    endWithNpm();
    process.argv = [process.execPath, file, ...args];
    await import(pathToFileURL(file).href);
    return;
  }
  const node = runtimePath();
  if (node === null) {
    say(`Node ${String(NODE_MAJOR_MIN)} is missing; run "npm ci" in ${ROOT}`);
    process.exit(1);
  }
  await passThrough(node, [file, ...args]);
}

/** Runs a program with our stdin, stdout and stderr, hands signals on to it once, and exits with its exit code. @param {string} file @param {readonly string[]} args @returns {Promise<never>} */
export function passThrough(file, args) {
  endWithNpm();
  const child = spawn(file, args, { stdio: "inherit", detached: process.platform !== "win32" });
  let last_ms = 0;
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, () => {
      // The terminal and npm each deliver the same Ctrl-C; a second one from a person comes later than this.
      if (Date.now() - last_ms < SAME_KEYPRESS_MS) return;
      last_ms = Date.now();
      child.kill(signal);
    });
  }
  return new Promise(() => {
    child.once("error", (error) => {
      say(error.message);
      process.exit(1);
    });
    child.once("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
  });
}
