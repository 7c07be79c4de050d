// @ts-check
// `npm test`: every check, then every test, then lines that say what was and was not tested.
// Arguments go to vitest (`npm test -- src/core`); with any, the checks are left out.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runChecks } from "./lib/checks.mjs";
import { onInterrupt, ROOT, run, runtimePath, secondsSince } from "./lib/runtime.mjs";
import { enableCommand, missingTools, TOOLS } from "./lib/tools.mjs";

const ASKED_AGAIN_REPORTER = join(ROOT, "scripts", "lib", "asked-again-reporter.mjs");
const start_ms = Date.now();
const chosen = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "chargehand-test-"));
const clean = () => rmSync(folder, { recursive: true, force: true });
onInterrupt(clean);

const checksFailed = chosen.length === 0 ? await runChecks() : 0;
const { passed, failed, skipped, askedAgain, isBroken } = await runTests();
clean();

/** @param {string} text */
const print = (text) => process.stdout.write(`${text}\n`);
const missing = missingTools();
for (const tool of missing) print(`${tool} is missing: ${TOOLS[tool].neededBy} WERE SKIPPED`);
if (missing.length > 0) print(`to run them: ${enableCommand(missing)}`);
if (checksFailed > 0) print(`${String(checksFailed)} of the checks above FAILED`);
if (isBroken && failed === 0) print("the test run itself broke; its words are above");
for (const name of askedAgain) print(`passed only when asked again: ${name}`);
print(`took ${secondsSince(start_ms)}`);
const skippedPart = skipped > 0 ? `, ${String(skipped)} skipped` : "";
print(`${String(passed)} passed, ${String(failed + checksFailed)} failed${skippedPart}`);
process.exitCode = isBroken || failed + checksFailed > 0 ? 1 : 0;

async function runTests() {
  const report = join(folder, "report.json");
  const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--reporter=${ASKED_AGAIN_REPORTER}`];
  const args = [vitest, "run", ...reporters, `--outputFile.json=${report}`, ...chosen];
  const names = join(folder, "asked-again.txt");
  const env = { ...process.env, CHARGEHAND_ASKED_AGAIN: names };
  const { code } = await run(runtimePath() ?? process.execPath, args, { stdout: true, env });
  const askedAgain = existsSync(names) ? readFileSync(names, "utf8").split("\n").filter(Boolean) : [];
  return { ...countIn(report), askedAgain, isBroken: code !== 0 };
}

/** @param {string} report */
function countIn(report) {
  try {
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, "utf8"));
    return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests };
  } catch (error) {
    print(`the test run left no report (${error instanceof Error ? error.message : String(error)})`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
