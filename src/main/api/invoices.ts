import { randomUUID } from "node:crypto";
import type { z } from "zod";
import type { invoiceDraftSchema, Seller } from "../../contract/index.ts";
import {
  daysLater,
  type InvoiceableSession,
  invoiceLines,
  invoiceSeries,
  invoiceTotals,
  monthRange,
} from "../../core/billing/index.ts";
import { assert, epochMs, wattHour } from "../../core/units/index.ts";
import type { DocumentWorker } from "../documents/index.ts";
import type { Application, Engine } from "../site/engine.types.ts";
import type { BillableSession, InvoiceDocument } from "../storage/types.ts";
import { badField, type Implementer, siteOf } from "./base.ts";

/** Makes the printed form of a frozen document; takes longer than the control loop may wait, so it runs elsewhere. */
export type RenderInvoice = DocumentWorker["renderInvoice"];

type Draft = z.infer<typeof invoiceDraftSchema>;

/** What would be billed, issuing it, and the documents. */
export function invoiceProcedures({ billing }: Implementer, app: Application, renderInvoice: RenderInvoice) {
  return {
    run: billing.run.handler(({ input }) => {
      const engine = siteOf(app);
      const open = openItems(engine, input.month);
      const { stores, currency } = engine;
      const held = [...open.heldByCustomer.values()].reduce((sum, count) => sum + count, 0);
      const drafts = stores.customers.list().flatMap((customer) => {
        const sessions = open.byCustomer.get(customer.id) ?? [];
        const heldOfCustomer = open.heldByCustomer.get(customer.id) ?? 0;
        return sessions.length + heldOfCustomer === 0
          ? []
          : [draftOf(customer, sessions, heldOfCustomer, open.sellerComplete)];
      });
      return { month: input.month, currency, drafts, heldSessions: held, unassignedSessions: open.unassigned };
    }),
    issue: billing.issue.handler(({ input, errors }) => {
      const issued = issue(siteOf(app), input.month, [...new Set(input.customerIds)]);
      if (issued === "conflict") throw errors.CONFLICT();
      return issued;
    }),
    invoices: billing.invoices.handler(({ input }) => siteOf(app).stores.invoices.list(input.month ?? null)),
    pdf: billing.pdf.handler(async ({ input, errors }) => {
      const { invoices } = siteOf(app).stores;
      const document = invoices.document(input.id);
      if (document === null) throw errors.NOT_FOUND();
      // Another call may have drawn it meanwhile: what was stored first is what everybody gets.
      if (invoices.bytes(input.id) === null) {
        const drawn = await renderInvoice(document);
        if (!drawn.ok) throw new Error(`invoice ${document.number} was not drawn (${drawn.code}): ${drawn.detail}`);
        if (invoices.bytes(input.id) === null) invoices.saveBytes(input.id, drawn.bytes);
      }
      const bytes = invoices.bytes(input.id);
      if (bytes === null) throw errors.NOT_FOUND();
      return new File([new Uint8Array(bytes)], `${document.number.replace(/[^\w-]/gu, "_")}.pdf`, {
        type: "application/pdf",
      });
    }),
  };
}

type OpenItems = {
  readonly byCustomer: ReadonlyMap<string, readonly InvoiceableSession[]>;
  readonly heldByCustomer: ReadonlyMap<string, number>;
  readonly unassigned: number;
  readonly sellerComplete: boolean;
};

function openItems({ stores, timezone }: Engine, month: string): OpenItems {
  const { from_ms, to_ms } = monthRange(month, timezone);
  const { heldByCustomer, unassigned } = stores.invoices.leftOut(from_ms, to_ms);
  const byCustomer = new Map<string, InvoiceableSession[]>();
  for (const billable of stores.invoices.billable(from_ms, to_ms)) {
    const session = invoiceable(billable);
    const { customerId } = billable.session;
    if (session === null || customerId === null) continue;
    byCustomer.set(customerId, [...(byCustomer.get(customerId) ?? []), session]);
  }
  return { byCustomer, heldByCustomer, unassigned, sellerComplete: isComplete(stores.seller.get()) };
}

/** `null`: a register is unknown, so there is nothing that a line could prove. */
function invoiceable({ session, cost, tariff }: BillableSession): InvoiceableSession | null {
  const { start_Wh, stop_Wh, energy_Wh, ended_at_ms } = session;
  if (start_Wh === null || stop_Wh === null || energy_Wh === null || ended_at_ms === null) return null;
  return {
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
  };
}

/** § 14 (4) UStG: name, address and a tax number or VAT id of who supplies. */
const isComplete = ({ name, address, vatId, taxNumber }: Seller): boolean =>
  name.trim() !== "" && address.trim() !== "" && (vatId.trim() !== "" || taxNumber.trim() !== "");

function draftOf(
  customer: { readonly id: string; readonly name: string; readonly address: string },
  sessions: readonly InvoiceableSession[],
  held: number,
  sellerComplete: boolean,
): Draft {
  const { net_minor, tax_minor, gross_minor } = invoiceTotals(invoiceLines(sessions));
  const problems: Draft["problems"] = [];
  if (sessions.length === 0) problems.push("nothing-to-bill");
  if (customer.address.trim() === "") problems.push("no-address");
  if (!sellerComplete) problems.push("seller-incomplete");
  const energy_Wh = sessions.reduce((sum, session) => sum + session.energy_Wh, 0);
  return {
    customerId: customer.id,
    customerName: customer.name,
    sessions: sessions.length,
    held,
    energy_Wh,
    net_minor,
    tax_minor,
    gross_minor,
    problems,
  };
}

/** Numbers are drawn and documents frozen in one transaction of the store; what changed meanwhile makes it a conflict. */
function issue(engine: Engine, month: string, customerIds: readonly string[]) {
  const { stores, timezone, clock } = engine;
  const open = openItems(engine, month);
  const seller = stores.seller.get();
  if (!open.sellerComplete)
    throw badField("seller", "an invoice needs the seller's name, address and tax number or VAT id");
  const issued_at_ms = clock.now_ms();
  const drafts = customerIds.map((customerId) => {
    const customer = stores.customers.get(customerId);
    const sessions = open.byCustomer.get(customerId) ?? [];
    if (customer === null || sessions.length === 0) return null;
    if (customer.address.trim() === "") throw badField("customerIds", `${customer.name} has no address`);
    return { customer, sessions };
  });
  const ready = drafts.filter((draft) => draft !== null);
  if (ready.length < drafts.length) return "conflict" as const;
  const byId = new Map(ready.map((draft) => [draft.customer.id, draft]));
  const year = Temporal.Instant.fromEpochMilliseconds(issued_at_ms).toZonedDateTimeISO(timezone).year;
  const wanted = ready.map(({ customer, sessions }) => ({
    customerId: customer.id,
    sessionIds: sessions.map(({ sessionId }) => sessionId),
  }));
  return stores.invoices.issue(wanted, invoiceSeries(seller.invoicePrefix, year), (customerId, number) => {
    const draft = byId.get(customerId);
    assert(draft !== undefined, "numbers are drawn for the drafts that were given");
    return documentOf(engine, { ...draft, month, number, seller, issued_at_ms });
  });
}

function documentOf(
  { timezone, currency, demo, siteName, stores }: Engine,
  facts: {
    readonly customer: {
      readonly id: string;
      readonly name: string;
      readonly address: string;
      readonly vatId: string | null;
    };
    readonly sessions: readonly InvoiceableSession[];
    readonly month: string;
    readonly number: string;
    readonly seller: Seller;
    readonly issued_at_ms: InvoiceDocument["issued_at_ms"];
  },
): InvoiceDocument {
  const { customer, sessions, month, number, seller, issued_at_ms } = facts;
  const lines = invoiceLines(sessions);
  return {
    id: randomUUID(),
    number,
    month,
    issued_at_ms,
    due_at_ms: daysLater(issued_at_ms, seller.dueDays, timezone),
    timezone,
    currency,
    locale: localeOf(stores.site.load()?.model.identity.country),
    demo,
    siteName,
    seller,
    customer: { id: customer.id, name: customer.name, address: customer.address, vatId: customer.vatId },
    lines,
    ...invoiceTotals(lines),
  };
}

const GERMAN_SPEAKING: ReadonlySet<string> = new Set(["DE", "AT", "CH", "LI"]);

/** An invoice is in the language of the site's country, whatever language the screen of its owner has. */
const localeOf = (country: string | undefined): "de" | "en" =>
  country !== undefined && GERMAN_SPEAKING.has(country) ? "de" : "en";
