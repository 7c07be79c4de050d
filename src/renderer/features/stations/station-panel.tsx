import { ActionIcon, Tabs } from "@mantine/core";
import { type RefObject, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { IconPlug, IconX } from "../../components/icons.ts";
import { Notice } from "../../components/notice.tsx";
import { useLiveStore, useStation } from "../../lib/data/live-store.ts";
import { useKeys } from "../../lib/keyboard/keyboard.ts";
import { usePreferences } from "../../lib/preferences/preferences.ts";
import { StateChip } from "../state/state-chip.tsx";
import { ChargerDetail } from "./charger-detail.tsx";
import { Explain } from "./explain.tsx";
import css from "./station-panel.module.css";

type Tab = "charger" | "why";

type Props = {
  readonly stationId: string;
  readonly tab: Tab;
  readonly onTab: (tab: Tab) => void;
  readonly onStation: (stationId: string) => void;
  readonly onClose: () => void;
};

/** One charger beside the site: everything about it, and why it gets what it gets. Esc closes, arrows go to the next. */
export function StationPanel({ stationId, tab, onTab, onStation, onClose }: Props) {
  const { t } = useTranslation("charger");
  const { t: tCommon } = useTranslation();
  const station = useStation(stationId);
  const panel = useRef<HTMLElement>(null);
  useFocusMove(panel);
  usePanelKeys({ stationId, onStation, onClose });
  const name = station?.name ?? stationId;
  return (
    <aside className={css["panel"]} ref={panel} tabIndex={-1} aria-label={t("panel.title", { name })}>
      <header className={css["head"]}>
        <h2 className={css["name"]}>{name}</h2>
        {station !== undefined && <StateChip state={station.state} />}
        <ActionIcon className={css["close"]} variant="subtle" size="lg" aria-label={tCommon("close")} onClick={onClose}>
          <IconX size={20} stroke={1.75} aria-hidden />
        </ActionIcon>
      </header>
      {station === undefined ? (
        <Notice icon={IconPlug} title={t("panel.unknown", { name })} />
      ) : (
        <Tabs
          className={css["tabs"]}
          value={tab}
          onChange={(value) => {
            onTab(value === "why" ? "why" : "charger");
          }}
        >
          <Tabs.List className={css["list"]}>
            <Tabs.Tab value="charger">{t("panel.charger")}</Tabs.Tab>
            <Tabs.Tab value="why">{t("panel.why")}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel className={css["content"]} value="charger">
            {tab === "charger" && <ChargerDetail key={stationId} station={station} />}
          </Tabs.Panel>
          <Tabs.Panel className={css["content"]} value="why">
            {tab === "why" && <Explain station={station} />}
          </Tabs.Panel>
        </Tabs>
      )}
    </aside>
  );
}

/** The focus goes into the panel when it opens and back to where it came from when it closes. */
function useFocusMove(panel: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const from = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    panel.current?.focus({ preventScroll: true });
    return () => {
      from?.focus({ preventScroll: true });
    };
  }, [panel]);
}

function usePanelKeys({ stationId, onStation, onClose }: Pick<Props, "stationId" | "onStation" | "onClose">): void {
  useKeys(({ key, alt, ctrl, inControl }) => {
    if (alt || ctrl) return false;
    if (key === "Escape") {
      // A dialog or menu above the panel closes first.
      if (document.querySelector("[role=dialog][aria-modal=true], [role=menu], [role=listbox]") !== null) return false;
      onClose();
      return true;
    }
    const step = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
    const atRest = document.activeElement?.closest("[role=tab], [role=treeitem], [role=radiogroup]") === null;
    if (step === 0 || inControl || !atRest || !usePreferences.getState().singleKeys) return false;
    const { stationIds } = useLiveStore.getState();
    const next = stationIds[stationIds.indexOf(stationId) + step];
    if (next !== undefined) onStation(next);
    return next !== undefined;
  });
}
