import { ActionIcon, Tooltip } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { DemoMark } from "../../components/demo-mark.tsx";
import { IconBell, IconKeyboard } from "../../components/icons.ts";
import { useSite } from "../../lib/data/live-store.ts";
import { LinkLights } from "./link-lights.tsx";
import { LanguageMenu, ThemeMenu } from "./preference-menus.tsx";
import css from "./shell-header.module.css";

/** The line over every screen: which site, what is connected, what needs somebody. */
export function ShellHeader({ onShortcuts }: { readonly onShortcuts: () => void }) {
  const { t } = useTranslation();
  const site = useSite();
  return (
    <header className={css["head"]}>
      <p className={css["name"]} title={site?.name}>
        {site?.name ?? t("product")}
      </p>
      {site?.demo === true && <DemoMark speed={site.speed} />}
      <LinkLights />
      <div className={css["tools"]}>
        <Alerts open={site?.openAlerts ?? 0} />
        <Tooltip label={t("shortcuts.title")}>
          <ActionIcon
            className={css["wide"]}
            variant="subtle"
            size="lg"
            aria-label={t("shortcuts.title")}
            aria-keyshortcuts="?"
            onClick={onShortcuts}
          >
            <IconKeyboard size={20} stroke={1.75} aria-hidden />
          </ActionIcon>
        </Tooltip>
        <LanguageMenu />
        <ThemeMenu />
      </div>
    </header>
  );
}

function Alerts({ open }: { readonly open: number }) {
  const { t } = useTranslation();
  return (
    <Link to="/alerts" className={css["bell"]} data-open={open > 0} aria-label={t("shell.alerts", { count: open })}>
      <IconBell size={20} stroke={1.75} aria-hidden />
      <span aria-hidden>{open}</span>
    </Link>
  );
}
