import { describe, expect, test } from "vitest";
import { tokensCss } from "./css.ts";
import { themeFor } from "./theme-choice.ts";
import { COLOURS, STATES, THEMES } from "./tokens.ts";

/** WCAG 2.2 relative luminance of #RRGGBB. */
function luminance(hex: string): number {
  const channel = (from: number): number => {
    const value = Number.parseInt(hex.slice(from, from + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

const colour = (theme: (typeof THEMES)[number], token: string): string => COLOURS[theme][token] ?? "missing";

describe.each(THEMES)("theme %s", (theme) => {
  test.each(STATES)("the fill of %s stands out from both surfaces by 3:1", (state) => {
    for (const ground of ["surface", "page"]) {
      expect(contrast(colour(theme, `state-${state}`), colour(theme, ground))).toBeGreaterThanOrEqual(3);
    }
  });

  test("ink and muted ink can be read on every surface", () => {
    for (const ground of ["surface", "page", "sunken"]) {
      expect(contrast(colour(theme, "ink"), colour(theme, ground))).toBeGreaterThanOrEqual(7);
      expect(contrast(colour(theme, "ink-muted"), colour(theme, ground))).toBeGreaterThanOrEqual(4.5);
    }
  });

  test("the focus ring and the border of a control stand out by 3:1", () => {
    for (const token of ["focus", "line-strong"]) {
      expect(contrast(colour(theme, token), colour(theme, "surface"))).toBeGreaterThanOrEqual(3);
    }
  });
});

test("every theme defines the same tokens, so none falls back to another theme's colour", () => {
  const names = THEMES.map((theme) => Object.keys(COLOURS[theme]).sort());
  expect(names[1]).toEqual(names[0]);
  expect(names[2]).toEqual(names[0]);
});

test("print forces the light colours whatever theme is on the screen", () => {
  expect(tokensCss()).toContain(
    `@media print{:root[data-theme]{color-scheme:light;--surface:${COLOURS.light["surface"] ?? ""}`,
  );
});

test("a person's choice wins over the system's preference, and the system decides only when asked to", () => {
  expect(themeFor("light", { dark: true, moreContrast: true })).toBe("light");
  expect(themeFor("system", { dark: true, moreContrast: true })).toBe("dark");
  expect(themeFor("system", { dark: false, moreContrast: true })).toBe("sun");
  expect(themeFor("system", { dark: false, moreContrast: false })).toBe("light");
});
