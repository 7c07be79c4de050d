import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";

const ROOT = join(import.meta.dirname, "..", "..");
const LINES_MAX = 400;
const versions = z.record(z.string(), z.string());
const manifest = z.object({ dependencies: versions, devDependencies: versions });
const lock = z.object({
  packages: z.record(
    z.string(),
    z.object({ version: z.string().optional(), optionalDependencies: versions.default({}) }),
  ),
});

const text = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const json = (path: string): unknown => JSON.parse(text(path));

describe("package.json", () => {
  const { dependencies, devDependencies } = manifest.parse(json("package.json"));
  const all = Object.entries({ ...dependencies, ...devDependencies });

  test("asks for exact versions only", () => {
    const loose = all.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
    expect(loose).toEqual([]);
  });

  test("has one version for all of Mantine", () => {
    const mantine = all.filter(([name]) => name.startsWith("@mantine/")).map(([, version]) => version);
    expect(new Set(mantine).size).toBe(1);
  });
});

describe("package-lock.json", () => {
  const { packages } = lock.parse(json("package-lock.json"));

  test("names no registry", () => {
    expect(text("package-lock.json")).not.toMatch(/"resolved":\s*"https?:/);
  });

  test("locks the optional binaries of every platform, since `npm ci` refuses a lock that leaves some out", () => {
    const locked = new Set(Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, "")));
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => !locked.has(name))
        .map((name) => `${path} → ${name}`),
    );
    expect(missing).toEqual([]);
  });
});

test("no source file is longer than 400 lines", () => {
  const long = globSync("src/**/*.{ts,tsx}", { cwd: ROOT })
    .map((path) => ({ path, lines: text(path).trimEnd().split("\n").length }))
    .filter(({ lines }) => lines > LINES_MAX);
  expect(long).toEqual([]);
});
