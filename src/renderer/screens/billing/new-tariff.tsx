import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import type { TariffView } from "../../../contract/index.ts";
import { dayOf } from "../../features/period/period.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { ActionTrouble, useAction } from "./action.tsx";
import { decimalOf, rateOf } from "./billing-view.ts";
import css from "./billing-screen.module.css";
import { SampleTable } from "./sample-table.tsx";
import { grossOf } from "./tariff-samples.ts";

type Props = { readonly current: TariffView | null; readonly today: string };

const PERCENT_bp = 100;

/** A new version of the price: from now, or from the beginning of a day. Nothing that was charged before changes. */
export function NewTariff({ current, today }: Props) {
  const { t } = useTranslation("billing");
  const { settings } = useFormat();
  const { isBusy, error, run } = useAction<TariffView>();
  const form = useForm({
    initialValues: {
      perKWh: current?.perKWh ?? "",
      vat: current === null ? "19" : String(current.vat_bp / PERCENT_bp),
      from: "",
    },
    validateInputOnBlur: true,
    validate: {
      perKWh: (text: string) => (decimalOf(text) === null ? t("tariff.badPrice") : null),
      vat: (text: string) => (rateOf(text) === null ? t("tariff.badVat") : null),
      from: (text: string) => (text.length === 0 || (dayOf(text) !== null && text > today) ? null : t("tariff.badDay")),
    },
  });
  const save = form.onSubmit(({ perKWh, vat, from }) => {
    const price = decimalOf(perKWh);
    const vat_bp = rateOf(vat);
    if (price === null || vat_bp === null) return;
    const valid_from_ms =
      from === "" ? null : Temporal.PlainDate.from(from).toZonedDateTime(settings.timezone).epochMilliseconds;
    run(
      (api) => api.billing.newTariff({ perKWh: price, vat_bp, valid_from_ms }),
      () => {
        form.reset();
      },
    );
  });
  return (
    <section className={css["band"]}>
      <h2>{t("tariff.new")}</h2>
      <form className={css["form"]} onSubmit={save} noValidate>
        <div className={css["pair"]}>
          <TextInput
            label={t("tariff.netLabel", { currency: settings.currency })}
            inputMode="decimal"
            required
            {...form.getInputProps("perKWh")}
          />
          <TextInput label={t("tariff.vatLabel")} inputMode="decimal" required {...form.getInputProps("vat")} />
          <TextInput
            label={t("tariff.fromLabel")}
            description={t("tariff.fromHint")}
            type="date"
            {...form.getInputProps("from")}
          />
        </div>
        <Preview perKWh={form.values.perKWh} vat={form.values.vat} current={current} />
        <ActionTrouble error={error} />
        <div className={css["bar"]}>
          <Button type="submit" loading={isBusy}>
            {t("tariff.save")}
          </Button>
          <span className={css["muted"]}>{t("tariff.keep")}</span>
        </div>
      </form>
    </section>
  );
}

type PreviewProps = { readonly perKWh: string; readonly vat: string; readonly current: TariffView | null };

/** What the typed price means, before anything is saved. */
function Preview({ perKWh, vat, current }: PreviewProps) {
  const { t } = useTranslation("billing");
  const format = useFormat();
  const price = decimalOf(perKWh);
  const vat_bp = rateOf(vat);
  const { currency } = format.settings;
  if (price === null || vat_bp === null) return null;
  if (current !== null && current.perKWh === price && current.vat_bp === vat_bp) return null;
  return (
    <div>
      <p>
        <strong>{format.price(grossOf({ currency, perKWh: price, vat_bp }), currency)}</strong>{" "}
        {t("tariff.perKWh", { vat: format.percent(vat_bp) })}
      </p>
      <SampleTable currency={currency} perKWh={price} vat_bp={vat_bp} before={current} />
    </div>
  );
}
