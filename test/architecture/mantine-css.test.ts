import { existsSync, globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SOURCES = fileURLToPath(new URL("../../src/renderer", import.meta.url));
const STYLES = dirname(createRequire(import.meta.url).resolve("@mantine/core/styles/Button.css"));

test("every Mantine component in use comes with its style, or it looks like a page of 1995", () => {
  const read = (file: string): string => readFileSync(join(SOURCES, file), "utf8");
  const imported = globSync("**/*.tsx", { cwd: SOURCES }).flatMap((file) =>
    [...read(file).matchAll(/import \{([^}]*)\} from "@mantine\/core"/gu)].flatMap(
      ([, names = ""]) => names.match(/\w+/gu) ?? [],
    ),
  );
  const styled = [...new Set(imported)].filter((name) => existsSync(join(STYLES, `${name}.css`)));
  expect(styled).toContain("Button");
  const sheet = read("app/mantine-css.ts");
  expect(styled.filter((name) => !sheet.includes(`"@mantine/core/styles/${name}.css"`))).toEqual([]);
});
