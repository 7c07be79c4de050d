import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { ClosedSession, Flag, OpenedSession } from "../../src/core/session/index.ts";
import type { Cost, TariffVersion } from "../../src/core/tariff/index.ts";
import { basisPoint, type EpochMs, epochMs, millisecond, wattHour } from "../../src/core/units/index.ts";
import type { SessionFilter } from "../../src/contract/index.ts";
import { type OpenedFolder, openDataFolder } from "../../src/main/storage/index.ts";
import type { BillableSession, InvoiceDocument } from "../../src/main/storage/types.ts";

/** 2026-11-01 in the morning: all instants of these tests are minutes after it. */
export const MORNING = Temporal.Instant.from("2026-11-01T06:00Z").epochMilliseconds;
export const minute = (minutes: number): EpochMs => epochMs(MORNING + minutes * 60_000);

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "chargehand-storage-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

export function opened(folder: string, readOnly = false): OpenedFolder {
  const result = openDataFolder(folder, { now_ms: () => MORNING, readOnly });
  if (!result.ok) throw new Error(result.message);
  onTestFinished(result.close);
  return result;
}

export const TARIFF: TariffVersion = {
  id: "flat-1",
  name: "Standard",
  currency: "EUR",
  valid_from_ms: epochMs(0),
  elements: [{ priceComponents: [{ type: "ENERGY", price: "0.42", vat_bp: basisPoint(1900), stepSize: 1 }] }],
};

/** A new folder with a tariff in it. */
export function freshFolder(): OpenedFolder {
  const folder = opened(temporaryFolder());
  folder.stores.tariffs.add(TARIFF);
  return folder;
}

export const session = (id: string, over: Partial<OpenedSession> = {}): OpenedSession => ({
  id,
  stationId: "P01",
  evseId: 1,
  transactionId: null,
  idToken: null,
  started_at_ms: minute(0),
  received_at_ms: minute(0),
  start_Wh: wattHour(1000),
  ...over,
});

export const DOUBT: Flag = { rule: "D01", severity: "B", inputs: { start_Wh: 1000, stop_Wh: 900 } };

export const closed = (opening: OpenedSession, over: Partial<ClosedSession> = {}): ClosedSession => ({
  ...opening,
  ended_at_ms: minute(60),
  stop_Wh: wattHour(11_000),
  endReason: "Local",
  endedBy: "station",
  energy_Wh: wattHour(10_000),
  flags: [],
  billable: true,
  charging_ms: millisecond(3_000_000),
  parked_ms: millisecond(600_000),
  heldByOperator_ms: millisecond(0),
  ...over,
});

export const cost = (net_minor = 420n, tax_minor = 80n): Cost => ({
  currency: "EUR",
  lines: [
    {
      type: "ENERGY",
      elementIndex: 0,
      componentIndex: 0,
      price: "0.42",
      vat_bp: basisPoint(1900),
      metered: 10_000,
      billed: 10_000,
      net_minor,
    },
  ],
  vat: [{ vat_bp: basisPoint(1900), net_minor, tax_minor }],
  net_minor,
  tax_minor,
  gross_minor: net_minor + tax_minor,
});

/** Opens and closes a session at once. */
export function record(
  folder: OpenedFolder,
  opening: OpenedSession,
  over: Partial<ClosedSession> = {},
  price: Cost | null = cost(),
): void {
  folder.stores.sessions.open(opening, TARIFF.id);
  folder.stores.sessions.close(closed(opening, over), price);
}

export const filter = (over: Partial<SessionFilter> = {}): SessionFilter => ({
  from_ms: null,
  to_ms: null,
  stationIds: [],
  customerId: null,
  state: "all",
  text: "",
  ...over,
});

export function addCustomer(folder: OpenedFolder, name: string, ...cards: string[]): string {
  const customer = folder.stores.customers.save(
    { id: null, name, address: "Weg 1", email: null, vatId: null },
    minute(0),
  );
  if (customer === null) throw new Error("a new customer is always saved");
  for (const card of cards) folder.stores.customers.assignCard(customer.id, card, minute(0));
  return customer.id;
}

/** What invoicing would make of these sessions. */
export function documentOf(customerId: string, number: string, sessions: readonly BillableSession[]): InvoiceDocument {
  const net_minor = sessions.reduce((sum, { cost: { net_minor: net } }) => sum + Number(net), 0);
  const tax_minor = Math.round(net_minor * 0.19);
  return {
    id: `invoice-${number}`,
    number,
    month: "2026-11",
    issued_at_ms: minute(100_000),
    due_at_ms: minute(120_000),
    timezone: "Europe/Berlin",
    currency: "EUR",
    locale: "de",
    demo: false,
    siteName: "Parkhaus",
    seller: {
      name: "Owner",
      address: "",
      vatId: "",
      taxNumber: "",
      email: "",
      phone: "",
      iban: "",
      bank: "",
      invoicePrefix: "RE",
      dueDays: 14,
      note: "",
    },
    customer: { id: customerId, name: sessions[0]?.session.customerName ?? "", address: "", vatId: null },
    lines: sessions.map(({ session: row, cost: { net_minor: net } }) => ({
      sessionId: row.id,
      stationName: row.stationName,
      started_at_ms: epochMs(row.started_at_ms),
      ended_at_ms: epochMs(row.ended_at_ms ?? 0),
      start_Wh: wattHour(row.start_Wh ?? 0),
      stop_Wh: wattHour(row.stop_Wh ?? 0),
      energy_Wh: wattHour(row.energy_Wh ?? 0),
      cardAlias: row.cardAlias,
      perKWh: "0.42",
      vat_bp: basisPoint(1900),
      net_minor: Number(net),
    })),
    vat: [{ vat_bp: basisPoint(1900), net_minor, tax_minor }],
    net_minor,
    tax_minor,
    gross_minor: net_minor + tax_minor,
  };
}
