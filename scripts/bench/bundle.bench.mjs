// @ts-check
// What a browser loads before the first page can run: the modules an HTML file names and all they import statically.
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { ROOT } from "../lib/runtime.mjs";

const PAGES = join(ROOT, "out", "renderer");
const APP_kB_max = 400;
const KIOSK_kB_max = 130;
const kB = 1_000;

/** Tags that make a browser load something at once. */
const SCRIPT = /<script[^>]*\bsrc="([^"]+)"|<link[^>]*\brel="modulepreload"[^>]*\bhref="([^"]+)"/gu;
const STYLE = /<link[^>]*\brel="stylesheet"[^>]*\bhref="([^"]+)"/gu;
/** `import … from "./x.js"`, `import "./x.js"` and `export … from "./x.js"`; not `import("./x.js")`. */
const STATIC_IMPORT = /(?:\bfrom|\bimport)\s*["'`](\.[^"'`]+\.js)["'`]/gu;

export const bench = {
  name: "bundle",
  run: () => {
    const all = new Set(globSync("assets/*.js", { cwd: PAGES }).map((path) => join(PAGES, path)));
    return Promise.resolve([
      ...rowsOf("index.html", "app", APP_kB_max),
      ...rowsOf("kiosk.html", "kiosk", KIOSK_kB_max),
      { figure: "all screens and languages together", value: gzipped_kB(all), unit: "kB gz", limit: null },
    ]);
  },
};

/** @param {string} page @param {string} name @param {number} kB_max @returns {import("../bench.mjs").Row[]} */
function rowsOf(page, name, kB_max) {
  const html = readFileSync(join(PAGES, page), "utf8");
  const modules = closure(named(html, SCRIPT).map((path) => join(PAGES, path)));
  // A page that starts nothing is not small but broken: NaN meets no target.
  const size = modules.size === 0 ? Number.NaN : gzipped_kB(modules);
  const styles = new Set(named(html, STYLE).map((path) => join(PAGES, path)));
  return [
    {
      figure: `${name}: start-up JavaScript, ${String(modules.size)} files`,
      value: size,
      unit: "kB gz",
      limit: kB_max,
    },
    { figure: `${name}: style sheets`, value: gzipped_kB(styles), unit: "kB gz", limit: null },
  ];
}

/** Those files and everything they import statically, directly or not. @param {readonly string[]} entries */
function closure(entries) {
  const found = new Set(entries);
  for (const file of found)
    for (const path of named(readFileSync(file, "utf8"), STATIC_IMPORT)) found.add(join(dirname(file), path));
  return found;
}

/** @param {string} text @param {RegExp} pattern @returns {string[]} */
const named = (text, pattern) => [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? "");

/** Each file is compressed by itself, as it travels. @param {ReadonlySet<string>} files */
const gzipped_kB = (files) => [...files].reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0) / kB;
