// @ts-check
// `npm run bench [-- NAME …]`: measures, and prints each figure beside its target.
// Every scripts/bench/*.bench.mjs exports `bench`; see the type below.
import { globSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT, secondsSince } from "./lib/runtime.mjs";

/**
 * `partOf`: the name of a bench that asks for this one too.
 * `limit` is the target (null: only for information); by default a figure is good at or below it.
 * @typedef {{ figure: string, value: number, unit: string, limit: number | null, atLeast?: boolean }} Row
 * @typedef {{ name: string, partOf?: string, run: () => Promise<Row[]> }} Bench
 */

const chosen = process.argv.slice(2);
/** @type {Bench[]} */
const all = [];
for (const file of globSync("scripts/bench/*.bench.mjs", { cwd: ROOT }).sort()) {
  const { bench } = await import(pathToFileURL(join(ROOT, file)).href);
  all.push(bench);
}
const unknown = chosen.filter((name) => !all.some((bench) => bench.name === name));
if (unknown.length > 0) {
  process.stderr.write(`no bench ${unknown.join(", ")}; there are ${all.map(({ name }) => name).join(", ")}\n`);
  process.exit(2);
}
let missed = 0;
if (all.length === 0) {
  process.stderr.write("no bench in scripts/bench\n");
  process.exit(2);
}
for (const bench of all) {
  const isChosen = chosen.includes(bench.name) || (bench.partOf !== undefined && chosen.includes(bench.partOf));
  if (chosen.length > 0 && !isChosen) continue;
  const start_ms = Date.now();
  const rows = await bench.run();
  // On a busy machine a missed target of speed says little about the program: the reader has to know.
  const load = `load ${(loadavg()[0] ?? 0).toFixed(1)} on ${String(availableParallelism())} cores`;
  print(`\n${bench.name} (${secondsSince(start_ms)}, ${load})`);
  for (const row of rows) print(`  ${lineOf(row)}`);
  missed += rows.filter((row) => !isGood(row)).length;
}
print(missed === 0 ? "\nevery target met" : `\n${String(missed)} target(s) MISSED`);
process.exitCode = missed === 0 ? 0 : 1;

/** @param {string} text */
function print(text) {
  process.stdout.write(`${text}\n`);
}

/** @param {Row} row */
function isGood({ value, limit, atLeast = false }) {
  return limit === null || (atLeast ? value >= limit : value <= limit);
}

/** @param {Row} row */
function lineOf(row) {
  const { figure, value, unit, limit, atLeast = false } = row;
  const measured = `${figure.padEnd(48)} ${shown(value).padStart(10)} ${unit.padEnd(8)}`;
  if (limit === null) return measured;
  const ratio = limit === 0 ? "" : ` (${(value / limit).toFixed(2)} of it)`;
  return `${measured} target ${atLeast ? "≥" : "≤"} ${shown(limit)}${ratio} ${isGood(row) ? "ok" : "MISSED"}`;
}

/** @param {number} value */
function shown(value) {
  return Number.isInteger(value) ? String(value) : value.toPrecision(3);
}
