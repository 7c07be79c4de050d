import { Button, Modal, NumberInput, SegmentedControl, Select } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { StationLive } from "../../../contract/index.ts";
import { milliampFromAmp } from "../../../core/units/quantities.ts";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import css from "./command-bar.module.css";
import type { Command, CommandName } from "./commands.ts";

type Props = {
  readonly name: CommandName;
  readonly station: StationLive;
  readonly onCancel: () => void;
  readonly onConfirm: (command: Command) => void;
};

const HOUR_ms = 3_600_000;
const LIMIT_HOURS = ["1", "4", "12", "24", "always"] as const;
const WITHOUT_CARD = "";

/** Says what will happen, asks for what is needed, and sends nothing before it is confirmed. */
export function CommandDialog({ name, station, onCancel, onConfirm }: Props) {
  const { t } = useTranslation("charger");
  const { t: tCommon } = useTranslation();
  const format = useFormat();
  const [card, setCard] = useState(WITHOUT_CARD);
  const [kind, setKind] = useState<"Soft" | "Hard">("Soft");
  const [limit_A, setLimit] = useState<number | string>(Math.floor(station.max_mA / 2000));
  const [hours, setHours] = useState<string>("4");
  const limitOk = typeof limit_A === "number" && limit_A >= 0;
  const command = (): Command => {
    switch (name) {
      case "start":
        return { name, idToken: card === WITHOUT_CARD ? null : card };
      case "stop":
      case "unlock":
        return { name };
      case "reset":
        return { name, kind };
      case "limit":
        return {
          name,
          limit_mA: typeof limit_A === "number" ? milliampFromAmp(limit_A) : null,
          for_ms: hours === "always" ? null : Number(hours) * HOUR_ms,
        };
    }
  };
  return (
    <Modal
      opened
      onClose={onCancel}
      title={t(`command.${name}.title`, { bay: station.name })}
      closeButtonProps={{ "aria-label": tCommon("close") }}
    >
      <div className={css["fields"]}>
        <p>{t(`command.${name}.effect`, { bay: station.name })}</p>
        {name === "start" && <CardChoice value={card} onChange={setCard} />}
        {name === "reset" && (
          <SegmentedControl
            aria-label={t("reset.kind")}
            value={kind}
            data={[
              { value: "Soft", label: t("reset.soft") },
              { value: "Hard", label: t("reset.hard") },
            ]}
            onChange={(value) => {
              setKind(value === "Hard" ? "Hard" : "Soft");
            }}
          />
        )}
        {name === "limit" && (
          <>
            <NumberInput
              label={t("limit.current")}
              suffix=" A"
              min={0}
              max={station.max_mA / 1000}
              step={1}
              decimalScale={1}
              value={limit_A}
              onChange={setLimit}
              description={t("limit.range", { max: format.current(station.max_mA) })}
            />
            <Select
              label={t("limit.until")}
              allowDeselect={false}
              value={hours}
              data={LIMIT_HOURS.map((one) => ({
                value: one,
                label: one === "always" ? t("limit.always") : t("limit.hours", { count: Number(one) }),
              }))}
              onChange={(value) => {
                setHours(value ?? "4");
              }}
            />
          </>
        )}
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
          disabled={name === "limit" && !limitOk}
          onClick={() => {
            onConfirm(command());
          }}
        >
          {t(`command.${name}.confirm`)}
        </Button>
      </div>
    </Modal>
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
