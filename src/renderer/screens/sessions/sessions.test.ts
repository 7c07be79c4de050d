import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInstance } from "i18next";
import { describe, expect, test } from "vitest";
import { createFormat } from "../../lib/format/format.ts";
import { FLAG_RULES, flagNumbers, flagShort, flagWhy, INPUT_NAMES, maskedCard } from "./flag-words.ts";
import { breadthFor, columnIds } from "./session-columns.tsx";
import { filterOf, parseSessionsSearch } from "./sessions-search.ts";

function asTexts(value: unknown): object {
  if (typeof value !== "object" || value === null) throw new Error("a file of texts is an object");
  return value;
}

async function wordsIn(language: "en" | "de") {
  const file = join(import.meta.dirname, `../../../../resources/locales/${language}/sessions.json`);
  const sessions: unknown = JSON.parse(readFileSync(file, "utf8"));
  const i18n = createInstance();
  await i18n.init({ lng: language, resources: { [language]: { sessions: asTexts(sessions) } }, defaultNS: "sessions" });
  return {
    t: i18n.getFixedT(language, "sessions"),
    format: createFormat({ locale: language, timezone: "Europe/Berlin", currency: "EUR" }),
  };
}

describe.each(["en", "de"] as const)("doubts in %s", (language) => {
  test("every rule has a short name and says what it means for the bill", async () => {
    const words = await wordsIn(language);
    for (const rule of FLAG_RULES) {
      const flag = { rule, severity: "B" as const, inputs: {} };
      expect(flagShort(flag, words)).not.toContain("flag.");
      expect(flagShort(flag, words).split(" ").length).toBeLessThanOrEqual(4);
      expect(flagWhy(flag, words)).not.toContain("flag.");
      expect(flagWhy(flag, words).length).toBeGreaterThan(30);
    }
  });

  test("every number behind a doubt has a name", async () => {
    const words = await wordsIn(language);
    const inputs = Object.fromEntries(INPUT_NAMES.map((name) => [name, 1]));
    for (const { label, value } of flagNumbers({ rule: "D01", severity: "B", inputs }, words)) {
      expect(label).not.toContain("input.");
      expect(value).not.toBe("");
    }
  });
});

test("unknown numbers are said to be unknown and cards are masked", async () => {
  const words = await wordsIn("en");
  const inputs = { stop_Wh: null, startToken: "04A1B2C3D4E580", somethingNew: 7, offset_ms: -300_000 };
  const numbers = Object.fromEntries(
    flagNumbers({ rule: "D22", severity: "W", inputs }, words).map(({ label, value }) => [label, value]),
  );
  expect(numbers).toMatchObject({
    "Register at end": "—",
    "Card at start": "…E580",
    somethingNew: "7",
    "Clock off by": "−5 min",
  });
  expect(maskedCard("04A1B2C3D4E580")).toBe("…E580");
});

test("a rule of a newer version keeps its number instead of vanishing", async () => {
  const words = await wordsIn("en");
  const flag = { rule: "D99", severity: "B" as const, inputs: {} };
  expect(flagShort(flag, words)).toBe("D99");
  expect(flagWhy(flag, words)).toContain("D99");
});

test("running sessions are asked for without a period, because they belong to none yet", () => {
  const day = Temporal.PlainDate.from("2026-11-22");
  const range = { first: day, end: day, from_ms: 1, to_ms: 2 };
  expect(filterOf(parseSessionsSearch({ state: "running" }), range)).toMatchObject({ from_ms: null, to_ms: null });
  expect(filterOf(parseSessionsSearch({ state: "held" }), range)).toMatchObject({
    from_ms: 1,
    to_ms: 2,
    state: "held",
  });
});

test("a filter survives the address, and rubbish in it becomes the default", () => {
  const search = {
    period: "custom",
    from: "2026-10-01",
    to: "2026-10-31",
    bays: ["P01", "P02"],
    state: "billed",
    text: "PN-7",
  };
  expect(parseSessionsSearch(search)).toMatchObject(search);
  expect(parseSessionsSearch({ bays: 5, state: "eaten", text: { a: 1 } })).toMatchObject({
    bays: ["5"],
    state: "all",
    text: "",
  });
});

test("the narrower the list, the fewer columns, but never without bay, energy and price", () => {
  const counts = [1680, 1048, 660, 328].map((width_px) => columnIds(breadthFor(width_px)).length);
  expect(counts).toEqual([11, 8, 5, 4]);
  for (const breadth of ["all", "merged", "less", "narrow"] as const) {
    expect(columnIds(breadth)).toEqual(expect.arrayContaining(["start", "bay", "energy", "gross"]));
  }
});
