import { useTranslation } from "react-i18next";
import type { InvoiceSummary } from "../../../contract/index.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { newestFirst, sums } from "./billing-view.ts";
import css from "./billing-screen.module.css";

type Props = { readonly invoices: readonly InvoiceSummary[]; readonly onOpen: (id: string) => void };

/** Issued invoices; the number opens the document. */
export function InvoiceTable({ invoices, onOpen }: Props) {
  const { t } = useTranslation("billing");
  const format = useFormat();
  const total = sums(invoices);
  const currency = invoices[0]?.currency;
  return (
    <div className={css["scroll"]}>
      <table className={css["table"]}>
        <thead>
          <tr>
            {(["number", "issued", "month", "customer"] as const).map((column) => (
              <th key={column} scope="col">
                {t(`column.${column}`)}
              </th>
            ))}
            {(["sessions", "energy", "net", "vat", "gross"] as const).map((column) => (
              <th key={column} scope="col" data-numeric>
                {t(`column.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {newestFirst(invoices).map((invoice) => (
            <tr key={invoice.id} data-invoice={invoice.id}>
              <td>
                <button
                  type="button"
                  className={css["link"]}
                  onClick={() => {
                    onOpen(invoice.id);
                  }}
                >
                  {invoice.number}
                </button>
              </td>
              <td>{format.date(invoice.issued_at_ms)}</td>
              <td>{format.month(invoice.month)}</td>
              <td>{invoice.customerName}</td>
              <td data-numeric>{format.count(invoice.sessions)}</td>
              <td data-numeric>{format.energyValue(invoice.energy_Wh, 2)}</td>
              <td data-numeric>{format.money(invoice.net_minor, invoice.currency)}</td>
              <td data-numeric>{format.money(invoice.tax_minor, invoice.currency)}</td>
              <td data-numeric>{format.money(invoice.gross_minor, invoice.currency)}</td>
            </tr>
          ))}
        </tbody>
        {invoices.length > 1 && (
          <tfoot>
            <tr>
              <th scope="row" colSpan={4}>
                {t("invoices.total", { count: invoices.length })}
              </th>
              <td data-numeric>{format.count(total.sessions)}</td>
              <td data-numeric>{format.energyValue(total.energy_Wh, 2)}</td>
              <td data-numeric>{format.money(total.net_minor, currency)}</td>
              <td data-numeric>{format.money(total.tax_minor, currency)}</td>
              <td data-numeric>{format.money(total.gross_minor, currency)}</td>
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}
