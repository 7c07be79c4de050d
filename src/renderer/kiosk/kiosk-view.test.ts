import { describe, expect, test } from "vitest";
import { REASON_KINDS } from "../../core/balancing/index.ts";
import { DISPLAY_STATES } from "../../contract/live.ts";
import { createFormat } from "../lib/format/format.ts";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { firstLanguage, sayIn } from "./kiosk-text.ts";
import { type Bay, bayGrid, bayNumber, baysOnPage, trust, whyKey } from "./kiosk-view.ts";
import { lineText } from "./kiosk-words.ts";

const bay = (patch: Partial<Bay>): Bay => ({
  stationId: "P01",
  name: "Bay 1",
  state: "limited",
  power_W: 8_280,
  since_ms: 0,
  session: null,
  granted_mA: 12_000,
  because: [],
  queuePlace: null,
  ...patch,
});

describe("bays on the screen", () => {
  test.each([
    [1, "landscape", 2, 1],
    [8, "landscape", 4, 1],
    [12, "landscape", 4, 1],
    [16, "portrait", 4, 1],
    [40, "landscape", 8, 1],
    [41, "landscape", 8, 2],
    [100, "portrait", 5, 3],
  ] as const)("%i bays %s stand in %i columns on %i pages", (count, orientation, columns, pages) => {
    expect(bayGrid(count, orientation)).toMatchObject({ columns, pages });
  });

  test("every bay is on exactly one page", () => {
    const bays = Array.from({ length: 95 }, (_, index) => bay({ stationId: String(index) }));
    const grid = bayGrid(bays.length, "landscape");
    const shown = Array.from({ length: grid.pages }, (_, page) => baysOnPage(bays, grid, page)).flat();
    expect(shown.map(({ stationId }) => stationId)).toEqual(bays.map(({ stationId }) => stationId));
    expect(baysOnPage(bays, grid, grid.pages)).toEqual(baysOnPage(bays, grid, 0));
  });

  test("show the number on the ground, or the whole name where there is none", () => {
    expect(bayNumber("Bay 12")).toBe("12");
    expect(bayNumber("Ost")).toBe("Ost");
  });
});

describe.each(["en", "de"] as const)("the kiosk in %s", (language) => {
  const words = {
    say: sayIn(language),
    format: createFormat({ locale: language, timezone: "Europe/Berlin", currency: "EUR" }),
  };

  test("has a word for every state and an answer for every reason", () => {
    for (const state of DISPLAY_STATES) {
      expect(words.say(`state.${state}`)).not.toBe(`state.${state}`);
      expect(words.say(`why.${whyKey(bay({ state }))}`)).not.toContain("why.");
    }
    for (const kind of REASON_KINDS) {
      const why = whyKey(bay({ because: [{ kind, ref: "x", before_mA: 16_000, after_mA: 12_000 }] }));
      expect(words.say(`why.${why}`), kind).not.toContain("why.");
    }
  });

  test("leaves no value unfilled", () => {
    const file = join(import.meta.dirname, `../../../resources/locales/${language}/kiosk.json`);
    const named = [...readFileSync(file, "utf8").matchAll(/"why": \{([^}]*\}\}[^}]*|[^}])*\}/gu)]
      .join("")
      .matchAll(/\{\{(\w+)\}\}/gu);
    for (const [, name] of named) expect(["granted", "place"]).toContain(name);
    expect(words.say("why.shared", { granted: "12 A" })).toMatch(/^12 A, /u);
    expect(lineText(bay({}), 0, words)).toMatch(/8[.,]3\u00a0kW \w+/u);
    expect(lineText(bay({ state: "occupied", since_ms: 0 }), 42 * 60_000, words)).toContain("0:42");
    expect(lineText(bay({ state: "free" }), 0, words)).toBe("");
    expect(lineText(bay({ power_W: null }), 0, words)).toBe("");
  });
});

test("rounding to the charger's steps is not a reason a driver hears of", () => {
  const because = [
    { kind: "policy_share", ref: "a", before_mA: 16_000, after_mA: 12_400 },
    { kind: "step_round", ref: "a", before_mA: 12_400, after_mA: 12_000 },
  ] as const;
  expect(whyKey(bay({ because: [...because] }))).toBe("shared");
  expect(whyKey(bay({ because: [] }))).toBe("full");
});

test("after ten seconds of silence the screen says so, after a quarter of an hour it hides the price", () => {
  expect(trust(9_000)).toEqual({ isOld: false, showPrice: true });
  expect(trust(11_000)).toEqual({ isOld: true, showPrice: true });
  expect(trust(16 * 60_000)).toEqual({ isOld: true, showPrice: false });
});

test("speaks the language asked for, then the browser's, then English", () => {
  expect(firstLanguage("?lang=de", ["en"])).toBe("de");
  expect(firstLanguage("?lang=xx", ["fr-FR", "de-AT"])).toBe("de");
  expect(firstLanguage("", ["fr"])).toBe("en");
});
