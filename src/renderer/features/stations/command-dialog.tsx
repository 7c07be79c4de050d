import { Button, Modal, NumberInput, SegmentedControl, Select } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { StationLive } from "../../../contract/index.ts";
import { milliampFromAmp } from "../../../core/units/quantities.ts";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import css from "./command-bar.module.css";
import { firstLimit_mA, isUnmeantPause, leastLimit_mA } from "./commands.ts";
import type { Command, CommandName } from "./commands.ts";

type Props = {
  readonly name: CommandName;
  readonly station: StationLive;
  readonly onCancel: () => void;
  readonly onConfirm: (command: Command) => void;
};

const HOUR_ms = 3_600_000;
const ALWAYS = "always";
const LIMIT_HOURS = ["1", "4", "12", "24", ALWAYS] as const;
const WITHOUT_CARD = "";

type Wishes = {
  readonly card: string;
  readonly kind: "Soft" | "Hard";
  readonly limit_A: number | string;
  readonly hours: string;
  readonly phases: 1 | 3;
};

/** The command as it goes out, from what was chosen. */
function commandOf(name: CommandName, { card, kind, limit_A, hours, phases }: Wishes): Command {
  switch (name) {
    case "start":
      return { name, idToken: card === WITHOUT_CARD ? null : card };
    case "stop":
    case "unlock":
    case "wake":
      return { name };
    case "phases":
      return { name, phases };
    case "reset":
      return { name, kind };
    case "limit":
      return {
        name,
        limit_mA: milliampFromAmp(Number(limit_A)),
        for_ms: hours === ALWAYS ? null : Number(hours) * HOUR_ms,
      };
  }
}

/** Says what will happen, asks for what is needed, and sends nothing before it is confirmed. */
export function CommandDialog({ name, station, onCancel, onConfirm }: Props) {
  const { t } = useTranslation("charger");
  const { t: tCommon } = useTranslation();
  const [wishes, setWishes] = useState<Wishes>({
    card: WITHOUT_CARD,
    kind: "Soft",
    limit_A: firstLimit_mA(station) / 1000,
    hours: "4",
    phases: 1,
  });
  const set = (patch: Partial<Wishes>): void => {
    setWishes((before) => ({ ...before, ...patch }));
  };
  const { limit_A } = wishes;
  const possible =
    name !== "limit" || (typeof limit_A === "number" && limit_A >= 0 && limit_A * 1000 <= station.max_mA);
  return (
    <Modal
      opened
      onClose={onCancel}
      title={t(`command.${name}.title`, { bay: station.name })}
      closeButtonProps={{ "aria-label": tCommon("close") }}
    >
      <div className={css["fields"]}>
        <p>{t(`command.${name}.effect`, { bay: station.name })}</p>
        {name === "start" && (
          <CardChoice
            value={wishes.card}
            onChange={(card) => {
              set({ card });
            }}
          />
        )}
        {name === "reset" && <ResetChoice wishes={wishes} set={set} />}
        {name === "phases" && <PhasesChoice wishes={wishes} set={set} />}
        {name === "limit" && <LimitChoice wishes={wishes} set={set} station={station} />}
      </div>
      <div className={css["buttons"]}>
        {name === "limit" && (
          <Button
            variant="subtle"
            onClick={() => {
              onConfirm({ name: "limit", limit_mA: null, for_ms: null });
            }}
          >
            {t("limit.remove")}
          </Button>
        )}
        <Button variant="default" onClick={onCancel}>
          {tCommon("cancel")}
        </Button>
        <Button
          data-autofocus={name !== "start" && name !== "limit"}
          disabled={!possible}
          onClick={() => {
            onConfirm(commandOf(name, wishes));
          }}
        >
          {t(`command.${name}.confirm`)}
        </Button>
      </div>
    </Modal>
  );
}

type ChoiceProps = { readonly wishes: Wishes; readonly set: (patch: Partial<Wishes>) => void };

function ResetChoice({ wishes, set }: ChoiceProps) {
  const { t } = useTranslation("charger");
  return (
    <SegmentedControl
      aria-label={t("reset.kind")}
      value={wishes.kind}
      data={[
        { value: "Soft", label: t("reset.soft") },
        { value: "Hard", label: t("reset.hard") },
      ]}
      onChange={(value) => {
        set({ kind: value === "Hard" ? "Hard" : "Soft" });
      }}
    />
  );
}

function PhasesChoice({ wishes, set }: ChoiceProps) {
  const { t } = useTranslation("charger");
  return (
    <SegmentedControl
      aria-label={t("phasesChoice.label")}
      value={String(wishes.phases)}
      data={[
        { value: "1", label: t("phasesChoice.one") },
        { value: "3", label: t("phasesChoice.three") },
      ]}
      onChange={(value) => {
        set({ phases: value === "3" ? 3 : 1 });
      }}
    />
  );
}

function LimitChoice({ wishes, set, station }: ChoiceProps & { readonly station: StationLive }) {
  const { t } = useTranslation("charger");
  const format = useFormat();
  const least = format.exactCurrent(leastLimit_mA(station));
  const pauses = typeof wishes.limit_A === "number" && isUnmeantPause(wishes.limit_A * 1000, station);
  return (
    <>
      <NumberInput
        data-autofocus
        label={t("limit.current")}
        suffix=" A"
        min={0}
        max={station.max_mA / 1000}
        step={1}
        decimalScale={1}
        value={wishes.limit_A}
        onChange={(limit_A) => {
          set({ limit_A });
        }}
        description={t("limit.range", { min: least, max: format.current(station.max_mA) })}
      />
      {pauses && <p role="status">{t("limit.pauses", { min: least })}</p>}
      <Select
        label={t("limit.until")}
        allowDeselect={false}
        value={wishes.hours}
        data={LIMIT_HOURS.map((one) => ({
          value: one,
          label: one === ALWAYS ? t("limit.always") : t("limit.hours", { count: Number(one) }),
        }))}
        onChange={(hours) => {
          set({ hours: hours ?? wishes.hours });
        }}
      />
    </>
  );
}

/** Whose card the session is to run on; without one it runs as started by hand. */
function CardChoice({ value, onChange }: { readonly value: string; readonly onChange: (idToken: string) => void }) {
  const { t } = useTranslation("charger");
  const customers = useAsk(["billing", "customers"], (api, signal) => api.billing.customers(undefined, { signal }));
  const cards = (customers.data ?? []).flatMap((customer) =>
    customer.cards
      .filter(({ blocked }) => !blocked)
      .map(({ idToken, alias }) => ({ value: idToken, label: `${customer.name} · …${alias}` })),
  );
  return (
    <Select
      data-autofocus
      searchable
      label={t("start.card")}
      description={customers.error === null ? t("start.hint") : t("start.noCustomers")}
      allowDeselect={false}
      value={value}
      data={[{ value: WITHOUT_CARD, label: t("start.without") }, ...cards]}
      onChange={(chosen) => {
        onChange(chosen ?? WITHOUT_CARD);
      }}
    />
  );
}
