import { flatTariff, grossPerKWh, price } from "../../../core/tariff/index.ts";
import { basisPoint, epochMs, millisecond, wattHour } from "../../../core/units/index.ts";

/** Sessions an owner can picture: a coffee stop, an evening, a full battery, a night with the car left plugged in. */
export const SAMPLES = [
  { key: "short", energy_Wh: 5_500, charging_ms: 1_800_000, parked_ms: 0 },
  { key: "evening", energy_Wh: 22_000, charging_ms: 7_200_000, parked_ms: 0 },
  { key: "full", energy_Wh: 55_000, charging_ms: 18_000_000, parked_ms: 0 },
  { key: "night", energy_Wh: 40_000, charging_ms: 14_400_000, parked_ms: 21_600_000 },
] as const;

export type PricedSample = {
  readonly key: (typeof SAMPLES)[number]["key"];
  readonly energy_Wh: number;
  readonly net_minor: number;
  readonly tax_minor: number;
  readonly gross_minor: number;
};

type Prices = { readonly currency: string; readonly perKWh: string; readonly vat_bp: number };

const tariffOf = ({ currency, perKWh, vat_bp }: Prices) =>
  flatTariff({ id: "preview", name: "", currency, perKWh, vat_bp: basisPoint(vat_bp), valid_from_ms: epochMs(0) });

/** What the sample sessions cost, from the same engine that bills: the shown price is the billed price. */
export function pricedSamples(prices: Prices): readonly PricedSample[] {
  const tariff = tariffOf(prices);
  return SAMPLES.map(({ key, energy_Wh, charging_ms, parked_ms }) => {
    const used = {
      energy_Wh: wattHour(energy_Wh),
      charging_ms: millisecond(charging_ms),
      parked_ms: millisecond(parked_ms),
    };
    const { cost } = price(tariff, used);
    return {
      key,
      energy_Wh,
      net_minor: Number(cost.net_minor),
      tax_minor: Number(cost.tax_minor),
      gross_minor: Number(cost.gross_minor),
    };
  });
}

/** The price with VAT, exact, as decimal text. */
export const grossOf = (prices: Prices): string => grossPerKWh(tariffOf(prices));
