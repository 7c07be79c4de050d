import { SegmentedControl, Select, Switch } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Card } from "../../components/page.tsx";
import { LANGUAGE_NAMES, LANGUAGES } from "../../lib/i18n/languages.ts";
import { useLanguage } from "../../lib/i18n/use-language.ts";
import { DENSITIES, UNITS, usePreferences } from "../../lib/preferences/preferences.ts";
import { THEME_CHOICES } from "../../lib/tokens/theme-choice.ts";
import { oneOf } from "../../lib/url/url-state.ts";
import css from "./settings.module.css";

/** How the page looks for this person on this screen; saved at once and only here. */
export function AppearancePage() {
  const { t } = useTranslation("settings");
  const { t: tCommon } = useTranslation();
  const { t: tLive } = useTranslation("live");
  const [language, setLanguage] = useLanguage();
  const { theme, unit, density, singleKeys, change } = usePreferences();
  return (
    <Card title={t("page.appearance")}>
      <div className={css["narrow"]}>
        <p className={css["muted"]}>{t("appearance.here")}</p>
        <Select
          label={tCommon("language.title")}
          allowDeselect={false}
          value={language}
          data={LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value] }))}
          onChange={(value) => {
            setLanguage(oneOf(LANGUAGES, value, "en"));
          }}
        />
        <Select
          label={tCommon("theme.title")}
          allowDeselect={false}
          value={theme}
          data={THEME_CHOICES.map((value) => ({ value, label: tCommon(`theme.${value}`) }))}
          onChange={(value) => {
            change({ theme: oneOf(THEME_CHOICES, value, "system") });
          }}
        />
        <Select
          label={t("appearance.density")}
          allowDeselect={false}
          value={density}
          data={DENSITIES.map((value) => ({ value, label: tLive(`density.${value}`) }))}
          onChange={(value) => {
            change({ density: oneOf(DENSITIES, value, "auto") });
          }}
        />
        <div>
          <p id="unit-label">{t("appearance.unit")}</p>
          <SegmentedControl
            aria-labelledby="unit-label"
            value={unit}
            data={[...UNITS]}
            onChange={(value) => {
              change({ unit: oneOf(UNITS, value, "A") });
            }}
          />
        </div>
        <Switch
          label={tCommon("shortcuts.single")}
          checked={singleKeys}
          onChange={(event) => {
            change({ singleKeys: event.currentTarget.checked });
          }}
        />
      </div>
    </Card>
  );
}
