import i18next, { type BackendModule, type i18n, type ResourceKey } from "i18next";
import { initReactI18next } from "react-i18next";
import type { Language } from "./languages.ts";

export const NAMESPACES = [
  "common",
  "live",
  "charts",
  "period",
  "charger",
  "reasons",
  "alerts",
  "devices",
  "settings",
  "limits",
  "phases",
  "commissioning",
  "start",
  "sessions",
  "billing",
  "box",
  "history",
  "kiosk",
] as const;

// One small file per language and namespace, fetched when a screen first needs it.
const files = import.meta.glob<{ readonly default: ResourceKey }>("../../../../resources/locales/*/*.json");

const backend: BackendModule = {
  type: "backend",
  init: () => undefined,
  read: (language, namespace, callback) => {
    const load = files[`../../../../resources/locales/${language}/${namespace}.json`];
    if (load === undefined) {
      callback(new Error(`no texts for ${language}/${namespace}`), null);
      return;
    }
    load().then(
      (module) => {
        callback(null, module.default);
      },
      (error: unknown) => {
        callback(error instanceof Error ? error : new Error(String(error)), null);
      },
    );
  },
};

/** Texts of `namespaces` are loaded when the promise resolves; the others follow when a screen asks for them. */
export async function startI18n(language: Language, namespaces: readonly (typeof NAMESPACES)[number][]): Promise<i18n> {
  await i18next
    .use(backend)
    .use(initReactI18next)
    .init({
      lng: language,
      fallbackLng: "en",
      supportedLngs: ["en", "de"],
      load: "languageOnly",
      ns: [...namespaces],
      defaultNS: "common",
      returnNull: false,
      // React escapes by itself.
      interpolation: { escapeValue: false },
      react: { useSuspense: true },
    });
  return i18next;
}
