import { assert } from "./assert.ts";
import type { BasisPoint } from "./quantities.ts";

// Money is bigint minor units of a currency with an ISO 4217 exponent. Prices are exact fractions of a minor unit:
// they are rounded once, at the end of an invoice line, half away from zero (OCPI's examples need 5.625 → 5.63).

/** A fraction of a minor unit: `numerator / denominator`, denominator positive. */
export type Exact = { readonly numerator: bigint; readonly denominator: bigint };

/** ISO 4217 exponents that differ from 2. Source: ISO 4217 list one. */
const EXPONENT: Readonly<Record<string, number>> = {
  BHD: 3,
  CLP: 0,
  CVE: 2,
  ISK: 0,
  IQD: 3,
  JOD: 3,
  JPY: 0,
  KRW: 0,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  PYG: 0,
  TND: 3,
  UGX: 0,
  VND: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
};

/** Decimal places of the currency's minor unit. */
export const currencyExponent = (currency: string): number => EXPONENT[currency] ?? 2;

const gcd = (a: bigint, b: bigint): bigint => {
  let [x, y] = [a < 0n ? -a : a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x === 0n ? 1n : x;
};

/** A reduced fraction; the denominator must not be zero. */
export function exact(numerator: bigint, denominator = 1n): Exact {
  assert(denominator !== 0n, "a fraction has a denominator");
  const sign = denominator < 0n ? -1n : 1n;
  const divisor = gcd(numerator, sign * denominator);
  return { numerator: (sign * numerator) / divisor, denominator: (sign * denominator) / divisor };
}

export const ZERO: Exact = exact(0n);
export const add = (a: Exact, b: Exact): Exact =>
  exact(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
export const multiply = (a: Exact, b: Exact): Exact => exact(a.numerator * b.numerator, a.denominator * b.denominator);
/** Half away from zero to a whole minor unit: one of the named rounding points of invoice lines and VAT. */
export function roundHalfUp(value: Exact): bigint {
  const { numerator, denominator } = value;
  const magnitude = numerator < 0n ? -numerator : numerator;
  const rounded = (2n * magnitude + denominator) / (2n * denominator);
  return numerator < 0n ? -rounded : rounded;
}

const DECIMAL = /^(-?)(\d{1,12})(?:\.(\d{1,12}))?$/u;

/** Parses "0.42" into an exact number of minor units (42) of `currency`; `null` when it is not a plain decimal. */
export function parseAmount(text: string, currency: string): Exact | null {
  const match = DECIMAL.exec(text.trim());
  if (match === null) return null;
  const [, sign, units, fraction = ""] = match;
  const digits = BigInt(`${units ?? "0"}${fraction}`) * 10n ** BigInt(currencyExponent(currency));
  return exact(sign === "-" ? -digits : digits, 10n ** BigInt(fraction.length));
}

/** Minor units to a decimal string with exactly the currency's places: (421n, "EUR") → "4.21". */
export function formatMinor(total_minor: bigint, currency: string): string {
  const places = currencyExponent(currency);
  const digits = (total_minor < 0n ? -total_minor : total_minor).toString().padStart(places + 1, "0");
  const sign = total_minor < 0n ? "-" : "";
  return places === 0 ? sign + digits : `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** Tax on a rounded net sum, rounded once per rate (EN 16931 BR-CO-17). */
export const taxOn = (net_minor: bigint, vat_bp: BasisPoint): bigint =>
  roundHalfUp(exact(net_minor * BigInt(vat_bp), 10_000n));
