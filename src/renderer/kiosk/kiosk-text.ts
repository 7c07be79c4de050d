import de from "../../../resources/locales/de/kiosk.json";
import en from "../../../resources/locales/en/kiosk.json";
import { isLanguage, type Language } from "../lib/i18n/languages.ts";

// The kiosk speaks few sentences without plurals, so it carries them instead of the translation library.

type KeysOf<T, Before extends string = ""> = {
  [K in keyof T & string]: T[K] extends string ? `${Before}${K}` : KeysOf<T[K], `${Before}${K}.`>;
}[keyof T & string];
export type KioskKey = KeysOf<typeof en>;

/** A sentence in the driver's language with values where it has {{name}}. */
export type Say = (key: KioskKey, values?: Readonly<Record<string, string>>) => string;

function flattened(texts: object, before = ""): readonly (readonly [string, string])[] {
  return Object.entries(texts).flatMap(([key, value]: [string, unknown]): readonly (readonly [string, string])[] => {
    if (typeof value === "string") return [[`${before}${key}`, value]];
    return typeof value === "object" && value !== null ? flattened(value, `${before}${key}.`) : [];
  });
}

const TEXTS: Readonly<Record<Language, ReadonlyMap<string, string>>> = {
  en: new Map(flattened(en)),
  de: new Map(flattened(de)),
};

/** A name without a value stays as it is, so that it is seen and mended. */
export const sayIn =
  (language: Language): Say =>
  (key, values = {}) =>
    (TEXTS[language].get(key) ?? key).replaceAll(/\{\{(\w+)\}\}/gu, (whole, name: string) => values[name] ?? whole);

/** The language that an address such as /kiosk?lang=de asks for, else the browser's, else English. */
export function firstLanguage(search: string, wanted: readonly string[]): Language {
  const asked = [new URLSearchParams(search).get("lang"), ...wanted.map((tag) => tag.toLowerCase().split("-")[0])];
  return asked.find(isLanguage) ?? "en";
}
