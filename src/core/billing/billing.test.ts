import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { flatTariff, price } from "../tariff/index.ts";
import { basisPoint, epochMs, millisecond, wattHour } from "../units/index.ts";
import { type InvoiceableSession, imbalances, invoiceLines, invoiceTotals } from "./invoice.ts";
import { daysLater, monthOf, monthRange } from "./month.ts";
import { invoiceSeries, renderNumber } from "./number.ts";

const at = (text: string) => epochMs(Date.parse(text));

describe("a month", () => {
  test.each([
    ["2026-03", "Europe/Berlin", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"],
    ["2026-10", "Europe/Berlin", "2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z"],
    ["2026-12", "UTC", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"],
    ["2026-02", "Pacific/Auckland", "2026-01-31T11:00:00Z", "2026-02-28T11:00:00Z"],
    ["2024-02", "America/New_York", "2024-02-01T05:00:00Z", "2024-03-01T05:00:00Z"],
  ])("%s in %s runs from %s to %s", (month, timezone, from, to) => {
    expect(monthRange(month, timezone)).toEqual({ from_ms: at(from), to_ms: at(to) });
  });

  test("neighbouring months touch and do not overlap", () => {
    expect(monthRange("2026-03", "Europe/Berlin").to_ms).toBe(monthRange("2026-04", "Europe/Berlin").from_ms);
  });

  test("an instant belongs to the month its zone's calendar shows", () => {
    expect(monthOf(at("2026-03-31T22:00:00Z"), "Europe/Berlin")).toBe("2026-04");
    expect(monthOf(at("2026-03-31T21:59:59.999Z"), "Europe/Berlin")).toBe("2026-03");
  });

  test("what is not a month is a mistake of ours", () => {
    expect(() => monthRange("2026-13", "Europe/Berlin")).toThrow("YYYY-MM");
    expect(() => monthRange("March", "Europe/Berlin")).toThrow("YYYY-MM");
  });

  test("due days are calendar days across the change of the clocks", () => {
    expect(daysLater(at("2026-03-20T09:00:00Z"), 14, "Europe/Berlin")).toBe(at("2026-04-03T08:00:00Z"));
  });
});

test("numbers are readable and sort", () => {
  expect(renderNumber(invoiceSeries("RE", 2026), 7)).toBe("RE-2026-0007");
  expect(renderNumber(invoiceSeries("RE-", 2026), 12_345)).toBe("RE-2026-12345");
  expect(renderNumber(invoiceSeries("", 2026), 1)).toBe("2026-0001");
  expect(() => renderNumber("RE-2026", 0)).toThrow("count from 1");
});

function session(id: number, energy_Wh: number, perKWh: string, vat_bp: number | null): InvoiceableSession {
  const rate = vat_bp === null ? null : basisPoint(vat_bp);
  const tariff = flatTariff({ id: "t", name: "t", currency: "EUR", perKWh, vat_bp: rate, valid_from_ms: epochMs(0) });
  const used = { energy_Wh: wattHour(energy_Wh), charging_ms: millisecond(3_600_000), parked_ms: millisecond(0) };
  return {
    sessionId: `s${String(id)}`,
    stationName: "Bay 1",
    started_at_ms: epochMs(id * 1000),
    ended_at_ms: epochMs(id * 1000 + 500),
    start_Wh: wattHour(0),
    stop_Wh: wattHour(energy_Wh),
    energy_Wh: wattHour(energy_Wh),
    cardAlias: null,
    tariff,
    cost: price(tariff, used).cost,
  };
}

describe("the figures of a document", () => {
  test("lines are rounded each, VAT is taken on their sum", () => {
    // 3 × 0.333 kWh at 0.35: EN 16931 wants 0.12 per line, so 0.36 and not 0.35.
    const lines = invoiceLines([1, 2, 3].map((id) => session(id, 333, "0.35", 1900)));
    expect(lines.map((line) => line.net_minor)).toEqual([12, 12, 12]);
    expect(invoiceTotals(lines)).toEqual({
      vat: [{ vat_bp: 1900, net_minor: 36, tax_minor: 7 }],
      net_minor: 36,
      tax_minor: 7,
      gross_minor: 43,
    });
  });

  test("a change of the rate inside a month gives one VAT line per rate", () => {
    const totals = invoiceTotals(
      invoiceLines([
        session(1, 10_000, "0.42", 1600),
        session(2, 10_000, "0.42", 1900),
        session(3, 1_000, "0.42", null),
      ]),
    );
    expect(totals.vat).toEqual([
      { vat_bp: 1900, net_minor: 420, tax_minor: 80 },
      { vat_bp: 1600, net_minor: 420, tax_minor: 67 },
      { vat_bp: null, net_minor: 42, tax_minor: 0 },
    ]);
    expect(totals.gross_minor).toBe(1029);
  });

  test("lines stand in the order in which sessions ended", () => {
    expect(
      invoiceLines([session(3, 1, "1", 0), session(1, 1, "1", 0), session(2, 1, "1", 0)]).map((line) => line.sessionId),
    ).toEqual(["s1", "s2", "s3"]);
  });

  test("nothing sold is a document of zero", () => {
    expect(invoiceTotals([])).toEqual({ vat: [], net_minor: 0, tax_minor: 0, gross_minor: 0 });
  });

  test("whatever is sold, every sum agrees", () => {
    const sold = fc.tuple(fc.nat(150_000), fc.nat(9999), fc.constantFrom(null, 0, 700, 1900, 2000));
    fc.assert(
      fc.property(fc.array(sold, { maxLength: 60 }), (sessions) => {
        const lines = invoiceLines(
          sessions.map(([energy_Wh, price_e4, vat_bp], i) =>
            session(i, energy_Wh, `0.${String(price_e4).padStart(4, "0")}`, vat_bp),
          ),
        );
        expect(imbalances({ lines, ...invoiceTotals(lines) })).toEqual([]);
      }),
    );
  });

  test("a document that was tampered with is found out", () => {
    const lines = invoiceLines([session(1, 10_000, "0.42", 1900)]);
    const totals = invoiceTotals(lines);
    expect(imbalances({ ...totals, lines: [] })).toEqual(["lines-net"]);
    expect(imbalances({ ...totals, lines, net_minor: 419 })).toEqual(["lines-net", "vat-net", "gross"]);
    expect(
      imbalances({ ...totals, lines, vat: [{ vat_bp: basisPoint(1900), net_minor: 420, tax_minor: 79 }] }),
    ).toEqual(["vat-tax", "vat-rule"]);
  });
});
