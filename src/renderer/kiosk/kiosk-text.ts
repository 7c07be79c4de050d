import de from "../../../resources/locales/de/kiosk.json";
import en from "../../../resources/locales/en/kiosk.json";
import { isLanguage, type Language } from "../lib/i18n/languages.ts";

// The kiosk speaks few sentences without plurals, so it carries them instead of the translation library.

export type KioskTexts = typeof en;
const TEXTS: Readonly<Record<Language, KioskTexts>> = { en, de };

export const kioskTexts = (language: Language): KioskTexts => TEXTS[language];

/** Puts values where a text has {{name}}; a name without a value stays as it is. */
export const filled = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\{\{(\w+)\}\}/gu, (whole, name: string) => values[name] ?? whole);

/** The language that an address such as /kiosk?lang=de asks for, else the browser's, else English. */
export function firstLanguage(search: string, wanted: readonly string[]): Language {
  const asked = [new URLSearchParams(search).get("lang"), ...wanted.map((tag) => tag.toLowerCase().split("-")[0])];
  return asked.find(isLanguage) ?? "en";
}
