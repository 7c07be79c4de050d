export const LANGUAGES = ["en", "de"] as const;
export type Language = (typeof LANGUAGES)[number];

/** Each language in its own words. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: "English", de: "Deutsch" };

export const isLanguage = (value: unknown): value is Language => LANGUAGES.some((language) => language === value);

/** The first language of the reader that we speak, else English. `wanted` is in the browser's order, e.g. ["de-AT", "fr"]. */
export function pickLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const [language] = tag.toLowerCase().split("-");
    if (isLanguage(language)) return language;
  }
  return "en";
}
