// @ts-check
// B12 and B13: known faults of other balancers and everything that can fail, replayed on whole sites; each passes or not.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../lib/runtime.mjs";

const SETS = /** @type {const} */ ([
  { figure: "B12: known faults of others that do not happen here", files: ["test/cases/known-faults.test.ts"] },
  {
    figure: "B13: what fails (app, PC, meter, boxes, map, limits) and the fuse holds",
    files: [
      "test/cases/what-fails.test.ts",
      "test/scenarios/fail-safe.test.ts",
      "test/scenarios/fail-safe-counts.test.ts",
      "test/scenarios/safety.test.ts",
      "test/scenarios/meter-loss.test.ts",
      "test/scenarios/kill-nine.test.ts",
      "test/scenarios/external-limits.test.ts",
    ],
  },
]);

/**
 * @typedef {{ status: string, fullName: string }} One
 * @typedef {{ numPassedTests: number, numTotalTests: number, testResults: { assertionResults: One[] }[] }} Report
 */

export const bench = {
  name: "cases",
  partOf: "balancing",
  run: async () => {
    /** @type {import("../bench.mjs").Row[]} */
    const rows = [];
    for (const { figure, files } of SETS) {
      const { passed, total, failed } = await tested(files);
      const not = failed.length === 0 ? "" : `; not: ${failed.join(", ")}`;
      rows.push({
        figure: figure + not,
        value: passed,
        unit: `of ${String(total)}`,
        limit: Math.max(total, 1),
        atLeast: true,
      });
    }
    return rows;
  },
};

/** @param {readonly string[]} files @returns {Promise<{ passed: number, total: number, failed: string[] }>} */
async function tested(files) {
  const folder = mkdtempSync(join(tmpdir(), "chargehand-cases-"));
  const report = join(folder, "report.json");
  try {
    const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
    const child = spawn(process.execPath, [vitest, "run", "--reporter=json", `--outputFile=${report}`, ...files], {
      cwd: ROOT,
      stdio: "ignore",
    });
    await new Promise((resolve) => child.on("close", resolve));
    /** @type {Report} */
    const { numPassedTests, numTotalTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
    const all = testResults.flatMap(({ assertionResults }) => assertionResults);
    const failed = all.filter(({ status }) => status === "failed").map(({ fullName }) => fullName);
    return { passed: numPassedTests, total: numTotalTests, failed };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
