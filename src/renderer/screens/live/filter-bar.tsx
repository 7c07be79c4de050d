import { ActionIcon, Button, CloseButton, Menu, SegmentedControl, TextInput, Tooltip } from "@mantine/core";
import { useTranslation } from "react-i18next";
import {
  IconAdjustmentsHorizontal,
  IconPlayerPause,
  IconPlayerPlay,
  IconPrinter,
  IconSearch,
} from "../../components/icons.ts";
import { StateIcon } from "../../features/state/state-icon.tsx";
import { useLiveStore } from "../../lib/data/live-store.ts";
import { DENSITIES, UNITS, usePreferences } from "../../lib/preferences/preferences.ts";
import { oneOf, type UrlStateChange } from "../../lib/url/url-state.ts";
import css from "./filter-bar.module.css";
import { type LiveSearch, SORTS, STATE_FILTERS, type StateFilter } from "./live-view.ts";

type Props = {
  readonly search: LiveSearch;
  readonly change: UrlStateChange<LiveSearch>;
  readonly counts: Readonly<Record<StateFilter, number>>;
};

/** Which chargers, in which order, in which unit, and whether the picture moves. */
export function FilterBar({ search, change, counts }: Props) {
  return (
    <div className={css["bar"]}>
      <StateChips search={search} change={change} counts={counts} />
      <div className={css["tools"]}>
        <Finder search={search} change={change} />
        <View search={search} change={change} />
        <UnitSwitch />
        <Pause />
      </div>
    </div>
  );
}

function StateChips({ search, change, counts }: Props) {
  const { t } = useTranslation("live");
  const { t: tCommon } = useTranslation();
  return (
    <ul className={css["chips"]} aria-label={t("filter.states")}>
      {STATE_FILTERS.filter((state) => state === "all" || state === search.state || counts[state] > 0).map((state) => (
        <li key={state}>
          <button
            type="button"
            className={css["chip"]}
            aria-pressed={search.state === state}
            onClick={() => {
              change({ state: search.state === state ? "all" : state });
            }}
          >
            {state !== "all" && <StateIcon state={state} size={14} />}
            {state === "all" ? t("filter.all") : tCommon(`state.${state}`)}
            <span className={css["count"]}>{counts[state]}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Finder({ search, change }: Omit<Props, "counts">) {
  const { t } = useTranslation("live");
  return (
    <TextInput
      data-filter
      className={css["find"]}
      size="xs"
      aria-label={t("filter.find")}
      placeholder={t("filter.find")}
      leftSection={<IconSearch size={14} stroke={1.75} aria-hidden />}
      value={search.text}
      onChange={(event) => {
        change({ text: event.currentTarget.value }, { replace: true });
      }}
      rightSection={
        search.text === "" ? null : (
          <CloseButton
            size="xs"
            aria-label={t("filter.clear")}
            onClick={() => {
              change({ text: "" }, { replace: true });
            }}
          />
        )
      }
    />
  );
}

/** Order, size and print stand in one menu, so that the bar keeps to one line. */
function View({ search, change }: Omit<Props, "counts">) {
  const { t } = useTranslation("live");
  const density = usePreferences((state) => state.density);
  const changePreference = usePreferences((state) => state.change);
  return (
    <Menu position="bottom-end" closeOnItemClick={false}>
      <Menu.Target>
        <Button
          variant="default"
          size="xs"
          leftSection={<IconAdjustmentsHorizontal size={16} stroke={1.75} aria-hidden />}
        >
          {t("view")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("sort.title")}</Menu.Label>
        {SORTS.map((sort) => (
          <Choice
            key={sort}
            chosen={search.sort === sort}
            label={t(`sort.${sort}`)}
            onChoose={() => {
              change({ sort });
            }}
          />
        ))}
        <Menu.Divider />
        <Menu.Label>{t("density.title")}</Menu.Label>
        {DENSITIES.map((one) => (
          <Choice
            key={one}
            chosen={density === one}
            label={t(`density.${one}`)}
            onChoose={() => {
              changePreference({ density: one });
            }}
          />
        ))}
        <Menu.Divider />
        <Menu.Item
          closeMenuOnClick
          leftSection={<IconPrinter size={16} stroke={1.75} aria-hidden />}
          onClick={printSoon}
        >
          {t("print")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** The menu must be gone before the page is put on paper. */
function printSoon(): void {
  setTimeout(() => {
    window.print();
  }, 0);
}

type ChoiceProps = { readonly chosen: boolean; readonly label: string; readonly onChoose: () => void };

function Choice({ chosen, label, onChoose }: ChoiceProps) {
  return (
    <Menu.RadioItem value={label} checked={chosen} onChange={onChoose}>
      {label}
    </Menu.RadioItem>
  );
}

function UnitSwitch() {
  const { t } = useTranslation("live");
  const { unit, change } = usePreferences();
  return (
    <SegmentedControl
      size="xs"
      aria-label={t("unit")}
      value={unit}
      data={[...UNITS]}
      onChange={(value) => {
        change({ unit: oneOf(UNITS, value, "A") });
      }}
    />
  );
}

function Pause() {
  const { t } = useTranslation("live");
  const paused = useLiveStore((state) => state.paused);
  const setPaused = useLiveStore((state) => state.setPaused);
  const label = paused ? t("resume") : t("pause");
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant={paused ? "filled" : "default"}
        size={30}
        aria-label={label}
        aria-pressed={paused}
        aria-keyshortcuts="Space"
        onClick={() => {
          setPaused(!paused);
        }}
      >
        {paused ? <IconPlayerPlay size={16} aria-hidden /> : <IconPlayerPause size={16} aria-hidden />}
      </ActionIcon>
    </Tooltip>
  );
}
