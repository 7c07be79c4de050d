import { type Cost, type TariffVersion, type VatLine, vatLines } from "../tariff/index.ts";
import { type BasisPoint, type EpochMs, type WattHour, assert, taxOn } from "../units/index.ts";

// From priced sessions to the figures of a document. Amounts in documents are whole minor units that a JSON number
// carries exactly; they were rounded when the session was priced and are only added here.

/** A closed session without open doubts, with the price it was frozen at. */
export type InvoiceableSession = {
  readonly sessionId: string;
  readonly stationName: string;
  readonly started_at_ms: EpochMs;
  readonly ended_at_ms: EpochMs;
  readonly start_Wh: WattHour;
  readonly stop_Wh: WattHour;
  readonly energy_Wh: WattHour;
  readonly cardAlias: string | null;
  readonly tariff: TariffVersion;
  readonly cost: Cost;
};

export type InvoiceLine = Omit<InvoiceableSession, "tariff" | "cost"> & {
  readonly perKWh: string;
  readonly vat_bp: BasisPoint | null;
  readonly net_minor: number;
};

export type InvoiceVat = { readonly vat_bp: BasisPoint | null; readonly net_minor: number; readonly tax_minor: number };

export type InvoiceTotals = {
  readonly vat: readonly InvoiceVat[];
  readonly net_minor: number;
  readonly tax_minor: number;
  readonly gross_minor: number;
};

/** Minor units as a number; refuses what a double would not carry exactly. */
export function documentAmount(amount_minor: bigint): number {
  const amount = Number(amount_minor);
  assert(Number.isSafeInteger(amount), "an amount on a document is exact");
  return amount;
}

/** One line per session, oldest end first (the tax point is the end of supply). */
export function invoiceLines(sessions: readonly InvoiceableSession[]): readonly InvoiceLine[] {
  return sessions
    .toSorted((a, b) => a.ended_at_ms - b.ended_at_ms || (a.sessionId < b.sessionId ? -1 : 1))
    .map(({ tariff, cost, ...facts }) => {
      const [energy, ...others] = cost.lines;
      // A line shows one price per kWh and one rate; tariffs with more components are not offered yet.
      assert(energy?.type === "ENERGY" && others.length === 0, `tariff ${tariff.id} has one price per kWh`);
      return { ...facts, perKWh: energy.price, vat_bp: energy.vat_bp, net_minor: documentAmount(cost.net_minor) };
    });
}

/** Net is the sum of the printed lines, VAT is taken once per rate on their sum, highest rate first (EN 16931 BR-CO-17). */
export function invoiceTotals(lines: readonly Pick<InvoiceLine, "vat_bp" | "net_minor">[]): InvoiceTotals {
  const groups = vatLines(lines.map(({ vat_bp, net_minor }) => ({ vat_bp, net_minor: BigInt(net_minor) })));
  const vat = groups.toSorted((a, b) => rateOrder(b) - rateOrder(a)).map(documentVat);
  const net_minor = vat.reduce((sum, group) => sum + group.net_minor, 0);
  const tax_minor = vat.reduce((sum, group) => sum + group.tax_minor, 0);
  assert(Number.isSafeInteger(net_minor + tax_minor), "the total of a document is exact");
  return { vat, net_minor, tax_minor, gross_minor: net_minor + tax_minor };
}

/** No VAT stands below 0 %. */
const rateOrder = (group: VatLine): number => group.vat_bp ?? -1;

const documentVat = ({ vat_bp, net_minor, tax_minor }: VatLine): InvoiceVat => ({
  vat_bp,
  net_minor: documentAmount(net_minor),
  tax_minor: documentAmount(tax_minor),
});

export type Imbalance = "lines-net" | "vat-net" | "vat-tax" | "vat-rule" | "gross";

/** Rule D27: what does not add up in a document; empty when it balances. Checked again before it is printed. */
export function imbalances(
  document: InvoiceTotals & { readonly lines: readonly Pick<InvoiceLine, "net_minor">[] },
): readonly Imbalance[] {
  const { lines, vat, net_minor, tax_minor, gross_minor } = document;
  const wrong: Imbalance[] = [];
  if (lines.reduce((sum, line) => sum + line.net_minor, 0) !== net_minor) wrong.push("lines-net");
  if (vat.reduce((sum, group) => sum + group.net_minor, 0) !== net_minor) wrong.push("vat-net");
  if (vat.reduce((sum, group) => sum + group.tax_minor, 0) !== tax_minor) wrong.push("vat-tax");
  if (vat.some((group) => group.tax_minor !== ruledTax(group))) wrong.push("vat-rule");
  if (net_minor + tax_minor !== gross_minor) wrong.push("gross");
  return wrong;
}

const ruledTax = ({ vat_bp, net_minor }: InvoiceVat): number =>
  vat_bp === null ? 0 : documentAmount(taxOn(BigInt(net_minor), vat_bp));
