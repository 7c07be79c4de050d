import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { type TariffVersion, price } from "../../src/core/tariff/index.ts";
import { basisPoint, epochMs, formatMinor, millisecond, wattHour } from "../../src/core/units/index.ts";
import { sharedVectors } from "../setup/vectors.ts";

// Worked examples of OCPI's specification, with its arithmetic errors corrected. Those that need restrictions, limits of
// the price or gross prices belong to tariffs that a site cannot set up yet.

const component = z.object({
  type: z.enum(["ENERGY", "TIME", "FLAT", "PARKING_TIME"]),
  price: z.union([z.number(), z.string()]).transform(String),
  vat: z.number().optional(),
  step_size: z.int(),
});
const tariffSchema = z.object({
  currency: z.string(),
  tax_included: z.string().optional(),
  min_price: z.unknown().optional(),
  max_price: z.unknown().optional(),
  elements: z.array(z.object({ price_components: z.array(component), restrictions: z.unknown().optional() })),
});
type OcpiTariff = z.infer<typeof tariffSchema>;
const period = z.object({ ENERGY: z.string().optional(), TIME_s: z.number().optional(), PARKING_s: z.number().optional() });
const casesSchema = z.object({
  cases: z.array(
    z.object({
      id: z.string(),
      tariff: z.unknown(),
      periods: z.array(period),
      expected: z.object({ ex: z.string().optional(), inc: z.string().optional() }),
    }),
  ),
});

const isPlain = (tariff: OcpiTariff): boolean =>
  tariff.min_price === undefined &&
  tariff.max_price === undefined &&
  tariff.tax_included !== "YES" &&
  tariff.elements.every((element) => element.restrictions === undefined);

const ourTariff = (id: string, tariff: OcpiTariff): TariffVersion => ({
  id,
  name: id,
  currency: tariff.currency,
  valid_from_ms: epochMs(0),
  elements: tariff.elements.map((element) => ({
    priceComponents: element.price_components.map(({ type, price: perUnit, vat, step_size }) => ({
      type,
      price: perUnit,
      vat_bp: vat === undefined ? null : basisPoint(Math.round(vat * 100)),
      stepSize: step_size,
    })),
  })),
});

const file = sharedVectors("vectors/tariff-cases.json");
if (file === null) process.stderr.write("SKIPPED: worked examples of OCPI: shared/vectors lies not beside this checkout\n");
const json = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));
const cases = file === null ? [] : casesSchema.parse(json(file)).cases.map((one) => {
  const tariff = tariffSchema.parse(typeof one.tariff === "string" ? json(join(dirname(file), one.tariff)) : one.tariff);
  return { ...one, tariff };
});
const plain = cases.filter((one) => isPlain(one.tariff));

const kWh = z.string().regex(/^\d+(?:\.\d{1,3})?$/u);
const wattHours = (text: string): number => Math.round(Number(kWh.parse(text)) * 1000);

test("the examples that need no restriction are found where the data are", () => {
  expect(plain.length).toBeGreaterThanOrEqual(file === null ? 0 : 9);
});

for (const { id, tariff, periods, expected } of plain) {
  test(`OCPI example ${id} costs ${expected.ex ?? "?"} net and ${expected.inc ?? "?"} gross`, () => {
    const sum = (of: (one: z.infer<typeof period>) => number): number => periods.reduce((total, one) => total + of(one), 0);
    const { cost } = price(ourTariff(id, tariff), {
      energy_Wh: wattHour(sum((one) => wattHours(one.ENERGY ?? "0"))),
      charging_ms: millisecond(sum((one) => (one.TIME_s ?? 0) * 1000)),
      parked_ms: millisecond(sum((one) => (one.PARKING_s ?? 0) * 1000)),
    });
    expect(formatMinor(cost.net_minor, cost.currency)).toBe(expected.ex);
    if (expected.inc !== undefined) expect(formatMinor(cost.gross_minor, cost.currency)).toBe(expected.inc);
  });
}
