import { create } from "zustand";
import { isLanguage, type Language } from "../i18n/languages.ts";
import { isThemeChoice, type ThemeChoice } from "../tokens/theme-choice.ts";

export const UNITS = ["A", "kW"] as const;
export type Unit = (typeof UNITS)[number];
export const DENSITIES = ["auto", "cards", "compact", "rows"] as const;
export type Density = (typeof DENSITIES)[number];

/** What one person likes on one screen; kept in that browser and nowhere else. */
export type Preferences = {
  readonly theme: ThemeChoice;
  /** `null` follows the browser. */
  readonly language: Language | null;
  readonly unit: Unit;
  readonly density: Density;
  /** Shortcuts of a single key can be switched off (WCAG 2.1.4). */
  readonly singleKeys: boolean;
};

const DEFAULTS: Preferences = { theme: "system", language: null, unit: "A", density: "auto", singleKeys: true };
const STORAGE_KEY = "chargehand.preferences";

const isOneOf = <T extends string>(list: readonly T[], value: unknown): value is T =>
  list.some((item) => item === value);

/** Reads what an older version or a stranger may have stored: every field it does not understand becomes the default. */
export function parsePreferences(text: string | null): Preferences {
  if (text === null) return DEFAULTS;
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return DEFAULTS;
    throw error;
  }
  const field = (name: string): unknown =>
    typeof raw === "object" && raw !== null ? Object.entries(raw).find(([key]) => key === name)?.[1] : undefined;
  const [theme, language, unit, density, singleKeys] = [
    field("theme"),
    field("language"),
    field("unit"),
    field("density"),
    field("singleKeys"),
  ];
  return {
    theme: isThemeChoice(theme) ? theme : DEFAULTS.theme,
    language: isLanguage(language) ? language : DEFAULTS.language,
    unit: isOneOf(UNITS, unit) ? unit : DEFAULTS.unit,
    density: isOneOf(DENSITIES, density) ? density : DEFAULTS.density,
    singleKeys: typeof singleKeys === "boolean" ? singleKeys : DEFAULTS.singleKeys,
  };
}

/** A browser may refuse storage to a page; then preferences last as long as the page. */
function storage(): Storage | null {
  try {
    return typeof localStorage === "undefined" ? null : localStorage;
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}

type PreferencesStore = Preferences & { readonly change: (patch: Partial<Preferences>) => void };

export const usePreferences = create<PreferencesStore>()((set, get) => ({
  ...parsePreferences(storage()?.getItem(STORAGE_KEY) ?? null),
  change: (patch) => {
    set(patch);
    const { theme, language, unit, density, singleKeys } = get();
    storage()?.setItem(STORAGE_KEY, JSON.stringify({ theme, language, unit, density, singleKeys }));
  },
}));
