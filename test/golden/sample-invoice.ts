import { invoiceLines, invoiceTotals } from "../../src/core/billing/index.ts";
import { flatTariff, price } from "../../src/core/tariff/index.ts";
import { basisPoint, epochMs, millisecond, wattHour } from "../../src/core/units/index.ts";
import type { InvoiceDocument } from "../../src/main/storage/types.ts";

const MARCH_1 = Date.parse("2026-03-01T05:10:00Z");
const HOUR = 3_600_000;

type Wish = {
  readonly sessions: number;
  readonly locale?: "en" | "de";
  readonly demo?: boolean;
  readonly change?: Partial<InvoiceDocument>;
};

/** A document with figures that follow from its row number: the same wish gives the same document. */
export function sampleInvoice({ sessions, locale = "de", demo = false, change = {} }: Wish): InvoiceDocument {
  const tariff = flatTariff({ id: "t1", name: "Flat", currency: "EUR", perKWh: "0.42", vat_bp: basisPoint(1900), valid_from_ms: epochMs(0) });
  const lines = invoiceLines(
    Array.from({ length: sessions }, (_, i) => {
      const started_at = MARCH_1 + Math.floor((i * 30.3 * 24 * HOUR) / Math.max(sessions, 1));
      const energy_Wh = wattHour(3_000 + ((i * 7_919) % 38_000));
      const duration_ms = Math.floor((energy_Wh / 7_400) * HOUR);
      const start_Wh = wattHour(1_204_310 + i * 41_000);
      return {
        sessionId: `s${String(i)}`,
        stationName: i % 9 === 4 ? "Tiefgarage Ebene −1, Stellplatz am Aufzug" : `Platz ${String(1 + (i % 12))}`,
        started_at_ms: epochMs(started_at),
        ended_at_ms: epochMs(started_at + duration_ms),
        start_Wh,
        stop_Wh: wattHour(start_Wh + energy_Wh),
        energy_Wh,
        cardAlias: "4F7A",
        tariff,
        cost: price(tariff, { energy_Wh, charging_ms: millisecond(duration_ms), parked_ms: millisecond(0) }).cost,
      };
    }),
  );
  return {
    id: "inv-1",
    number: "RE-2026-0042",
    month: "2026-03",
    issued_at_ms: epochMs(Date.parse("2026-04-01T08:00:00Z")),
    due_at_ms: epochMs(Date.parse("2026-04-15T08:00:00Z")),
    timezone: "Europe/Berlin",
    currency: "EUR",
    locale,
    demo,
    siteName: "Parkhaus Nord",
    seller: {
      name: "Nord Parking GmbH",
      address: "Hafenstraße 12\n20457 Hamburg",
      vatId: "DE123456789",
      taxNumber: "27/123/45678",
      email: "rechnung@nord-parking.example",
      phone: "+49 40 5550 123",
      iban: "DE02120300000000202051",
      bank: "Deutsche Kreditbank",
      invoicePrefix: "RE",
      dueDays: 14,
      note: "Vielen Dank, dass Sie bei uns laden.",
    },
    customer: { id: "K-1007", name: "Bäckerei Öztürk & Söhne OHG", address: "Frau Łucja Wiśniewska\nGroße Elbstraße 145a\n22767 Hamburg", vatId: "DE987654321" },
    lines,
    ...invoiceTotals(lines),
    ...change,
  };
}
