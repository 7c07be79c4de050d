import { useRouterState } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useSite } from "../../lib/data/live-store.ts";
import { SCREENS } from "../screens.ts";

/** Names the window after the screen and the site. */
export function DocumentTitle() {
  const { t } = useTranslation();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const site = useSite();
  const screen = SCREENS.find((candidate) => candidate.path === path);
  const name = screen === undefined ? null : t(`screen.${screen.id}`);
  const title = [name, site?.name, site?.demo === true ? "DEMO" : null, t("product")]
    .filter((part) => part !== null && part !== undefined)
    .join(" · ");
  useEffect(() => {
    document.title = title;
  }, [title]);
  return null;
}
