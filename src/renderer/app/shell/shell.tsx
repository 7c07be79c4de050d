import { Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { ShellHeader } from "./shell-header.tsx";
import { Loading } from "../../components/state-boundary.tsx";
import { useLiveStore } from "../../lib/data/live-store.ts";
import { type KeyPress, useKeys } from "../../lib/keyboard/keyboard.ts";
import { usePreferences } from "../../lib/preferences/preferences.ts";
import { StartScreen } from "../../screens/start/start-screen.tsx";
import { SCREENS } from "../screens.ts";
import { DocumentTitle } from "./document-title.tsx";
import { NavRail } from "./nav-rail.tsx";
import css from "./shell.module.css";
import { ShortcutsDialog } from "./shortcuts-dialog.tsx";
import { Announcer } from "./announcer.tsx";

/** Header, left rail and the screen. Without a site there is nothing to navigate: the start page stands alone. */
export function Shell() {
  const { t } = useTranslation();
  const [shortcutsShown, setShortcutsShown] = useState(false);
  const withoutSite = useLiveStore((state) => state.refused === "NO_SITE");
  useShellKeys(() => {
    setShortcutsShown(true);
  });
  return (
    <div className={css["shell"]} data-bare={withoutSite}>
      <a
        className={css["skip"]}
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById("main")?.focus();
        }}
      >
        {t("shell.skip")}
      </a>
      <ShellHeader
        onShortcuts={() => {
          setShortcutsShown(true);
        }}
      />
      {!withoutSite && <NavRail />}
      <main className={css["main"]} id="main" tabIndex={-1}>
        <Suspense fallback={<Loading />}>{withoutSite ? <StartScreen /> : <Outlet />}</Suspense>
      </main>
      <ShortcutsDialog
        opened={shortcutsShown}
        onClose={() => {
          setShortcutsShown(false);
        }}
      />
      <DocumentTitle />
      <Announcer />
    </div>
  );
}

/** Alt+1…6 open screens; ? / Space U work where nothing else takes the key and single keys are switched on. */
function useShellKeys(showShortcuts: () => void): void {
  const navigate = useNavigate();
  const path = useRouterState({ select: (state) => state.location.pathname });
  useKeys(({ key, alt, ctrl, inControl }: KeyPress): boolean => {
    const screen = alt && !ctrl ? SCREENS[Number(key) - 1] : undefined;
    if (screen !== undefined) {
      void navigate({ to: screen.path });
      return true;
    }
    const { singleKeys, unit, change } = usePreferences.getState();
    if (alt || ctrl || inControl || !singleKeys) return false;
    switch (key) {
      case "?":
        showShortcuts();
        return true;
      case "/":
        return focusFilter();
      case " ": {
        if (path !== "/live") return false;
        const { paused, setPaused } = useLiveStore.getState();
        setPaused(!paused);
        return true;
      }
      case "u":
      case "U":
        change({ unit: unit === "A" ? "kW" : "A" });
        return true;
      default:
        return false;
    }
  });
}

/** The field that a screen marked with `data-filter`; false when it has none. */
function focusFilter(): boolean {
  const field = document.querySelector<HTMLElement>("[data-filter]");
  field?.focus();
  return field !== null;
}
