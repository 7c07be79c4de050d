import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { basisPoint, epochMs, formatMinor, millisecond, wattHour } from "../units/index.ts";
import { flatTariff, grossPerKWh, tariffProblems } from "./flat-tariff.ts";
import { price } from "./price.ts";
import type { Consumption, PriceComponent, TariffVersion } from "./types.ts";

const used = (energy_Wh: number, charging_s = 3600, parked_s = 0): Consumption => ({
  energy_Wh: wattHour(energy_Wh),
  charging_ms: millisecond(charging_s * 1000),
  parked_ms: millisecond(parked_s * 1000),
});

const component = (
  type: PriceComponent["type"],
  perUnit: string,
  vat_bp: number | null = 1900,
  stepSize = 1,
): PriceComponent => ({
  type,
  price: perUnit,
  vat_bp: vat_bp === null ? null : basisPoint(vat_bp),
  stepSize,
});

const tariff = (...elements: readonly (readonly PriceComponent[])[]): TariffVersion => ({
  id: "t1",
  name: "Test",
  currency: "EUR",
  valid_from_ms: epochMs(0),
  elements: elements.map((priceComponents) => ({ priceComponents })),
});

const flat = (perKWh: string, currency = "EUR", vat_bp: number | null = 1900) =>
  flatTariff({
    id: "t1",
    name: "Flat",
    currency,
    perKWh,
    vat_bp: vat_bp === null ? null : basisPoint(vat_bp),
    valid_from_ms: epochMs(0),
  });

describe("a flat price per kWh", () => {
  test("12.345 kWh at 0.42 net and 19 % VAT", () => {
    const { cost, flags } = price(flat("0.42"), used(12_345));
    expect(cost.lines).toEqual([
      {
        type: "ENERGY",
        elementIndex: 0,
        componentIndex: 0,
        price: "0.42",
        vat_bp: 1900,
        metered: 12_345,
        billed: 12_345,
        net_minor: 518n,
      },
    ]);
    expect(cost).toMatchObject({ net_minor: 518n, tax_minor: 98n, gross_minor: 616n });
    expect(flags).toEqual([]);
  });

  test.each([
    ["half a cent is rounded up: 20.5 kWh at 0.25 is 5.125", "0.25", 20_500, "EUR", "5.13"],
    ["just below half a cent is rounded down", "0.25", 20_499, "EUR", "5.12"],
    ["a price with four decimals stays exact", "0.2875", 10_000, "EUR", "2.88"],
    ["yen have no decimals", "35.5", 10_100, "JPY", "359"],
    ["dinar have three", "0.1234", 1_000, "KWD", "0.123"],
    ["a lifetime register of 900 MWh does not overflow", "999999.999999", 900_000_000, "EUR", "899999999999.10"],
  ])("%s", (_name, perKWh, energy_Wh, currency, net) => {
    expect(formatMinor(price(flat(perKWh, currency), used(energy_Wh)).cost.net_minor, currency)).toBe(net);
  });

  test("no VAT applicable is not 0 %: both cost the same and stay apart", () => {
    expect(price(flat("0.42", "EUR", null), used(10_000)).cost.vat).toEqual([
      { vat_bp: null, net_minor: 420n, tax_minor: 0n },
    ]);
    expect(price(flat("0.42", "EUR", 0), used(10_000)).cost.vat).toEqual([
      { vat_bp: 0, net_minor: 420n, tax_minor: 0n },
    ]);
  });
});

describe("elements and dimensions", () => {
  test("the first element that has the dimension wins, each dimension for itself", () => {
    const { cost } = price(
      tariff(
        [component("FLAT", "0.50")],
        [component("ENERGY", "0.30"), component("FLAT", "9")],
        [component("ENERGY", "9")],
      ),
      used(10_000),
    );
    expect(cost.lines.map((line) => [line.type, line.elementIndex, line.net_minor])).toEqual([
      ["FLAT", 0, 50n],
      ["ENERGY", 1, 300n],
    ]);
  });

  test("energy that no component prices is free and raises D21", () => {
    const { cost, flags } = price(tariff([component("PARKING_TIME", "2")]), used(10_000));
    expect(cost.gross_minor).toBe(0n);
    expect(flags).toEqual([
      { rule: "D21", severity: "B", inputs: { tariff: "t1", dimension: "ENERGY", energy_Wh: 10_000 } },
    ]);
  });

  test("a price per hour or per session is a price for the energy too", () => {
    expect(price(tariff([component("TIME", "2")]), used(10_000)).flags).toEqual([]);
    expect(price(tariff([component("FLAT", "0")]), used(10_000)).flags).toEqual([]);
  });

  test("0 Wh costs no start fee", () => {
    expect(price(tariff([component("FLAT", "1"), component("ENERGY", "0.4")]), used(0, 30)).cost.gross_minor).toBe(0n);
    expect(price(tariff([component("FLAT", "1"), component("ENERGY", "0.4")]), used(0)).cost.gross_minor).toBe(0n);
  });

  test("an attempt of 99 Wh in a minute costs nothing", () => {
    expect(price(tariff([component("FLAT", "1"), component("ENERGY", "0.4")]), used(99, 60)).cost.gross_minor).toBe(0n);
    expect(price(flat("0.40"), used(100, 60)).cost.net_minor).toBe(4n);
  });
});

describe("steps", () => {
  test.each([
    ["energy is raised to whole steps", component("ENERGY", "0.25", null, 100), used(20_450), 513n],
    ["an exact multiple stays", component("ENERGY", "0.25", null, 100), used(20_500), 513n],
    ["step 0 bills what was metered", component("ENERGY", "0.25", null, 0), used(20_450), 511n],
    ["time is raised to whole steps of seconds", component("TIME", "6.00", null, 300), used(1_000, 301), 100n],
    [
      "parking is raised to whole steps of seconds",
      component("PARKING_TIME", "2.00", null, 900),
      used(1_000, 60, 2400),
      150n,
    ],
  ])("%s", (_name, only, consumption, net_minor) => {
    expect(price(tariff([only]), consumption).cost.net_minor).toBe(net_minor);
  });

  test("charging time is not raised when priced parking follows", () => {
    const both = tariff([component("TIME", "3.60", null, 3600), component("PARKING_TIME", "3.60", null, 3600)]);
    expect(price(both, used(1_000, 1_000, 100)).cost.lines.map((line) => line.billed)).toEqual([1_000_000, 3_600_000]);
    expect(price(both, used(1_000, 1_000, 0)).cost.lines.map((line) => line.billed)).toEqual([3_600_000]);
  });
});

test("VAT is taken per rate on the sum of the lines", () => {
  // EN 16931 BR-CO-17: 3 × 0.12 at 19 % is 0.07; line by line it would be 0.06.
  const { cost } = price(
    tariff([component("FLAT", "0.12"), component("ENERGY", "0.12"), component("TIME", "0.12")]),
    used(1_000),
  );
  expect(cost).toMatchObject({ net_minor: 36n, tax_minor: 7n, gross_minor: 43n });
});

describe("whatever is consumed", () => {
  const perUnit = fc
    .tuple(fc.nat(99), fc.nat(9999))
    .map(([units, part]) => `${String(units)}.${String(part).padStart(4, "0")}`);
  const anyComponent = fc.record({
    type: fc.constantFrom("ENERGY", "TIME", "FLAT", "PARKING_TIME"),
    price: perUnit,
    vat_bp: fc.option(fc.constantFrom(0, 520, 700, 1900, 2000).map(basisPoint)),
    stepSize: fc.constantFrom(0, 1, 60, 100, 500),
  });
  const anyTariff = fc
    .array(fc.array(anyComponent, { maxLength: 4 }), { maxLength: 3 })
    .map((elements) => tariff(...elements));
  const anyUse = fc
    .tuple(fc.nat(200_000), fc.nat(90_000), fc.nat(90_000))
    .map(([energy_Wh, charging_s, parked_s]) => used(energy_Wh, charging_s, parked_s));

  test("the lines add up to net, the taxes to gross less net", () => {
    fc.assert(
      fc.property(anyTariff, anyUse, (version, consumption) => {
        const { cost } = price(version, consumption);
        expect(cost.lines.reduce((sum, line) => sum + line.net_minor, 0n)).toBe(cost.net_minor);
        expect(cost.vat.reduce((sum, line) => sum + line.net_minor, 0n)).toBe(cost.net_minor);
        expect(cost.vat.reduce((sum, line) => sum + line.tax_minor, 0n)).toBe(cost.gross_minor - cost.net_minor);
      }),
    );
  });

  test("more energy never costs less", () => {
    fc.assert(
      fc.property(anyTariff, anyUse, fc.nat(50_000), (version, consumption, more_Wh) => {
        const more = { ...consumption, energy_Wh: wattHour(consumption.energy_Wh + more_Wh) };
        expect(price(version, more).cost.gross_minor).toBeGreaterThanOrEqual(
          price(version, consumption).cost.gross_minor,
        );
      }),
    );
  });
});

describe("what the screen shows and refuses", () => {
  test.each([
    ["0.42", 1900, "EUR", "0.4998"],
    ["0.50", 2000, "EUR", "0.60"],
    ["0.42", null, "EUR", "0.42"],
    ["35", 1000, "JPY", "38.5"],
    ["30", 1000, "JPY", "33"],
  ])("%s net with %s bp in %s is %s", (perKWh, vat_bp, currency, gross) => {
    expect(grossPerKWh(flat(perKWh, currency, vat_bp))).toBe(gross);
  });

  test("a sound tariff has no problem", () => expect(tariffProblems(flat("0.42"))).toEqual([]));

  test.each([
    ["a comma", flat("0,42"), "price-not-decimal", "elements[0].priceComponents[0].price"],
    ["no number", flat(""), "price-not-decimal", "elements[0].priceComponents[0].price"],
    ["a negative price", flat("-0.10"), "price-negative", "elements[0].priceComponents[0].price"],
    ["an invented currency", flat("0.42", "EURO"), "currency-unknown", "currency"],
    ["more than 100 % VAT", flat("0.42", "EUR", 10_001), "vat-out-of-range", "elements[0].priceComponents[0].vat_bp"],
    ["no component", tariff([]), "empty", "elements"],
    ["energy forgotten", tariff([component("PARKING_TIME", "2")]), "energy-free-by-omission", "elements"],
    [
      "a second energy price",
      tariff([component("ENERGY", "2")], [component("ENERGY", "3")]),
      "never-reached",
      "elements[1].priceComponents[0]",
    ],
    [
      "half a step",
      tariff([component("ENERGY", "2", 1900, 0.5)]),
      "step-size-not-whole",
      "elements[0].priceComponents[0].stepSize",
    ],
  ])("%s is refused", (_name, version, code, field) => {
    expect(tariffProblems(version)).toContainEqual({ code, field });
  });
});
