import { describe, expect, test } from "vitest";
import type { InvoiceRun, TariffView } from "../../../contract/index.ts";
import { lastMonth, monthDays, monthsBefore, parseBillingSearch } from "./billing-search.ts";
import { checks, decimalOf, isIban, missingOfSeller, rateOf, ready, sums, tariffsAt } from "./billing-view.ts";
import { grossOf, pricedSamples } from "./tariff-samples.ts";

type Draft = InvoiceRun["drafts"][number];
const draft = (patch: Partial<Draft>): Draft => ({
  customerId: "a",
  customerName: "Anna",
  sessions: 2,
  held: 0,
  energy_Wh: 1000,
  net_minor: 42,
  tax_minor: 8,
  gross_minor: 50,
  problems: [],
  ...patch,
});
const run = (patch: Partial<InvoiceRun>): InvoiceRun => ({
  month: "2026-10",
  currency: "EUR",
  drafts: [],
  heldSessions: 0,
  unassignedSessions: 0,
  ...patch,
});

describe("an invoice run", () => {
  test("leaves out whoever cannot be billed and sums the rest", () => {
    const one = run({
      drafts: [draft({}), draft({ customerId: "b", problems: ["no-address"] }), draft({ customerId: "c" })],
    });
    expect(ready(one).map(({ customerId }) => customerId)).toEqual(["a", "c"]);
    expect(sums(ready(one))).toEqual({ sessions: 4, energy_Wh: 2000, net_minor: 84, tax_minor: 16, gross_minor: 100 });
  });

  test("says everything that is left out, most urgent first", () => {
    const drafts = [
      draft({ problems: ["no-address", "seller-incomplete"] }),
      draft({ problems: ["seller-incomplete"] }),
    ];
    expect(
      checks(run({ drafts, heldSessions: 3, unassignedSessions: 2 })).map(({ kind, count }) => [kind, count]),
    ).toEqual([
      ["seller-incomplete", 1],
      ["no-address", 1],
      ["held", 3],
      ["unassigned", 2],
    ]);
    expect(checks(run({ drafts: [draft({})] }))).toEqual([]);
  });

  test("begins with the month that is over, also in January", () => {
    expect(lastMonth("2026-01-31")).toBe("2025-12");
    expect(monthsBefore("2026-01-15", 3)).toEqual(["2026-01", "2025-12", "2025-11"]);
    expect(monthDays("2028-02")).toEqual({ from: "2028-02-01", to: "2028-02-29" });
  });

  test("takes nothing from an address that is no month", () => {
    expect(parseBillingSearch({ tab: "x", month: "2026-13" })).toMatchObject({ tab: "run", month: null });
    expect(parseBillingSearch({ tab: "seller", month: "2026-12" })).toMatchObject({ tab: "seller", month: "2026-12" });
  });
});

describe("prices", () => {
  const tariff = (id: string, valid_from_ms: number): TariffView => ({
    id,
    currency: "EUR",
    perKWh: "0.42",
    grossPerKWh: "0.4998",
    vat_bp: 1900,
    valid_from_ms,
  });

  test("are told apart into now, coming and past", () => {
    const { current, coming, past } = tariffsAt(
      [tariff("old", 0), tariff("next", 300), tariff("now", 100), tariff("last", 400)],
      200,
    );
    expect([current?.id, coming.map(({ id }) => id), past.map(({ id }) => id)]).toEqual([
      "now",
      ["next", "last"],
      ["old"],
    ]);
    expect(tariffsAt([], 1).current).toBeNull();
  });

  test("of samples come from the engine that bills", () => {
    expect(pricedSamples({ currency: "EUR", perKWh: "0.42", vat_bp: 1900 })[1]).toMatchObject({
      net_minor: 924,
      tax_minor: 176,
      gross_minor: 1100,
    });
    expect(grossOf({ currency: "EUR", perKWh: "0.42", vat_bp: 1900 })).toBe("0.4998");
  });

  test.each([
    ["0,42", "0.42"],
    [" 0.4998 ", "0.4998"],
    ["12", "12"],
    ["-1", null],
    ["0.1234567", null],
    ["1e3", null],
    ["", null],
  ])("%j is read as %j", (typed, expected) => {
    expect(decimalOf(typed)).toBe(expected);
  });

  test.each([
    ["19", 1900],
    ["8,1", 810],
    ["0", 0],
    ["100", 10_000],
    ["100.01", null],
    ["-1", null],
    ["x", null],
  ])("%j per cent is %j", (typed, expected) => {
    expect(rateOf(typed)).toBe(expected);
  });
});

test("an IBAN is checked by its digits", () => {
  expect(isIban("DE02 1203 0000 0000 2020 51")).toBe(true);
  expect(isIban("DE02120300000000202052")).toBe(false);
  expect(isIban("")).toBe(true);
  expect(isIban("DE")).toBe(false);
});

test("a seller needs a name, an address and one tax number", () => {
  const seller = {
    name: "",
    address: "x",
    vatId: "",
    taxNumber: "",
    email: "",
    phone: "",
    iban: "",
    bank: "",
    invoicePrefix: "",
    dueDays: 14,
    note: "",
  };
  expect(missingOfSeller(seller)).toEqual(["name", "taxNumber"]);
  expect(missingOfSeller({ ...seller, name: "A", vatId: "DE1" })).toEqual([]);
});
