// @ts-check
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./runtime.mjs";

export const INSTALL_STAMP = join(ROOT, "node_modules", ".chargehand-stamp");
export const BUILD_STAMP = join(ROOT, "out", ".chargehand-stamp");
const BUILD_INPUTS = ["electron.vite.config.ts", "package.json", "package-lock.json", "resources", "src"];

/** Changes when the locked dependencies change. */
export function installFingerprint() {
  return createHash("sha256")
    .update(readFileSync(join(ROOT, "package-lock.json")))
    .digest("hex");
}

/** Changes when the content of anything that goes into the build changes. Tests do not. */
export function buildFingerprint() {
  const hash = createHash("sha256");
  for (const input of BUILD_INPUTS) addTo(hash, input);
  return hash.digest("hex");
}

/** @param {import("node:crypto").Hash} hash @param {string} path below the root, with forward slashes */
function addTo(hash, path) {
  const absolute = join(ROOT, path);
  if (!existsSync(absolute)) return;
  if (statSync(absolute).isDirectory()) {
    for (const name of readdirSync(absolute).sort()) addTo(hash, `${path}/${name}`);
  } else if (!/\.test\.tsx?$/.test(path)) {
    hash.update(`${path}\0`).update(readFileSync(absolute)).update("\0");
  }
}

/** @param {string} stamp @param {string} fingerprint */
export function isFresh(stamp, fingerprint) {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint;
}

/** @param {string} stamp @param {string} fingerprint */
export function markFresh(stamp, fingerprint) {
  writeFileSync(stamp, fingerprint);
}
