import { z } from "zod";
import { forBilling, forViewer, notFound } from "./base.ts";
import { amount_minor, energy_Wh, instant_ms, rate_bp, shortText } from "./quantities.ts";

export const decimalText = z.string().regex(/^\d{1,6}(?:\.\d{1,6})?$/u);
export const monthText = z
  .string()
  .regex(/^\d{4}-(?:0[1-9]|1[0-2])$/u)
  .describe("local calendar month of the site");

export const customerSchema = z.object({
  id: z.string(),
  name: z.string(),
  address: z.string(),
  email: z.string().nullable(),
  vatId: z.string().nullable(),
  cards: z.array(z.object({ idToken: z.string(), alias: z.string(), blocked: z.boolean(), since_ms: instant_ms })),
});
export type Customer = z.infer<typeof customerSchema>;

export const customerInput = z.object({
  /** `null` makes a new one. */
  id: z.string().nullable(),
  name: z.string().trim().min(1).max(200),
  address: z.string().max(500),
  email: z.email().nullable(),
  vatId: z.string().max(40).nullable(),
});

/** A card nobody owns that was held before a reader. */
export const unknownCardSchema = z.object({
  idToken: z.string(),
  alias: z.string(),
  lastSeen_ms: instant_ms,
  stationId: z.string(),
  stationName: z.string(),
  sessions: z.int(),
});

export const tariffViewSchema = z.object({
  id: z.string(),
  currency: z.string(),
  perKWh: z.string().describe("net, decimal text"),
  grossPerKWh: z.string(),
  vat_bp: rate_bp,
  valid_from_ms: instant_ms,
});
export type TariffView = z.infer<typeof tariffViewSchema>;

export const sellerSchema = z.object({
  name: shortText,
  address: z.string().max(500),
  vatId: z.string().max(40),
  taxNumber: z.string().max(40),
  email: z.string().max(200),
  phone: z.string().max(60),
  iban: z.string().max(40),
  bank: shortText,
  invoicePrefix: z
    .string()
    .max(12)
    .regex(/^[A-Za-z0-9-]*$/u),
  dueDays: z.int().min(0).max(120),
  note: z.string().max(1000),
});
export type Seller = z.infer<typeof sellerSchema>;

export const invoiceSummarySchema = z.object({
  id: z.string(),
  number: z.string(),
  month: z.string(),
  customerId: z.string(),
  customerName: z.string(),
  issued_at_ms: instant_ms,
  sessions: z.int(),
  energy_Wh,
  currency: z.string(),
  net_minor: amount_minor,
  tax_minor: amount_minor,
  gross_minor: amount_minor,
});
export type InvoiceSummary = z.infer<typeof invoiceSummarySchema>;

export const invoiceDraftSchema = z.object({
  customerId: z.string(),
  customerName: z.string(),
  sessions: z.int(),
  held: z.int(),
  energy_Wh,
  net_minor: amount_minor,
  tax_minor: amount_minor,
  gross_minor: amount_minor,
  /** Why it cannot be issued as it stands; empty when it can. */
  problems: z.array(z.enum(["no-address", "nothing-to-bill", "seller-incomplete"])),
});

export const invoiceRunSchema = z.object({
  month: z.string(),
  currency: z.string(),
  drafts: z.array(invoiceDraftSchema),
  /** Ended in the month with a doubt: left out until decided. */
  heldSessions: z.int(),
  /** Ended in the month on a card without a customer. */
  unassignedSessions: z.int(),
});
export type InvoiceRun = z.infer<typeof invoiceRunSchema>;

const blocked = { CONFLICT: { status: 409, message: "it was changed or used in the meantime" } } as const;

export const billingContract = {
  tariffs: forViewer.route({ method: "GET", path: "/tariffs" }).output(z.array(tariffViewSchema)),
  /** A new version; running and closed sessions keep theirs. */
  newTariff: forBilling
    .errors({ INVALID: { status: 422, message: "the price cannot be used", data: z.object({ field: z.string() }) } })
    .route({ method: "POST", path: "/tariffs" })
    .input(z.object({ perKWh: decimalText, vat_bp: rate_bp, valid_from_ms: instant_ms.nullable() }))
    .output(tariffViewSchema),
  customers: forBilling.route({ method: "GET", path: "/customers" }).output(z.array(customerSchema)),
  saveCustomer: forBilling
    .errors(notFound)
    .route({ method: "POST", path: "/customers" })
    .input(customerInput)
    .output(customerSchema),
  unknownCards: forBilling.route({ method: "GET", path: "/unknown-cards" }).output(z.array(unknownCardSchema)),
  /** Sessions that end from now on, and unbilled ones of this card, belong to the customer. */
  assignCard: forBilling
    .errors({ ...notFound, ...blocked })
    .route({ method: "POST", path: "/customers/{customerId}/cards" })
    .input(z.object({ customerId: z.string(), idToken: z.string().trim().min(1).max(36) }))
    .output(customerSchema),
  blockCard: forBilling
    .errors(notFound)
    .route({ method: "POST", path: "/cards/{idToken}/blocked" })
    .input(z.object({ idToken: z.string(), blocked: z.boolean() }))
    .output(customerSchema),
  seller: forBilling.route({ method: "GET", path: "/seller" }).output(sellerSchema),
  saveSeller: forBilling.route({ method: "PUT", path: "/seller" }).input(sellerSchema).output(sellerSchema),
  run: forBilling
    .route({ method: "GET", path: "/invoice-runs/{month}", summary: "What would be billed; writes nothing" })
    .input(z.object({ month: monthText }))
    .output(invoiceRunSchema),
  /** Numbers are drawn and documents frozen in one transaction; doing it twice bills nothing twice. */
  issue: forBilling
    .errors(blocked)
    .route({ method: "POST", path: "/invoice-runs/{month}/issue" })
    .input(z.object({ month: monthText, customerIds: z.array(z.string()).min(1).max(1000) }))
    .output(z.array(invoiceSummarySchema)),
  invoices: forBilling
    .route({ method: "GET", path: "/invoices" })
    .input(z.object({ month: monthText.optional() }))
    .output(z.array(invoiceSummarySchema)),
  /** The frozen document; the same bytes every time. */
  pdf: forBilling
    .errors(notFound)
    .route({ method: "GET", path: "/invoices/{id}/pdf" })
    .input(z.object({ id: z.string() }))
    .output(z.file().mime("application/pdf")),
};
