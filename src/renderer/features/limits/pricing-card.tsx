import { Button, Modal, NumberInput } from "@mantine/core";
import { type SyntheticEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { LimitChange, LimitSettings } from "../../../contract/index.ts";
import { Card } from "../../components/page.tsx";
import { useConnection } from "../../lib/data/client-context.tsx";
import { useLiveStore } from "../../lib/data/live-store.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { type HoursForm, type PricingForm, pricingForm, pricingFormMistakes, pricingOf } from "./limit-form.ts";
import { mistakeText, pricingSentences } from "./limit-words.ts";
import css from "./limits.module.css";
import { Preview } from "./preview.tsx";
import { SaveRow } from "./save-row.tsx";
import { refusedMistakes, useChange, useChecked, useMistakeWords } from "./use-limits.ts";
import { RowPrice, WindowRows } from "./window-rows.tsx";

const NEW_HOURS: HoursForm = {
  days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
  from: "22:00",
  to: "06:00",
  price: "",
};

/** What energy and power cost the site, for planning ahead. */
export function PricingCard({ settings }: { readonly settings: LimitSettings }) {
  const { t } = useTranslation("limits");
  const format = useFormat();
  const { state } = useConnection();
  const [isOpen, setOpen] = useState(false);
  const [isSaved, setSaved] = useState(false);
  const sentences = pricingSentences({ t, format }, settings.pricing);
  return (
    <Card
      title={t("pricing.title")}
      actions={
        <Button
          variant="default"
          disabled={state !== "open"}
          onClick={() => {
            setSaved(false);
            setOpen(true);
          }}
        >
          {t("pricing.change")}
        </Button>
      }
    >
      <p className={css["lead"]}>{t("pricing.lead")}</p>
      <p role="status">{isSaved && t("saved")}</p>
      {sentences.length === 0 ? (
        <p>{t("pricing.none")}</p>
      ) : (
        <ul className={css["notes"]}>
          {sentences.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
      <p className={css["hint"]}>{settings.priceFile.found ? t("pricing.file") : t("pricing.noFile")}</p>
      {isOpen && (
        <PricingDialog
          settings={settings}
          onClose={() => {
            setOpen(false);
          }}
          onDone={() => {
            setSaved(true);
            setOpen(false);
          }}
        />
      )}
    </Card>
  );
}

type DialogProps = { readonly settings: LimitSettings; readonly onClose: () => void; readonly onDone: () => void };

function PricingDialog({ settings, onClose, onDone }: DialogProps) {
  const { t } = useTranslation("limits");
  const { t: tCommon } = useTranslation();
  const format = useFormat();
  const [form, setForm] = useState<PricingForm>(() => pricingForm(settings.pricing));
  const [shown, setShown] = useState(false);
  const unread = pricingFormMistakes(form);
  const change: LimitChange = { kind: "pricing", pricing: pricingOf(form) };
  const checked = useChecked(unread.length === 0 ? change : null);
  const { mutate, isPending, error } = useChange(onDone);
  const mistakes = shown ? [...unread, ...(checked?.mistakes ?? refusedMistakes(error))] : [];
  const wrong = useMistakeWords(mistakes);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setShown(true);
    if (unread.length === 0) mutate(change);
  };
  const set = (patch: Partial<PricingForm>): void => {
    setForm((before) => ({ ...before, ...patch }));
  };
  return (
    <Modal
      opened
      size="xl"
      onClose={onClose}
      title={t("pricing.title")}
      closeButtonProps={{ "aria-label": tCommon("close") }}
    >
      <form className={css["form"]} onSubmit={submit} noValidate>
        <Energy form={form} set={set} wrong={wrong} />
        <Power form={form} set={set} wrong={wrong} />
        <Preview
          sentences={unread.length > 0 ? [] : pricingSentences({ t, format }, change.pricing)}
          notes={checked?.notes ?? []}
          missing={unread.length > 0 ? t("form.previewMissing") : t("pricing.none")}
        />
        <SaveRow
          isPending={isPending}
          error={error}
          others={mistakes.filter(({ field }) => field === "").map((one) => mistakeText({ t, format }, one))}
          isWrong={mistakes.length > 0}
          onCancel={onClose}
        />
      </form>
    </Modal>
  );
}

type PartProps = {
  readonly form: PricingForm;
  readonly set: (patch: Partial<PricingForm>) => void;
  readonly wrong: (...fields: readonly string[]) => string | null;
};

function Energy({ form, set, wrong }: PartProps) {
  const { t } = useTranslation("limits");
  return (
    <>
      <Price
        label={t("pricing.otherwise")}
        hint={t("pricing.otherwiseHint")}
        value={form.otherwise}
        error={wrong("otherwise")}
        onChange={(otherwise) => {
          set({ otherwise });
        }}
      />
      <WindowRows
        title={t("pricing.hours")}
        hint={t("pricing.hoursHint")}
        prefix="hours"
        rows={form.hours}
        fresh={NEW_HOURS}
        wrong={wrong}
        set={(hours) => {
          set({ hours });
        }}
        more={(row, place, change) => (
          <RowPrice row={row} error={wrong(`hours.${String(place)}.price`)} change={change} />
        )}
      />
      <Price
        label={t("pricing.feedIn")}
        hint={t("pricing.feedInHint")}
        value={form.feedIn}
        error={wrong("feedIn")}
        onChange={(feedIn) => {
          set({ feedIn });
        }}
      />
    </>
  );
}

function Power({ form, set, wrong }: PartProps) {
  const { t } = useTranslation("limits");
  return (
    <>
      <div className={css["pair"]}>
        <Price
          label={t("pricing.peak")}
          hint={t("pricing.peakHint")}
          value={form.peak}
          error={wrong("peak")}
          onChange={(peak) => {
            set({ peak });
          }}
        />
        <NumberInput
          label={t("pricing.floor")}
          description={t("pricing.floorHint")}
          suffix=" kW"
          min={0}
          decimalScale={3}
          value={form.floor_kW}
          error={wrong("floor_W")}
          onChange={(floor_kW) => {
            set({ floor_kW });
          }}
        />
      </div>
      <NumberInput
        className={css["narrow"] ?? ""}
        label={t("pricing.quarter")}
        description={t("pricing.quarterHint")}
        suffix=" kW"
        min={0}
        decimalScale={3}
        value={form.quarter_kW}
        error={wrong("quarterLimit_W")}
        onChange={(quarter_kW) => {
          set({ quarter_kW });
        }}
      />
    </>
  );
}

type PriceProps = {
  readonly label: string;
  readonly hint: string;
  readonly value: number | string;
  readonly error: string | null;
  readonly onChange: (value: number | string) => void;
};

function Price({ label, hint, value, error, onChange }: PriceProps) {
  const currency = useLiveStore((state) => state.site?.currency) ?? "EUR";
  return (
    <NumberInput
      className={css["narrow"] ?? ""}
      label={label}
      description={hint}
      suffix={` ${currency}`}
      min={0}
      decimalScale={6}
      value={value}
      error={error}
      onChange={onChange}
    />
  );
}
