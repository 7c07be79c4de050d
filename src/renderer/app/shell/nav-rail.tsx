import { Link, useLocation } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { SCREENS } from "../screens.ts";
import css from "./nav-rail.module.css";

/** Where one can go, always with words; at the foot of the page on a phone. */
export function NavRail() {
  const { t } = useTranslation();
  // The devices have a page of their own and are reached through the settings.
  const isInDevices = useLocation({ select: ({ pathname }) => pathname.startsWith("/devices") });
  return (
    <nav className={css["rail"]} aria-label={t("shell.nav")}>
      <ul className={css["list"]}>
        {SCREENS.map(({ id, path, icon: Icon }, index) => (
          <li key={id}>
            <Link
              to={path}
              className={css["item"]}
              activeProps={{ "aria-current": "page" }}
              {...(id === "settings" && isInDevices ? { "aria-current": "location" as const } : {})}
              aria-keyshortcuts={`Alt+${String(index + 1)}`}
            >
              <Icon size={20} stroke={1.75} aria-hidden />
              <span>{t(`screen.${id}`)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
