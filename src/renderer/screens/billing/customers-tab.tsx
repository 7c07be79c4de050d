import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Customer } from "../../../contract/index.ts";
import { IconId, IconSearch } from "../../components/icons.ts";
import { Notice } from "../../components/notice.tsx";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { useAsk } from "../../lib/data/use-ask.ts";
import type { UrlStateChange } from "../../lib/url/url-state.ts";
import type { BillingSearch } from "./billing-search.ts";
import css from "./billing-screen.module.css";
import { CustomerPanel } from "./customer-panel.tsx";
import { UnknownCards } from "./unknown-cards.tsx";

type Props = { readonly chosen: string | null; readonly change: UrlStateChange<BillingSearch> };

const NEW = "new";

/** Who pays: customers with address and cards, and cards that nobody owns yet. */
export function CustomersTab({ chosen, change }: Props) {
  const { t } = useTranslation("billing");
  const asked = useAsk(["billing", "customers"], (api, signal) => api.billing.customers(undefined, { signal }));
  const open = (customer: string | null): void => {
    change({ customer });
  };
  return (
    <StateBoundary asked={asked}>
      {(customers) => (
        <>
          <UnknownCards customers={customers} />
          <div className={css["split"]} data-open={chosen !== null}>
            <section className={css["band"]}>
              {customers.length === 0 ? (
                <Notice icon={IconId} title={t("customers.empty.title")} text={t("customers.empty.text")}>
                  <Button
                    onClick={() => {
                      open(NEW);
                    }}
                  >
                    {t("customers.new")}
                  </Button>
                </Notice>
              ) : (
                <CustomerList customers={customers} onOpen={open} />
              )}
            </section>
            {chosen !== null && (
              <CustomerPanel
                key={chosen}
                customer={customers.find(({ id }) => id === chosen) ?? null}
                isNew={chosen === NEW}
                onSaved={(id) => {
                  open(id);
                }}
                onClose={() => {
                  open(null);
                }}
              />
            )}
          </div>
        </>
      )}
    </StateBoundary>
  );
}

type ListProps = { readonly customers: readonly Customer[]; readonly onOpen: (id: string) => void };

function CustomerList({ customers, onOpen }: ListProps) {
  const { t } = useTranslation("billing");
  const [text, setText] = useState("");
  const wanted = text.trim().toLowerCase();
  const shown = customers.filter(({ name, cards }) =>
    [name, ...cards.map(({ alias }) => alias)].some((part) => part.toLowerCase().includes(wanted)),
  );
  return (
    <>
      <div className={css["bar"]}>
        <TextInput
          className={css["grow"]}
          data-filter
          aria-label={t("customers.find")}
          placeholder={t("customers.find")}
          leftSection={<IconSearch size={16} stroke={1.75} aria-hidden />}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
          }}
        />
        <Button
          onClick={() => {
            onOpen(NEW);
          }}
        >
          {t("customers.new")}
        </Button>
      </div>
      <div className={css["scroll"]}>
        <table className={css["table"]}>
          <thead>
            <tr>
              {(["customer", "address", "cards"] as const).map((column) => (
                <th key={column} scope="col">
                  {t(`column.${column}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((customer) => (
              <CustomerRow key={customer.id} customer={customer} onOpen={onOpen} />
            ))}
          </tbody>
        </table>
      </div>
      {shown.length === 0 && <p className={css["muted"]}>{t("customers.none")}</p>}
    </>
  );
}

type RowProps = { readonly customer: Customer; readonly onOpen: (id: string) => void };

function CustomerRow({ customer: { id, name, address, cards }, onOpen }: RowProps) {
  const { t } = useTranslation("billing");
  return (
    <tr>
      <td>
        <button
          type="button"
          className={css["link"]}
          onClick={() => {
            onOpen(id);
          }}
        >
          {name}
        </button>
      </td>
      <td data-wrap>
        {address.trim() === "" ? (
          <span className={css["tag"]} data-bad>
            {t("problem.no-address")}
          </span>
        ) : (
          address.split("\n").join(", ")
        )}
      </td>
      <td data-wrap>
        {cards.map(({ alias, blocked }) => (blocked ? `…${alias} (${t("cards.blocked")})` : `…${alias}`)).join(", ")}
      </td>
    </tr>
  );
}
