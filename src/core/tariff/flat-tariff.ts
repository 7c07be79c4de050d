import {
  type BasisPoint,
  type EpochMs,
  type Exact,
  add,
  assert,
  currencyExponent,
  exact,
  multiply,
  parseAmount,
} from "../units/index.ts";
import { isCurrency } from "./currencies.ts";
import type { Dimension, PriceComponent, TariffVersion } from "./types.ts";

const VAT_BP_MAX = 10_000;

/** One price per kWh for everybody at any time: the tariff a site starts with. `perKWh` is net, decimal text. */
export function flatTariff(input: {
  readonly id: string;
  readonly name: string;
  readonly currency: string;
  readonly perKWh: string;
  readonly vat_bp: BasisPoint | null;
  readonly valid_from_ms: EpochMs;
}): TariffVersion {
  const { id, name, currency, perKWh, vat_bp, valid_from_ms } = input;
  const component: PriceComponent = { type: "ENERGY", price: perKWh, vat_bp, stepSize: 1 };
  return { id, name, currency, valid_from_ms, elements: [{ priceComponents: [component] }] };
}

export type TariffProblem = {
  readonly code:
    | "currency-unknown"
    | "price-not-decimal"
    | "price-negative"
    | "vat-out-of-range"
    | "step-size-not-whole"
    | "never-reached"
    | "energy-free-by-omission"
    | "empty";
  /** Where, as a path: `currency`, `elements[0].priceComponents[1].price`. */
  readonly field: string;
};

/**
 * Why a version must not be put in force; empty when it may. `never-reached`: an earlier element prices the same
 * dimension always. `energy-free-by-omission`: sessions would be given away because nobody said what a kWh costs.
 */
export function tariffProblems(version: TariffVersion): readonly TariffProblem[] {
  const problems: TariffProblem[] = [];
  if (!isCurrency(version.currency)) problems.push({ code: "currency-unknown", field: "currency" });
  const seen = new Set<Dimension>();
  version.elements.forEach((element, e) => {
    element.priceComponents.forEach((component, c) => {
      const field = `elements[${String(e)}].priceComponents[${String(c)}]`;
      problems.push(...componentProblems(component, version.currency, field));
      if (seen.has(component.type)) problems.push({ code: "never-reached", field });
      seen.add(component.type);
    });
  });
  if (seen.size === 0) problems.push({ code: "empty", field: "elements" });
  else if (!seen.has("ENERGY") && !seen.has("TIME") && !seen.has("FLAT")) {
    problems.push({ code: "energy-free-by-omission", field: "elements" });
  }
  return problems;
}

function componentProblems(component: PriceComponent, currency: string, field: string): TariffProblem[] {
  const problems: TariffProblem[] = [];
  const { price, vat_bp, stepSize } = component;
  const amount = parseAmount(price, currency);
  if (amount === null) problems.push({ code: "price-not-decimal", field: `${field}.price` });
  else if (amount.numerator < 0n) problems.push({ code: "price-negative", field: `${field}.price` });
  if (vat_bp !== null && (vat_bp < 0 || vat_bp > VAT_BP_MAX)) {
    problems.push({ code: "vat-out-of-range", field: `${field}.vat_bp` });
  }
  if (!Number.isSafeInteger(stepSize) || stepSize < 0) {
    problems.push({ code: "step-size-not-whole", field: `${field}.stepSize` });
  }
  return problems;
}

/** The component that prices a kWh, or `null` when energy costs nothing by itself. */
export function energyComponent(version: TariffVersion): PriceComponent | null {
  for (const element of version.elements) {
    const found = element.priceComponents.find((component) => component.type === "ENERGY");
    if (found !== undefined) return found;
  }
  return null;
}

/** What a kWh costs with VAT, exact, at least with the currency's places: net 0.42 and 19 % is "0.4998". */
export function grossPerKWh(version: TariffVersion): string {
  const component = energyComponent(version);
  const net = component === null ? exact(0n) : parseAmount(component.price, version.currency);
  assert(net !== null, "a tariff in force has decimal prices");
  const rate = exact(BigInt(component?.vat_bp ?? 0), 10_000n);
  return decimalText(add(net, multiply(net, rate)), version.currency);
}

/** A fraction of minor units whose denominator divides a power of ten, as decimal text in units of the currency. */
function decimalText(amount_minor: Exact, currency: string): string {
  const places_min = currencyExponent(currency);
  const units = multiply(amount_minor, exact(1n, 10n ** BigInt(places_min)));
  let places = places_min;
  // Price (≤ 12 places) × VAT (≤ 4 places) always ends; the bound keeps a wrong caller from looping.
  while ((units.numerator * 10n ** BigInt(places)) % units.denominator !== 0n) {
    places += 1;
    assert(places <= 20, "a price with VAT is a finite decimal");
  }
  const scaled = (units.numerator * 10n ** BigInt(places)) / units.denominator;
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(places + 1, "0");
  const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
  return scaled < 0n ? `-${text}` : text;
}
