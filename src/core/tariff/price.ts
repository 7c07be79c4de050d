import { type Flag, isZeroSession } from "../session/index.ts";
import { type Exact, ZERO, assert, exact, multiply, parseAmount, roundHalfUp, taxOn } from "../units/index.ts";
import type { Consumption, Cost, Dimension, PriceComponent, PricedLine, TariffVersion, VatLine } from "./types.ts";

const DIMENSIONS: readonly Dimension[] = ["FLAT", "ENERGY", "TIME", "PARKING_TIME"];

/** How much of the metered unit one price unit is: kWh, hour, once. */
const PER_PRICE_UNIT: Readonly<Record<Dimension, bigint>> = {
  ENERGY: 1000n,
  TIME: 3_600_000n,
  PARKING_TIME: 3_600_000n,
  FLAT: 1n,
};

/** How much of the metered unit one step is: Wh and seconds. FLAT has no steps. */
const PER_STEP: Readonly<Record<Dimension, number>> = { ENERGY: 1, TIME: 1000, PARKING_TIME: 1000, FLAT: 0 };

type Applied = {
  readonly elementIndex: number;
  readonly componentIndex: number;
  readonly component: PriceComponent;
};

/** OCPI mod_tariffs: per dimension, independently, the first element in list order that has it. */
function firstWith(tariff: TariffVersion, type: Dimension): Applied | null {
  for (const [elementIndex, element] of tariff.elements.entries()) {
    const componentIndex = element.priceComponents.findIndex((component) => component.type === type);
    const component = element.priceComponents[componentIndex];
    if (component !== undefined) return { elementIndex, componentIndex, component };
  }
  return null;
}

function meteredOf(type: Dimension, used: Consumption): number {
  switch (type) {
    case "ENERGY":
      return used.energy_Wh;
    case "TIME":
      return used.charging_ms;
    case "PARKING_TIME":
      return used.parked_ms;
    case "FLAT":
      // No energy, no start fee: a card that only opened a session has bought nothing.
      return used.energy_Wh > 0 ? 1 : 0;
  }
}

/** The metered quantity raised to a whole number of steps; an exact multiple stays (OCPI's text says otherwise, its examples do not). */
function inSteps(metered: number, component: PriceComponent): number {
  const step = component.stepSize * PER_STEP[component.type];
  return step === 0 ? metered : Math.ceil(metered / step) * step;
}

function lineNet(component: PriceComponent, currency: string, billed: number): bigint {
  const price = parseAmount(component.price, currency);
  assert(price !== null, "a tariff in force has decimal prices");
  const quantity: Exact = billed === 0 ? ZERO : exact(BigInt(billed), PER_PRICE_UNIT[component.type]);
  return roundHalfUp(multiply(price, quantity));
}

/** VAT per rate on the sum of the rounded lines, in the order the rates appear (EN 16931 BR-CO-17). */
export function vatLines(
  lines: readonly { readonly vat_bp: VatLine["vat_bp"]; readonly net_minor: bigint }[],
): readonly VatLine[] {
  const net = new Map<VatLine["vat_bp"], bigint>();
  for (const line of lines) net.set(line.vat_bp, (net.get(line.vat_bp) ?? 0n) + line.net_minor);
  return [...net].map(([vat_bp, net_minor]) => ({
    vat_bp,
    net_minor,
    tax_minor: vat_bp === null ? 0n : taxOn(net_minor, vat_bp),
  }));
}

/**
 * Price of a session, also of a running one for the preview. Exact until two named points: each line half up to the
 * minor unit, then VAT per rate on the sum of lines. OCPI mod_cdrs: the step of TIME is not applied when priced parking
 * follows. Flag D21 when energy flowed and nothing in the tariff puts a price on the session: free by omission.
 */
export function price(
  tariff: TariffVersion,
  used: Consumption,
): { readonly cost: Cost; readonly flags: readonly Flag[] } {
  const zero = isZeroSession(used);
  const parkingPriced = used.parked_ms > 0 && firstWith(tariff, "PARKING_TIME") !== null;
  const lines = DIMENSIONS.flatMap((type): PricedLine[] => {
    const applied = firstWith(tariff, type);
    if (applied === null) return [];
    const { elementIndex, componentIndex, component } = applied;
    const metered = meteredOf(type, used);
    const stepped = type === "TIME" && parkingPriced ? metered : inSteps(metered, component);
    const billed = zero ? 0 : stepped;
    // A line for what was not used says nothing; energy is always shown, with its 0.
    if (metered === 0 && type !== "ENERGY") return [];
    const net_minor = lineNet(component, tariff.currency, billed);
    const { price: perUnit, vat_bp } = component;
    return [{ type, elementIndex, componentIndex, price: perUnit, vat_bp, metered, billed, net_minor }];
  });
  return { cost: costOf(tariff.currency, lines), flags: tariffGap(tariff, used, lines, zero) };
}

function costOf(currency: string, lines: readonly PricedLine[]): Cost {
  const vat = vatLines(lines);
  const net_minor = lines.reduce((sum, line) => sum + line.net_minor, 0n);
  const tax_minor = vat.reduce((sum, line) => sum + line.tax_minor, 0n);
  return { currency, lines, vat, net_minor, tax_minor, gross_minor: net_minor + tax_minor };
}

function tariffGap(tariff: TariffVersion, used: Consumption, lines: readonly PricedLine[], zero: boolean): Flag[] {
  if (zero || used.energy_Wh <= 0 || lines.length > 0) return [];
  const inputs = { tariff: tariff.id, dimension: "ENERGY", energy_Wh: used.energy_Wh };
  return [{ rule: "D21", severity: "B", inputs }];
}
