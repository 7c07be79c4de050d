// @ts-check
import { runChecks } from "./lib/checks.mjs";

process.exitCode = (await runChecks()) === 0 ? 0 : 1;
