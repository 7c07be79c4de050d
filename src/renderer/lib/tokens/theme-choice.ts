import { THEMES, type ThemeName } from "./tokens.ts";

/** What the person chose; `system` follows the operating system. */
export const THEME_CHOICES = ["system", ...THEMES] as const;
export type ThemeChoice = (typeof THEME_CHOICES)[number];

export const isThemeChoice = (value: unknown): value is ThemeChoice => THEME_CHOICES.some((choice) => choice === value);

/** The theme to show for a choice, given what the operating system prefers. */
export function themeFor(
  choice: ThemeChoice,
  system: { readonly dark: boolean; readonly moreContrast: boolean },
): ThemeName {
  if (choice !== "system") return choice;
  if (system.dark) return "dark";
  return system.moreContrast ? "sun" : "light";
}
