import { Button, Menu, SegmentedControl, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { IconChevronDown, IconSearch, IconX } from "../../components/icons.ts";
import { PeriodBar } from "../../features/period/period-bar.tsx";
import { useLiveStore } from "../../lib/data/live-store.ts";
import type { UrlStateChange } from "../../lib/url/url-state.ts";
import { SESSION_STATES, type SessionsSearch } from "./sessions-search.ts";
import css from "./sessions-screen.module.css";

const TYPING_PAUSE_ms = 300;
const BAYS_MENU_px = 320;

type Props = {
  readonly search: SessionsSearch;
  readonly change: UrlStateChange<SessionsSearch>;
  /** Name of the customer that the list is narrowed to, once known. */
  readonly customerName: string | null;
};

/** Which sessions the list shows: period, bays, state and text, all of it in the address. */
export function SessionsFilter({ search, change, customerName }: Props) {
  const { t } = useTranslation("sessions");
  return (
    <div className={css["filter"]} role="search">
      <PeriodBar
        choice={search}
        withAll
        onChange={(choice) => {
          change(choice);
        }}
      />
      <div className={css["filterRow"]}>
        <SegmentedControl
          size="sm"
          aria-label={t("filter.state")}
          value={search.state}
          data={SESSION_STATES.map((value) => ({ value, label: t(`state.${value}`) }))}
          onChange={(value) => {
            change({ state: SESSION_STATES.find((state) => state === value) ?? "all" });
          }}
        />
        <Bays search={search} change={change} />
        <TextFilter
          key={search.text === "" ? "empty" : "filled"}
          text={search.text}
          onText={(text) => {
            change({ text }, { replace: true });
          }}
        />
        {search.customer !== null && (
          <Button
            variant="default"
            rightSection={<IconX size={14} stroke={1.75} aria-hidden />}
            onClick={() => {
              change({ customer: null });
            }}
          >
            {t("filter.customer", { name: customerName ?? "…" })}
          </Button>
        )}
        {(search.bays.length > 0 || search.text !== "" || search.state !== "all") && (
          <Button
            variant="subtle"
            onClick={() => {
              change({ bays: [], text: "", state: "all", customer: null });
            }}
          >
            {t("filter.clear")}
          </Button>
        )}
      </div>
    </div>
  );
}

function Bays({ search, change }: Pick<Props, "search" | "change">) {
  const { t } = useTranslation("sessions");
  const stationIds = useLiveStore((state) => state.stationIds);
  const stations = useLiveStore((state) => state.stations);
  const { bays } = search;
  return (
    <Menu closeOnItemClick={false} position="bottom-start">
      <Menu.Target>
        <Button variant="default" rightSection={<IconChevronDown size={16} stroke={1.75} aria-hidden />}>
          {bays.length === 0 ? t("filter.allBays") : t("filter.someBays", { count: bays.length })}
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={BAYS_MENU_px} style={{ overflow: "auto" }} aria-label={t("filter.bays")}>
        {stationIds.map((id) => {
          const isChosen = bays.includes(id);
          return (
            <Menu.CheckboxItem
              key={id}
              checked={isChosen}
              onChange={() => {
                change({ bays: isChosen ? bays.filter((bay) => bay !== id) : [...bays, id] });
              }}
            >
              {stations[id]?.name ?? id}
            </Menu.CheckboxItem>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}

function TextFilter({ text, onText }: { readonly text: string; readonly onText: (text: string) => void }) {
  const { t } = useTranslation("sessions");
  const [typed, setTyped] = useState(text);
  const send = useDebouncedCallback(onText, TYPING_PAUSE_ms);
  return (
    <TextInput
      className={css["text"]}
      data-filter
      aria-label={t("filter.text")}
      placeholder={t("filter.text")}
      maxLength={100}
      leftSection={<IconSearch size={16} stroke={1.75} aria-hidden />}
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        send(event.currentTarget.value);
      }}
    />
  );
}
