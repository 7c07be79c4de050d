// @ts-check
// `npm run -s chargehand -- <command> …`: builds only if stale, then is the command; stdout carries nothing but its output.
import { join } from "node:path";
import { become, ROOT } from "./lib/runtime.mjs";
import { prepare } from "./prepare.mjs";

if (await prepare({ build: true })) await become(join(ROOT, "out", "main", "cli.js"), process.argv.slice(2));
else process.exitCode = 1;
