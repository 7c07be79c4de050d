import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInstance, type TFunction } from "i18next";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { deviceHintSchema, EXCHANGE_PROBLEMS, type DeviceSummary, type ExchangeView } from "../../../contract/index.ts";
import en from "../../../../resources/locales/en/devices.json" with { type: "json" };
import { createFormat } from "../../lib/format/format.ts";
import {
  byNeed,
  errorsText,
  exchangesText,
  hintFacts,
  problemText,
  shareText,
  valueName,
  valueText,
} from "./device-words.ts";

const format = createFormat({ locale: "en", timezone: "Europe/Berlin", currency: "EUR" });
const i18n = createInstance();
await i18n.init({ lng: "en", ns: ["devices"], defaultNS: "devices", resources: { en: { devices: en } } });
const t: TFunction<"devices"> = i18n.getFixedT("en", "devices");

const device = (over: Partial<DeviceSummary>): DeviceSummary => ({
  kind: "station",
  id: "P01",
  name: "P01",
  profileId: null,
  linkId: null,
  place: "",
  unitId: null,
  state: "online",
  lastExchange_ms: null,
  exchanges: 0,
  errors: 0,
  recentErrors_permille: null,
  hints: [],
  problem: null,
  ...over,
});
const exchange = (over: Partial<ExchangeView>): ExchangeView => ({
  at_ms: 0,
  direction: "in",
  summary: "FC3 unit 1 2 registers",
  raw: "01 03 04",
  decoded: [],
  problem: null,
  took_ms: null,
  ...over,
});

test("errors stand with their share, which is never rounded down to none", () => {
  expect(errorsText({ errors: 0, exchanges: 500 }, format)).toBe("0");
  expect(errorsText({ errors: 3, exchanges: 0 }, format)).toBe("3");
  expect(errorsText({ errors: 25, exchanges: 200 }, format)).toBe("25 (12.5%)");
  expect(errorsText({ errors: 1, exchanges: 100_000 }, format)).toBe("1 (< 0.1%)");
  expect(errorsText({ errors: 9, exchanges: 8 }, format)).toBe("9 (100%)");
  expect(shareText(null, format)).toBe("—");
  expect(shareText(25, format)).toBe("2.5%");
});

const words = z.object({
  hint: z.record(z.string(), z.object({ title: z.string(), action: z.string().min(20), facts: z.string() })),
  problem: z.record(z.string(), z.string()),
});

test.each(["en", "de"])("every hint says what to do, and every problem has a word (%s)", (language) => {
  const file = join(import.meta.dirname, `../../../../resources/locales/${language}/devices.json`);
  const { hint, problem } = words.parse(JSON.parse(readFileSync(file, "utf8")));
  const codes = deviceHintSchema.options.flatMap(({ shape: { code } }): string[] =>
    "options" in code ? code.options : [code.value],
  );
  expect(Object.keys(hint).toSorted()).toEqual([...codes].toSorted());
  expect(Object.keys(problem).toSorted()).toEqual([...EXCHANGE_PROBLEMS].toSorted());
});

test("a hint comes with its numbers", () => {
  const hint = { code: "termination-or-bias", crcErrors: 12, frames: 400, share_permille: 30 } as const;
  expect(hintFacts(hint, t, format)).toBe("12 of the last 400 answers were damaged (3%).");
  expect(hintFacts({ code: "ab-swap-or-baud", unitIds: [1, 2] }, t, format)).toContain("1, 2");
  expect(hintFacts({ code: "line-cut", unitIds: [3, 4] }, t, format)).toContain("3, 4");
  const refused = { code: "life-signs-untaken", inARow: 7, answer: "exception 2" } as const;
  expect(hintFacts(refused, t, format)).toBe("7 signs of life in a row were refused: exception 2.");
  expect(hintFacts({ ...refused, answer: "" }, t, format)).toBe("7 signs of life in a row got no answer.");
  expect(hintFacts({ code: "http-timeout", number: 5_000 }, t, format)).toBe("No answer within 5 s.");
  expect(hintFacts({ code: "http-not-found", number: 404 }, t, format)).toBe("HTTP status 404.");
});

describe("a value", () => {
  test("stands in the unit a person knows, and unknown is no number", () => {
    expect(valueText({ value: 16_040, unit: "mA" }, format)).toMatch(/^16\.0\sA$/u);
    expect(valueText({ value: null, unit: "mA" }, format)).toBe("—");
    expect(valueText({ value: "charging", unit: null }, format)).toBe("charging");
    expect(valueText({ value: 50, unit: "Hz" }, format)).toMatch(/^50\sHz$/u);
  });

  test("has a name with its phase, or none of ours", () => {
    expect(valueName("current_l2", t)).toBe("Current L2");
    expect(valueName("energy_import", t)).toBe("Energy, import");
    expect(valueName("map_version", t)).toBeNull();
  });
});

test("what needs a look comes first, an echo does not, and numbers in names count as numbers", () => {
  const hint = { code: "another-client", losses: 4 } as const;
  const echo = { code: "adapter-echoes", echoes: 4 } as const;
  const sorted = byNeed([
    device({ id: "P10", name: "P10" }),
    device({ id: "P9", name: "P9", hints: [echo] }),
    device({ id: "m", name: "m", kind: "meter", hints: [hint] }),
    device({ id: "x", name: "x", state: "offline" }),
  ]);
  expect(sorted.map(({ id }) => id)).toEqual(["x", "m", "P9", "P10"]);
});

test("exchanges become a text to send, oldest first, with what was wrong", () => {
  const text = exchangesText(
    [
      exchange({ at_ms: 2, problem: { code: "silence", detail: "500 ms" }, raw: "", took_ms: 500 }),
      exchange({ at_ms: 1, direction: "out", decoded: [{ name: "state", value: "charging" }] }),
    ],
    t,
    String,
  );
  expect(text.split("\n")).toEqual([
    "1 > FC3 unit 1 2 registers",
    "  01 03 04",
    "  state=charging",
    "2 < FC3 unit 1 2 registers 500 ms ! no answer in time (500 ms)",
  ]);
  expect(problemText({ problem: null }, t)).toBeNull();
});
