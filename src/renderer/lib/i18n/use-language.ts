import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { usePreferences } from "../preferences/preferences.ts";
import { type Language, pickLanguage } from "./languages.ts";

/** The language of the page and how to change it; the choice is remembered in this browser. */
export function useLanguage(): readonly [Language, (language: Language) => void] {
  const { i18n } = useTranslation();
  const set = useCallback(
    (language: Language) => {
      usePreferences.getState().change({ language });
      document.documentElement.lang = language;
      void i18n.changeLanguage(language);
    },
    [i18n],
  );
  return [pickLanguage([i18n.language]), set];
}
