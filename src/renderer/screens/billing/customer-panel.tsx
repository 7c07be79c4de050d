import { ActionIcon, Button, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Customer } from "../../../contract/index.ts";
import { IconId, IconX } from "../../components/icons.ts";
import { Notice } from "../../components/notice.tsx";
import { ActionTrouble, useAction } from "./action.tsx";
import css from "./billing-screen.module.css";
import { CustomerCards } from "./customer-cards.tsx";

type Props = {
  /** `null` for a new one, or where the address names nobody. */
  readonly customer: Customer | null;
  readonly isNew: boolean;
  readonly onSaved: (id: string) => void;
  readonly onClose: () => void;
};

const isBlank = (text: string): boolean => text.trim().length === 0;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/u;
const NAME_MAX = 200;
const ADDRESS_MAX = 500;
const VAT_ID_MAX = 40;

/** One customer: what stands on the invoice, and the cards that charge on it. */
export function CustomerPanel({ customer, isNew, onSaved, onClose }: Props) {
  const { t } = useTranslation("billing");
  const { t: tCommon } = useTranslation();
  if (customer === null && !isNew) {
    return (
      <section className={css["band"]}>
        <Notice icon={IconId} title={t("customers.unknown")} />
      </section>
    );
  }
  return (
    <section className={css["band"]}>
      <div className={css["bar"]}>
        <h2 className={css["grow"]}>{customer?.name ?? t("customers.new")}</h2>
        <ActionIcon variant="subtle" size="lg" aria-label={tCommon("close")} onClick={onClose}>
          <IconX size={20} stroke={1.75} aria-hidden />
        </ActionIcon>
      </div>
      <CustomerForm customer={customer} onSaved={onSaved} />
      {customer !== null && <CustomerCards customer={customer} />}
    </section>
  );
}

function CustomerForm({ customer, onSaved }: Pick<Props, "customer" | "onSaved">) {
  const { t } = useTranslation("billing");
  const { isBusy, error, run } = useAction<Customer>();
  const [isSaved, setSaved] = useState(false);
  const form = useForm({
    initialValues: {
      name: customer?.name ?? "",
      address: customer?.address ?? "",
      email: customer?.email ?? "",
      vatId: customer?.vatId ?? "",
    },
    validateInputOnBlur: true,
    validate: {
      name: (name: string) => (isBlank(name) ? t("form.needed") : null),
      email: (email: string) => (isBlank(email) || EMAIL.test(email.trim()) ? null : t("form.email")),
    },
    onValuesChange: () => {
      setSaved(false);
    },
  });
  const save = form.onSubmit(({ name, address, email, vatId }) => {
    const input = {
      id: customer?.id ?? null,
      name: name.trim(),
      address: address.trim(),
      email: isBlank(email) ? null : email.trim(),
      vatId: isBlank(vatId) ? null : vatId.trim(),
    };
    run(
      (api) => api.billing.saveCustomer(input),
      ({ id }) => {
        setSaved(true);
        onSaved(id);
      },
    );
  });
  return (
    <form className={css["form"]} onSubmit={save} noValidate>
      <TextInput label={t("form.name")} required maxLength={NAME_MAX} {...form.getInputProps("name")} />
      <Textarea
        label={t("form.address")}
        description={t("form.addressHint")}
        autosize
        minRows={3}
        maxLength={ADDRESS_MAX}
        {...form.getInputProps("address")}
      />
      <div className={css["pair"]}>
        <TextInput label={t("form.emailLabel")} type="email" {...form.getInputProps("email")} />
        <TextInput label={t("form.vatId")} maxLength={VAT_ID_MAX} {...form.getInputProps("vatId")} />
      </div>
      <ActionTrouble error={error} />
      <div className={css["bar"]}>
        <Button type="submit" loading={isBusy}>
          {t("form.save")}
        </Button>
        <span role="status">{isSaved ? t("form.saved") : ""}</span>
      </div>
    </form>
  );
}
