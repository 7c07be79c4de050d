import { Button, NumberInput, Skeleton, Textarea, TextInput } from "@mantine/core";
import { useForm, type UseFormReturnType } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Seller } from "../../../contract/index.ts";
import { IconAlertTriangle } from "../../components/icons.ts";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { useAsk } from "../../lib/data/use-ask.ts";
import { ActionTrouble, useAction } from "./action.tsx";
import { isIban, missingOfSeller } from "./billing-view.ts";
import css from "./billing-screen.module.css";

/** Who bills: what an invoice must name by law, and where the money goes. */
export function SellerTab() {
  const asked = useAsk(["billing", "seller"], (api, signal) => api.billing.seller(undefined, { signal }));
  return (
    <StateBoundary asked={asked} skeleton={<Skeleton height={480} />}>
      {(seller) => <SellerForm key={JSON.stringify(seller)} seller={seller} />}
    </StateBoundary>
  );
}

const PREFIX = /^[A-Za-z0-9-]*$/u;
const PREFIX_MAX = 12;
const DUE_DAYS_MAX = 120;
const TEXT_MAX = 200;
const ADDRESS_MAX = 500;
const NOTE_MAX = 1000;
const SHORT_MAX = 40;

function SellerForm({ seller }: { readonly seller: Seller }) {
  const { t } = useTranslation("billing");
  const { isBusy, error, run } = useAction<Seller>();
  const [isSaved, setSaved] = useState(false);
  const form = useForm<Seller>({
    initialValues: seller,
    validateInputOnBlur: true,
    validate: {
      name: (name) => (name.trim() === "" ? t("form.needed") : null),
      address: (address) => (address.trim() === "" ? t("form.needed") : null),
      iban: (iban) => (isIban(iban) ? null : t("seller.badIban")),
      invoicePrefix: (prefix) => (PREFIX.test(prefix) ? null : t("seller.badPrefix")),
      taxNumber: (taxNumber, { vatId }) =>
        taxNumber.trim() === "" && vatId.trim() === "" ? t("seller.needTax") : null,
    },
    onValuesChange: () => {
      setSaved(false);
    },
  });
  const missing = missingOfSeller(form.values);
  return (
    <section className={css["band"]}>
      <h2>{t("seller.title")}</h2>
      {missing.length > 0 && (
        <p className={css["check"]} data-kind="seller-incomplete">
          <IconAlertTriangle size={18} stroke={1.75} aria-hidden />
          {t("seller.incomplete", { fields: missing.map((field) => t(`seller.${field}`)).join(", ") })}
        </p>
      )}
      <form
        className={css["form"]}
        noValidate
        onSubmit={form.onSubmit((values) => {
          run(
            (api) => api.billing.saveSeller(values),
            () => {
              setSaved(true);
            },
          );
        })}
      >
        <SellerFields form={form} />
        <ActionTrouble error={error} />
        <div className={css["bar"]}>
          <Button type="submit" loading={isBusy}>
            {t("form.save")}
          </Button>
          <span role="status">{isSaved ? t("form.saved") : ""}</span>
        </div>
      </form>
    </section>
  );
}

function SellerFields({ form }: { readonly form: UseFormReturnType<Seller> }) {
  const { t } = useTranslation("billing");
  const text = (name: "name" | "vatId" | "taxNumber" | "email" | "phone" | "iban" | "bank", length_max: number) => (
    <TextInput label={t(`seller.${name}`)} maxLength={length_max} {...form.getInputProps(name)} />
  );
  return (
    <>
      {text("name", TEXT_MAX)}
      <Textarea
        label={t("seller.address")}
        autosize
        minRows={3}
        maxLength={ADDRESS_MAX}
        {...form.getInputProps("address")}
      />
      <div className={css["pair"]}>
        {text("vatId", SHORT_MAX)}
        {text("taxNumber", SHORT_MAX)}
        {text("email", TEXT_MAX)}
        {text("phone", 60)}
        {text("iban", SHORT_MAX)}
        {text("bank", TEXT_MAX)}
        <TextInput
          label={t("seller.invoicePrefix")}
          description={t("seller.prefixHint", {
            prefix: form.values.invoicePrefix === "" ? "" : `${form.values.invoicePrefix}-`,
          })}
          maxLength={PREFIX_MAX}
          {...form.getInputProps("invoicePrefix")}
        />
        <NumberInput
          label={t("seller.dueDays")}
          description={t("seller.dueHint")}
          min={0}
          max={DUE_DAYS_MAX}
          allowDecimal={false}
          clampBehavior="strict"
          {...form.getInputProps("dueDays")}
        />
      </div>
      <Textarea
        label={t("seller.note")}
        description={t("seller.noteHint")}
        autosize
        minRows={2}
        maxLength={NOTE_MAX}
        {...form.getInputProps("note")}
      />
    </>
  );
}
