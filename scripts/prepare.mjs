// @ts-check
// Brings a checkout to where its commands can run: dependencies, build, and the programs the tests use.
// Dependency-free and runs on Node 20: `npm start` and `npm test` of a fresh clone begin here.
import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "./lib/lock.mjs";
import { bundledNodePath, NODE_MAJOR_MIN, ROOT, run, runtimePath, say, secondsSince } from "./lib/runtime.mjs";
import { BUILD_STAMP, buildFingerprint, INSTALL_STAMP, installFingerprint, isFresh, markFresh } from "./lib/stale.mjs";
import { enableCommand, missingTools, TOOLS } from "./lib/tools.mjs";

class PreparationError extends Error {}

/**
 * Installs and builds what is missing or stale; afterwards the dependencies match the lock file and, with `build`,
 * `out/` matches the sources. Says what it does on stderr, prints nothing when there is nothing to do, never writes to
 * stdout. Returns false, with the reason said, when it did not succeed.
 * @param {{ build?: boolean, testTools?: boolean, force?: boolean }} want
 * @returns {Promise<boolean>}
 */
export async function prepare({ build = false, testTools = false, force = false }) {
  try {
    const isStale = () =>
      !isFresh(INSTALL_STAMP, installFingerprint()) || (build && (force || !isFresh(BUILD_STAMP, buildFingerprint())));
    if (isStale()) {
      await withLock(async () => {
        if (!isFresh(INSTALL_STAMP, installFingerprint())) await install();
        if (build && (force || !isFresh(BUILD_STAMP, buildFingerprint()))) await buildAll();
      });
    }
    if (testTools) await provideTestTools();
    return true;
  } catch (error) {
    if (!(error instanceof PreparationError)) throw error;
    say(error.message);
    return false;
  }
}

async function install() {
  const start_ms = Date.now();
  const fingerprint = installFingerprint();
  const isFirst = !existsSync(join(ROOT, "node_modules"));
  say(`${isFirst ? "installing" : "updating"} the dependencies; the first time this takes a minute or two`);
  // On Windows a running node.exe cannot be deleted, and `npm ci` begins by deleting node_modules.
  const command = process.platform === "win32" && !isFirst ? "install" : "ci";
  // No install scripts: native packages bring ready binaries, and npm would try to compile one of them all the same.
  const options = ["--include=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const spare = spareNode();
  try {
    const { code } = await npm([command, ...options], "installing", spare);
    if (code !== 0)
      throw new PreparationError(`npm ${command} failed (exit code ${String(code)}); its own words are above`);
    await ensureNode(spare);
  } finally {
    if (spare !== null) rmSync(dirname(spare), { recursive: true, force: true });
  }
  provideExec();
  provideNode();
  markFresh(INSTALL_STAMP, fingerprint);
  say(`dependencies installed in ${secondsSince(start_ms)}`);
}

/** `npm ci` begins by deleting node_modules. Where we run on the Node in there, a copy of it does the installing. */
function spareNode() {
  if (!process.execPath.startsWith(join(ROOT, "node_modules"))) return null;
  const copy = join(
    mkdtempSync(join(tmpdir(), "chargehand-node-")),
    process.platform === "win32" ? "node.exe" : "node",
  );
  copyFileSync(process.execPath, copy);
  chmodSync(copy, 0o755);
  return copy;
}

/** `PATH` with the spare Node first. @param {string | null} spare */
const withSpare = (spare) =>
  spare === null
    ? process.env
    : { ...process.env, PATH: `${dirname(spare)}${delimiter}${process.env["PATH"] ?? ""}`, npm_node_execpath: spare };

/** The npm that started us, on the Node that it runs on; else the one on the PATH. @param {readonly string[]} args @param {string} working @param {string | null} spare */
function npm(args, working, spare) {
  const env = withSpare(spare);
  const cli = process.env["npm_execpath"];
  const node = spare ?? process.env["npm_node_execpath"];
  if (cli !== undefined && node !== undefined && /npm-cli\.[cm]?js$/.test(cli) && existsSync(node)) {
    return run(node, [cli, ...args], { working, env });
  }
  const isWindows = process.platform === "win32";
  return run(isWindows ? "npm.cmd" : "npm", args, { working, shell: isWindows, env });
}

/** The dependency `node` fetches its binary in an install script of its own, the only one we run. */
/** @param {string | null} spare */
async function ensureNode(spare) {
  if (existsSync(process.execPath) && runtimePath() !== null) return;
  const installer = join(ROOT, "node_modules", "node", "installArchSpecificPackage.js");
  if (existsSync(installer)) {
    await run(spare ?? process.execPath, [installer], {
      cwd: dirname(installer),
      working: "fetching Node",
      env: withSpare(spare),
    });
  }
  if (runtimePath() !== null) return;
  throw new PreparationError(
    `Node ${String(NODE_MAJOR_MIN)} did not arrive with the dependencies; npm's own words are above. Check that npm can ` +
      `reach its registry, or install Node ${String(NODE_MAJOR_MIN)} yourself, and try again.`,
  );
}

/**
 * Our npm scripts begin with `exec`, so that on Unix npm's signals reach the program and not a shell in between. On
 * Windows there is no such shell and no such word: there it runs its arguments.
 */
function provideExec() {
  if (process.platform === "win32") writeFileSync(join(ROOT, "node_modules", ".bin", "exec.cmd"), "@%*\r\n");
}

/** Without install scripts npm links no `node` into .bin, where npm scripts and the tools' own first lines look for it. */
function provideNode() {
  if (!existsSync(bundledNodePath())) return;
  const link = join(ROOT, "node_modules", ".bin", process.platform === "win32" ? "node.cmd" : "node");
  rmSync(link, { force: true });
  if (process.platform === "win32") writeFileSync(link, '@"%~dp0\\..\\node\\bin\\node.exe" %*\r\n');
  else symlinkSync(join("..", "node", "bin", "node"), link);
}

async function buildAll() {
  const node = runtimePath();
  if (node === null)
    throw new PreparationError(`Node ${String(NODE_MAJOR_MIN)} is missing; delete node_modules and try again`);
  const start_ms = Date.now();
  const fingerprint = buildFingerprint();
  say("building");
  rmSync(BUILD_STAMP, { force: true });
  const builder = join(ROOT, "node_modules", "electron-vite", "bin", "electron-vite.js");
  const { code } = await run(node, [builder, "build", "--logLevel", "warn"], { working: "building" });
  if (code !== 0) throw new PreparationError("the build failed; the reason is above");
  markFresh(BUILD_STAMP, fingerprint);
  say(`built in ${secondsSince(start_ms)}`);
}

/** Gets the browser and socat where we may; else says which tests cannot run and how to change that. */
async function provideTestTools() {
  const missing = missingTools();
  if (missing.length === 0) return;
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    const start_ms = Date.now();
    say(`installing ${missing.join(" and ")} with apt-get, for the tests`);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const quiet = { env, capture: true, working: "apt-get" };
    const update = await run("apt-get", ["update"], quiet);
    const { code, output } = await run("apt-get", ["install", "-y", "--no-install-recommends", ...missing], quiet);
    if (code === 0) say(`installed ${missing.join(" and ")} in ${secondsSince(start_ms)}`);
    else say(`apt-get could not install them:\n${(update.code === 0 ? output : update.output).trimEnd()}`);
  }
  const still = missingTools();
  for (const tool of still) say(`${tool} is missing, so ${TOOLS[tool].neededBy} WILL BE SKIPPED`);
  if (still.length > 0) say(`to run them: ${enableCommand(still)}`);
}

if (process.argv[1] !== undefined && fileURLToPath(import.meta.url) === process.argv[1]) {
  const known = { "--build": "build", "--test-tools": "testTools", "--force": "force" };
  const flags = process.argv.slice(2);
  const unknown = flags.find((flag) => !(flag in known));
  if (unknown !== undefined) {
    say(`prepare does not know ${unknown}; it knows ${Object.keys(known).join(", ")}`);
    process.exit(2);
  }
  const isGood = await prepare({
    build: flags.includes("--build"),
    testTools: flags.includes("--test-tools"),
    force: flags.includes("--force"),
  });
  process.exit(isGood ? 0 : 1);
}
