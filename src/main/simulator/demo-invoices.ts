import {
  daysLater,
  imbalances,
  invoiceLines,
  invoiceSeries,
  invoiceTotals,
  monthOf,
  monthRange,
} from "../../core/billing/index.ts";
import { assert, epochMs, wattHour, type EpochMs } from "../../core/units/index.ts";
import type { BillableSession, InvoiceDocument, StoredSite, Stores } from "../storage/types.ts";
import { DEMO_SELLER } from "./demo-people.ts";

/** Invoices go out on the third of the next month at nine. */
const ISSUE_DAY = 3;
const ISSUE_HOUR = 9;
const MONTHS = 13;

/** Issues the invoices of every full month of the demo's year but the last one, which is left for the owner to do. */
export function issueDemoInvoices(options: {
  readonly stores: Stores;
  readonly transaction: <T>(work: () => T) => T;
  readonly site: StoredSite;
  readonly now_ms: EpochMs;
}): void {
  const { timezone } = options.site.model.identity;
  const thisMonth = Temporal.PlainYearMonth.from(monthOf(options.now_ms, timezone));
  for (let back = MONTHS; back >= 2; back -= 1) {
    const month = thisMonth.subtract({ months: back });
    options.transaction(() => {
      issueMonth(options, month);
    });
  }
}

function issueMonth(
  { stores, site }: { readonly stores: Stores; readonly site: StoredSite },
  month: Temporal.PlainYearMonth,
): void {
  const { timezone } = site.model.identity;
  const { from_ms, to_ms } = monthRange(month.toString(), timezone);
  const byCustomer = Map.groupBy(stores.invoices.billable(from_ms, to_ms), (one) => one.session.customerId ?? "");
  const issued = month
    .add({ months: 1 })
    .toPlainDate({ day: ISSUE_DAY })
    .toZonedDateTime({ timeZone: timezone, plainTime: { hour: ISSUE_HOUR } });
  const issued_at_ms = epochMs(issued.epochMilliseconds);
  const drafts = [...byCustomer]
    .map(([customerId, sessions]) => ({ customerId, name: stores.customers.get(customerId)?.name ?? "", sessions }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const reply = stores.invoices.issue(
    drafts.map(({ customerId, sessions }) => ({ customerId, sessionIds: sessions.map((one) => one.session.id) })),
    invoiceSeries(DEMO_SELLER.invoicePrefix, issued.year),
    (customerId, number) =>
      documentOf({
        stores,
        site,
        customerId,
        number,
        month: month.toString(),
        issued_at_ms,
        sessions: byCustomer.get(customerId) ?? [],
      }),
  );
  assert(reply !== "conflict", "the demo bills each session once");
}

function documentOf(about: {
  readonly stores: Stores;
  readonly site: StoredSite;
  readonly customerId: string;
  readonly number: string;
  readonly month: string;
  readonly issued_at_ms: EpochMs;
  readonly sessions: readonly BillableSession[];
}): InvoiceDocument {
  const { stores, site, customerId, number, month, issued_at_ms } = about;
  const { timezone, currency, name } = site.model.identity;
  const customer = stores.customers.get(customerId);
  assert(customer !== null, "an invoice has a customer");
  const lines = invoiceLines(about.sessions.flatMap(toInvoiceable));
  const totals = invoiceTotals(lines);
  assert(imbalances({ ...totals, lines }).length === 0, "the demo's invoices add up");
  return {
    id: `demo-${number}`,
    number,
    month,
    issued_at_ms,
    due_at_ms: daysLater(issued_at_ms, DEMO_SELLER.dueDays, timezone),
    timezone,
    currency,
    locale: "de",
    demo: true,
    siteName: name,
    seller: DEMO_SELLER,
    customer: { id: customer.id, name: customer.name, address: customer.address, vatId: customer.vatId },
    lines,
    ...totals,
  };
}

function toInvoiceable({ session, cost, tariff }: BillableSession): Parameters<typeof invoiceLines>[0][number][] {
  const { start_Wh, stop_Wh, energy_Wh, ended_at_ms } = session;
  if (start_Wh === null || stop_Wh === null || energy_Wh === null || ended_at_ms === null) return [];
  return [
    {
      sessionId: session.id,
      stationName: session.stationName,
      started_at_ms: epochMs(session.started_at_ms),
      ended_at_ms: epochMs(ended_at_ms),
      start_Wh: wattHour(start_Wh),
      stop_Wh: wattHour(stop_Wh),
      energy_Wh: wattHour(energy_Wh),
      cardAlias: session.cardAlias,
      tariff,
      cost,
    },
  ];
}
