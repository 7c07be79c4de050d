import { Button, Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { IconCash } from "../../components/icons.ts";
import { Notice } from "../../components/notice.tsx";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import type { UrlStateChange } from "../../lib/url/url-state.ts";
import type { BillingSearch } from "./billing-search.ts";
import css from "./billing-screen.module.css";
import { InvoiceTable } from "./invoice-table.tsx";
import { PdfView } from "./pdf-view.tsx";

const ALL_MONTHS = "all";

type Props = { readonly search: BillingSearch; readonly change: UrlStateChange<BillingSearch> };

/** Everything that was ever issued, by month. */
export function InvoicesTab({ search, change }: Props) {
  const { t } = useTranslation("billing");
  const format = useFormat();
  const asked = useAsk(["billing", "invoices"], (api, signal) => api.billing.invoices({}, { signal }));
  return (
    <>
      <StateBoundary
        asked={asked}
        isEmpty={(invoices) => invoices.length === 0}
        empty={
          <Notice icon={IconCash} title={t("invoices.empty.title")} text={t("invoices.empty.text")}>
            <Button
              onClick={() => {
                change({ tab: "run" });
              }}
            >
              {t("invoices.empty.action")}
            </Button>
          </Notice>
        }
      >
        {(invoices) => {
          const months = [...new Set(invoices.map(({ month }) => month))].sort().reverse();
          const shown = search.month === null ? invoices : invoices.filter(({ month }) => month === search.month);
          return (
            <section className={css["band"]}>
              <div className={css["bar"]}>
                <Select
                  label={t("column.month")}
                  value={search.month ?? ALL_MONTHS}
                  allowDeselect={false}
                  data={[
                    { label: t("invoices.allMonths"), value: ALL_MONTHS },
                    ...months.map((value) => ({ value, label: format.month(value) })),
                  ]}
                  onChange={(value) => {
                    change({ month: value === ALL_MONTHS ? null : value });
                  }}
                />
              </div>
              <InvoiceTable
                invoices={shown}
                onOpen={(invoice) => {
                  change({ invoice });
                }}
              />
            </section>
          );
        }}
      </StateBoundary>
      <PdfView
        invoiceId={search.invoice}
        onClose={() => {
          change({ invoice: null });
        }}
      />
    </>
  );
}
