import type { BasisPoint, EpochMs, Millisecond, WattHour } from "../units/index.ts";

// OCPI 2.2.1 mod_tariffs: a tariff is an ordered list of elements; per dimension the first matching element that has
// that dimension prices it.

export type Dimension = "ENERGY" | "TIME" | "FLAT" | "PARKING_TIME";

export type PriceComponent = {
  readonly type: Dimension;
  /** Decimal text in the tariff's currency per kWh (ENERGY), per hour (TIME, PARKING_TIME) or per session (FLAT). */
  readonly price: string;
  /** `null`: no VAT applicable, which is not the same as 0 %. */
  readonly vat_bp: BasisPoint | null;
  /** Wh for ENERGY, seconds for times: billed in whole steps. 0 bills the metered quantity, also parts of a second. */
  readonly stepSize: number;
};

export type TariffElement = { readonly priceComponents: readonly PriceComponent[] };

/** An immutable version: a session keeps the one that was in force when it began. */
export type TariffVersion = {
  readonly id: string;
  readonly name: string;
  readonly currency: string;
  readonly valid_from_ms: EpochMs;
  readonly elements: readonly TariffElement[];
};

/** What a finished session gives to the price. */
export type Consumption = {
  readonly energy_Wh: WattHour;
  readonly charging_ms: Millisecond;
  readonly parked_ms: Millisecond;
};

/** One priced line with the quantities before and after the step size, and the element it came from. */
export type PricedLine = {
  readonly type: Dimension;
  readonly elementIndex: number;
  readonly componentIndex: number;
  readonly price: string;
  readonly vat_bp: BasisPoint | null;
  /** Wh, ms, or 1 for FLAT. */
  readonly metered: number;
  readonly billed: number;
  readonly net_minor: bigint;
};

export type VatLine = { readonly vat_bp: BasisPoint | null; readonly net_minor: bigint; readonly tax_minor: bigint };

/** Σ lines = net, Σ VAT lines' tax = gross − net: always. */
export type Cost = {
  readonly currency: string;
  readonly lines: readonly PricedLine[];
  readonly vat: readonly VatLine[];
  readonly net_minor: bigint;
  readonly tax_minor: bigint;
  readonly gross_minor: bigint;
};
