// @ts-check
// A reporter of vitest: writes the names of tests that failed first and passed when asked again, a line each, into the
// file that CHARGEHAND_ASKED_AGAIN names.
import { appendFileSync } from "node:fs";

export default class AskedAgainReporter {
  /** @param {import("vitest/node").TestCase} test */
  onTestCaseResult(test) {
    const file = process.env["CHARGEHAND_ASKED_AGAIN"];
    if (file === undefined || test.diagnostic()?.flaky !== true) return;
    appendFileSync(file, `${test.module.relativeModuleId} > ${test.fullName}\n`);
  }
}
