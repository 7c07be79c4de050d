// @ts-check
import { join } from "node:path";
import { ROOT, run, runtimePath, secondsSince } from "./runtime.mjs";

/** @param {string} path */
const module = (path) => join(ROOT, "node_modules", path);
/** @param {string} name */
const types = (name) => ({
  name: `types of ${name}`,
  args: [module("typescript/bin/tsc"), "-p", `tsconfig.${name}.json`],
});

/** What `npm run check` runs, the longest first. */
const CHECKS = [
  { name: "eslint", args: [module("eslint/bin/eslint.js"), ".", "--max-warnings", "0"] },
  types("node"),
  types("page"),
  types("web"),
  types("pure"),
  { name: "prettier", args: [module("prettier/bin/prettier.cjs"), "--check", "--log-level", "warn", "."] },
  {
    name: "architecture",
    args: [module("dependency-cruiser/bin/dependency-cruiser.mjs"), "--config", ".dependency-cruiser.cjs", "src"],
  },
  { name: "knip", args: [module("knip/bin/knip.js"), "--no-progress"] },
];
const AT_ONCE = 2;

/** Runs every check, two at a time, and prints a line for each, with its words where it failed. Returns how many failed. */
export async function runChecks() {
  const node = runtimePath() ?? process.execPath;
  const queue = [...CHECKS];
  let failed = 0;
  const worker = async () => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
      const start_ms = Date.now();
      const { code, output } = await run(node, check.args, { capture: true });
      process.stdout.write(`${code === 0 ? "ok    " : "FAILED"} ${check.name} (${secondsSince(start_ms)})\n`);
      if (code === 0) continue;
      failed += 1;
      process.stdout.write(`${output.trimEnd()}\n\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return failed;
}
