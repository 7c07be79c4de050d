import { MantineProvider } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { type ReactNode, useLayoutEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { usePreferences } from "../lib/preferences/preferences.ts";
import { themeFor } from "../lib/tokens/theme-choice.ts";
import { mantineThemeFor, resolveMantineVariables } from "./theme.ts";

/** Puts the chosen theme on the page and keeps Mantine's own light and dark in step with it. */
export function Appearance({ children }: { readonly children: ReactNode }) {
  const choice = usePreferences((state) => state.theme);
  const dark = useMediaQuery("(prefers-color-scheme: dark)");
  const moreContrast = useMediaQuery("(prefers-contrast: more)");
  const theme = themeFor(choice, { dark, moreContrast });
  const { i18n } = useTranslation();
  const mantineTheme = useMemo(() => mantineThemeFor(i18n.language), [i18n.language]);
  useLayoutEffect(() => {
    document.documentElement.dataset["theme"] = theme;
  }, [theme]);
  return (
    <MantineProvider
      theme={mantineTheme}
      cssVariablesResolver={resolveMantineVariables}
      forceColorScheme={theme === "dark" ? "dark" : "light"}
      withGlobalClasses={false}
    >
      {children}
    </MantineProvider>
  );
}
