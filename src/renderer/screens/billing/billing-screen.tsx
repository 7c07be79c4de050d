import { Skeleton, Tabs } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Loading } from "../../components/state-boundary.tsx";
import { useToday } from "../../features/period/use-today.ts";
import { useLiveStore } from "../../lib/data/live-store.ts";
import { useUrlState } from "../../lib/url/url-state.ts";
import { BILLING_TABS, lastMonth, parseBillingSearch } from "./billing-search.ts";
import css from "./billing-screen.module.css";
import { CustomersTab } from "./customers-tab.tsx";
import { InvoicesTab } from "./invoices-tab.tsx";
import { RunTab } from "./run-tab.tsx";
import { SellerTab } from "./seller-tab.tsx";
import { TariffTab } from "./tariff-tab.tsx";

/** From sessions to money: run, invoices, customers with their cards, price, and who bills. */
export function BillingScreen() {
  const { t } = useTranslation("billing");
  const [search, change] = useUrlState(parseBillingSearch);
  const today = useToday();
  const ready = useLiveStore((state) => state.site !== null);
  if (!ready) return <Loading skeleton={<Skeleton height={480} m="md" />} />;
  return (
    <div className={css["screen"]}>
      <h1>{t("title")}</h1>
      <Tabs
        value={search.tab}
        keepMounted={false}
        onChange={(value) => {
          change({ tab: BILLING_TABS.find((tab) => tab === value) ?? "run", invoice: null, customer: null });
        }}
      >
        <Tabs.List>
          {BILLING_TABS.map((tab) => (
            <Tabs.Tab key={tab} value={tab}>
              {t(`tab.${tab}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="run" className={css["panel"]}>
          <RunTab month={search.month ?? lastMonth(today)} today={today} search={search} change={change} />
        </Tabs.Panel>
        <Tabs.Panel value="invoices" className={css["panel"]}>
          <InvoicesTab search={search} change={change} />
        </Tabs.Panel>
        <Tabs.Panel value="customers" className={css["panel"]}>
          <CustomersTab chosen={search.customer} change={change} />
        </Tabs.Panel>
        <Tabs.Panel value="tariff" className={css["panel"]}>
          <TariffTab today={today} />
        </Tabs.Panel>
        <Tabs.Panel value="seller" className={css["panel"]}>
          <SellerTab />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}
