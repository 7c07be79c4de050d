import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { type Icon, IconDeviceDesktop, IconLanguage, IconMoon, IconSun, IconSunHigh } from "../../components/icons.ts";
import { LANGUAGE_NAMES, LANGUAGES } from "../../lib/i18n/languages.ts";
import { useLanguage } from "../../lib/i18n/use-language.ts";
import { usePreferences } from "../../lib/preferences/preferences.ts";
import { THEME_CHOICES, type ThemeChoice } from "../../lib/tokens/theme-choice.ts";

const THEME_ICON: Readonly<Record<ThemeChoice, Icon>> = {
  system: IconDeviceDesktop,
  light: IconSun,
  dark: IconMoon,
  sun: IconSunHigh,
};

export function ThemeMenu() {
  const { t } = useTranslation();
  const { theme, change } = usePreferences();
  const Shown = THEME_ICON[theme];
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Tooltip label={t("theme.title")}>
          <ActionIcon variant="subtle" size="lg" aria-label={t("theme.title")}>
            <Shown size={20} stroke={1.75} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {THEME_CHOICES.map((choice) => {
          const ItemIcon = THEME_ICON[choice];
          return (
            <Menu.RadioItem
              key={choice}
              value={choice}
              checked={choice === theme}
              closeMenuOnClick
              rightSection={<ItemIcon size={16} stroke={1.75} aria-hidden />}
              onChange={() => {
                change({ theme: choice });
              }}
            >
              {t(`theme.${choice}`)}
            </Menu.RadioItem>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}

export function LanguageMenu() {
  const { t } = useTranslation();
  const [language, setLanguage] = useLanguage();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Tooltip label={t("language.title")}>
          <ActionIcon variant="subtle" size="lg" aria-label={t("language.title")}>
            <IconLanguage size={20} stroke={1.75} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {LANGUAGES.map((choice) => (
          <Menu.RadioItem
            key={choice}
            value={choice}
            checked={choice === language}
            closeMenuOnClick
            lang={choice}
            onChange={() => {
              setLanguage(choice);
            }}
          >
            {LANGUAGE_NAMES[choice]}
          </Menu.RadioItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
