import { oneOf, type RawSearch, textOf } from "../../lib/url/url-state.ts";

export const BILLING_TABS = ["run", "invoices", "customers", "tariff", "seller"] as const;
export type BillingTab = (typeof BILLING_TABS)[number];

export type BillingSearch = {
  readonly tab: BillingTab;
  /** Calendar month, `null` for the last one that is over. */
  readonly month: string | null;
  /** The invoice whose document is open. */
  readonly invoice: string | null;
  /** The customer that is open; "new" for a form without one. */
  readonly customer: string | null;
};

const monthOf = (value: unknown): string | null => {
  const text = textOf(value, 7);
  return text !== null && /^\d{4}-(?:0[1-9]|1[0-2])$/u.test(text) ? text : null;
};

/** What this screen shows, out of its address: the invoice run where nobody said anything. */
export const parseBillingSearch = (raw: RawSearch): BillingSearch => ({
  tab: oneOf(BILLING_TABS, raw["tab"], "run"),
  month: monthOf(raw["month"]),
  invoice: textOf(raw["invoice"]),
  customer: textOf(raw["customer"]),
});

/** The month before the one that the day lies in, in the site's calendar. */
export const lastMonth = (today: string): string =>
  Temporal.PlainDate.from(today).toPlainYearMonth().subtract({ months: 1 }).toString();

/** Months that can be chosen, newest first: the running one and the two years before it. */
export function monthsBefore(today: string, count: number): readonly string[] {
  const current = Temporal.PlainDate.from(today).toPlainYearMonth();
  return Array.from({ length: count }, (_, back) => current.subtract({ months: back }).toString());
}

/** First and last day of a month, for a link to its sessions. */
export function monthDays(month: string): { readonly from: string; readonly to: string } {
  const first = Temporal.PlainDate.from(`${month}-01`);
  return { from: first.toString(), to: first.add({ months: 1 }).subtract({ days: 1 }).toString() };
}
