import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { createFormat } from "../../lib/format/format.ts";
import { errorsText, HINTS } from "./device-words.ts";

const format = createFormat({ locale: "en", timezone: "Europe/Berlin", currency: "EUR" });

test("errors stand with their share, which is never rounded down to none", () => {
  expect(errorsText({ errors: 0, exchanges: 500 }, format)).toBe("0");
  expect(errorsText({ errors: 3, exchanges: 0 }, format)).toBe("3");
  expect(errorsText({ errors: 25, exchanges: 200 }, format)).toBe("25 (12.5%)");
  expect(errorsText({ errors: 1, exchanges: 100_000 }, format)).toBe("1 (< 0.1%)");
  expect(errorsText({ errors: 9, exchanges: 8 }, format)).toBe("9 (100%)");
});

const words = z.object({ health: z.object({ hint: z.record(z.string(), z.string().min(20)) }) });

test.each(["en", "de"])("every hint has words that say what to do (%s)", (language) => {
  const file = join(import.meta.dirname, `../../../../resources/locales/${language}/settings.json`);
  const { hint } = words.parse(JSON.parse(readFileSync(file, "utf8"))).health;
  expect(Object.keys(hint).toSorted()).toEqual([...HINTS].toSorted());
});
