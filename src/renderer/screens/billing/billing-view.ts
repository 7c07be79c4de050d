import type { InvoiceRun, InvoiceSummary, Seller, TariffView } from "../../../contract/index.ts";

type Draft = InvoiceRun["drafts"][number];
type Amounts = {
  readonly sessions: number;
  readonly energy_Wh: number;
  readonly net_minor: number;
  readonly tax_minor: number;
  readonly gross_minor: number;
};

/** Drafts that nothing stands against. */
export const ready = ({ drafts }: InvoiceRun): readonly Draft[] =>
  drafts.filter(({ problems }) => problems.length === 0);

/** Sums over drafts or invoices. Every row has whole minor units of one currency, so nothing is rounded here. */
export function sums(rows: readonly Amounts[]): Amounts {
  const zero = { sessions: 0, energy_Wh: 0, net_minor: 0, tax_minor: 0, gross_minor: 0 };
  return rows.reduce<Amounts>(
    (sum, row) => ({
      sessions: sum.sessions + row.sessions,
      energy_Wh: sum.energy_Wh + row.energy_Wh,
      net_minor: sum.net_minor + row.net_minor,
      tax_minor: sum.tax_minor + row.tax_minor,
      gross_minor: sum.gross_minor + row.gross_minor,
    }),
    zero,
  );
}

export type Check = {
  readonly kind: "held" | "unassigned" | "no-address" | "seller-incomplete";
  readonly count: number;
  /** Customers it is about. */
  readonly customers: readonly { readonly id: string; readonly name: string }[];
};

/** What keeps sessions or customers off this run, most urgent first; empty when everything can be billed. */
export function checks(run: InvoiceRun): readonly Check[] {
  const found: Check[] = [];
  const withProblem = (problem: Draft["problems"][number]) =>
    run.drafts.filter(({ problems }) => problems.includes(problem));
  if (withProblem("seller-incomplete").length > 0) {
    found.push({ kind: "seller-incomplete", count: 1, customers: [] });
  }
  const homeless = withProblem("no-address");
  if (homeless.length > 0) {
    const customers = homeless.map(({ customerId, customerName }) => ({ id: customerId, name: customerName }));
    found.push({ kind: "no-address", count: homeless.length, customers });
  }
  if (run.heldSessions > 0) found.push({ kind: "held", count: run.heldSessions, customers: [] });
  if (run.unassignedSessions > 0) found.push({ kind: "unassigned", count: run.unassignedSessions, customers: [] });
  return found;
}

/** The price in force at an instant, and the ones that follow it; both `null` or empty where there is none. */
export function tariffsAt(
  tariffs: readonly TariffView[],
  now_ms: number,
): {
  readonly current: TariffView | null;
  readonly coming: readonly TariffView[];
  readonly past: readonly TariffView[];
} {
  const sorted = tariffs.toSorted((a, b) => b.valid_from_ms - a.valid_from_ms);
  const current = sorted.find(({ valid_from_ms }) => valid_from_ms <= now_ms) ?? null;
  return {
    current,
    coming: sorted.filter(({ valid_from_ms }) => valid_from_ms > now_ms).toReversed(),
    past: sorted.filter((one) => one !== current && one.valid_from_ms <= now_ms),
  };
}

/** "0,42" and " 0.42 " are both 0.42; `null` when it is not a price. */
export function decimalOf(typed: string): string | null {
  const text = typed.trim().replace(",", ".");
  return /^\d{1,6}(?:\.\d{1,6})?$/u.test(text) ? text : null;
}

/** "19" or "8,1" per cent as hundredths of a per cent; `null` when it is not between 0 and 100. */
export function rateOf(typed: string): number | null {
  const text = typed.trim().replace(",", ".");
  if (!/^\d{1,3}(?:\.\d{1,2})?$/u.test(text)) return null;
  const rate_bp = Math.round(Number(text) * 100);
  return rate_bp <= 10_000 ? rate_bp : null;
}

/** IBAN with its check digits (ISO 13616); an empty one is allowed. */
export function isIban(text: string): boolean {
  const iban = text.replace(/\s/gu, "").toUpperCase();
  if (iban === "") return true;
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{10,30}$/u.test(iban)) return false;
  const digits = `${iban.slice(4)}${iban.slice(0, 4)}`.replaceAll(/[A-Z]/gu, (letter) =>
    String(Number.parseInt(letter, 36)),
  );
  let rest = 0;
  for (const [digit] of digits.matchAll(/\d/gu)) rest = (rest * 10 + Number(digit)) % 97;
  return rest === 1;
}

/** What an invoice must name of who supplies: § 14 (4) UStG. */
export const missingOfSeller = ({
  name,
  address,
  vatId,
  taxNumber,
}: Seller): readonly ("name" | "address" | "taxNumber")[] => [
  ...(name.trim() === "" ? (["name"] as const) : []),
  ...(address.trim() === "" ? (["address"] as const) : []),
  ...(vatId.trim() === "" && taxNumber.trim() === "" ? (["taxNumber"] as const) : []),
];

/** Newest first, by number where they were issued at once. */
export const newestFirst = (invoices: readonly InvoiceSummary[]): readonly InvoiceSummary[] =>
  invoices.toSorted((a, b) => b.issued_at_ms - a.issued_at_ms || (a.number < b.number ? 1 : -1));
