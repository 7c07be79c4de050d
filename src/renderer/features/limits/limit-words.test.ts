import i18next from "i18next";
import { beforeAll, expect, test } from "vitest";
import english from "../../../../resources/locales/en/limits.json";
import { createFormat } from "../../lib/format/format.ts";
import { mistakeText } from "./limit-words.ts";

beforeAll(async () => {
  await i18next.init({
    lng: "en",
    ns: ["limits"],
    resources: { en: { limits: english } },
    interpolation: { escapeValue: false },
  });
});

const words = () => ({
  t: i18next.getFixedT("en", "limits"),
  format: createFormat({ locale: "en", timezone: "Europe/Berlin", currency: "EUR" }),
});

test("what is told as the most that may be typed may be typed", () => {
  const text = mistakeText(words(), { field: "limit_W", code: "above-fuse", inputs: { name: "Main", most_W: 43_470 } });
  // 43.5 would be refused again.
  expect(text).toContain("At most 43.47\u00a0kW");
});

test("a time that is asked for in minutes is told in minutes", () => {
  const inputs = { from: 0, to: 86_400_000 };
  expect(mistakeText(words(), { field: "minimum_ms", code: "out-of-range", inputs })).toBe("From 0 to 1440.");
});
