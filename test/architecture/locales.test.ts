import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";

// Both languages say everything, and nothing that nobody asks for. That a key asked for exists in English is a matter
// of types: see src/renderer/lib/i18n/types.d.ts.

const ROOT = join(import.meta.dirname, "../..");
const LOCALES = join(ROOT, "resources/locales");
const PLURAL = /(?:_ordinal)?_(?:zero|one|two|few|many|other)$/u;

type Texts = ReadonlyMap<string, string>;

function flatten(value: unknown, prefix: string): readonly (readonly [string, string])[] {
  if (typeof value === "string") return [[prefix, value]];
  if (typeof value !== "object" || value === null) throw new Error(`${prefix} is neither a text nor a group`);
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner, prefix === "" ? key : `${prefix}.${key}`));
}

function texts(language: string, namespace: string): Texts {
  const raw: unknown = JSON.parse(readFileSync(join(LOCALES, language, `${namespace}.json`), "utf8"));
  return new Map(flatten(raw, ""));
}

const namespaces = globSync(join(LOCALES, "en/*.json")).map((file) => basename(file, ".json"));
const withoutPlural = (keys: Iterable<string>): readonly string[] =>
  [...new Set([...keys].map((key) => key.replace(PLURAL, "")))].sort();
const placeholders = (text: string): string =>
  [...text.matchAll(/\{\{\s*([\w.]+)[^}]*\}\}/gu)]
    .map(([, name]) => name)
    .sort()
    .join(",");

const source = globSync(["src/renderer/**/*.{ts,tsx}", "src/main/**/*.ts"], { cwd: ROOT })
  .filter((file) => !file.endsWith(".test.ts") && !file.endsWith(".test.tsx"))
  .map((file) => readFileSync(join(ROOT, file), "utf8"))
  .join("\n");
const literals = new Set(
  [...source.matchAll(/"([^"\n]{1,120})"/gu)].flatMap(([, text = ""]) => [text, text.replace(/^\w+:/u, "")]),
);
/** `reason.${kind}.rung` asks for every key of that shape. */
const shapes = [...source.matchAll(/`([^`\n]*\$\{[^`\n]*)`/gu)].map(([, text = ""]) => {
  const parts = text.replace(/^\w+:/u, "").split(/\$\{[^}]*\}/u);
  return {
    anchored: parts.some((part) => /\w{2}/u.test(part)),
    pattern: new RegExp(
      `^${parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/gu, "\\$&")).join("[\\w-]+")}$`,
      "u",
    ),
  };
});
const isUsed = (key: string): boolean =>
  literals.has(key) || shapes.some(({ anchored, pattern }) => anchored && pattern.test(key));

test("both languages have the same files", () => {
  expect(
    globSync(join(LOCALES, "de/*.json"))
      .map((file) => basename(file, ".json"))
      .sort(),
  ).toEqual([...namespaces].sort());
});

describe.each(namespaces)("texts of %s", (namespace) => {
  const english = texts("en", namespace);
  const german = texts("de", namespace);

  test("have the same keys in both languages", () => {
    expect(withoutPlural(german.keys())).toEqual(withoutPlural(english.keys()));
  });

  test("are never empty", () => {
    for (const [key, text] of [...english, ...german]) expect(text.trim(), key).not.toBe("");
  });

  test("have the plural forms that their language counts with", () => {
    for (const all of [english, german]) {
      for (const key of all.keys()) {
        if (!PLURAL.test(key)) continue;
        for (const form of ["_one", "_other"]) expect(all.has(key.replace(/_[a-z]+$/u, form)), key).toBe(true);
      }
    }
  });

  test("name the same values in both languages", () => {
    for (const [key, text] of english) {
      const other = german.get(key);
      if (other !== undefined && !key.endsWith("_one") && !key.endsWith("_zero")) {
        expect(placeholders(other), key).toBe(placeholders(text));
      }
    }
  });

  test("are all asked for by somebody", () => {
    expect(withoutPlural(english.keys()).filter((key) => !isUsed(key))).toEqual([]);
  });
});
