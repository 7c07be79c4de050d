import type { PriceComponent, TariffVersion } from "../../core/tariff/index.ts";
import { basisPoint } from "../../core/units/index.ts";
import type { TariffView } from "../../contract/index.ts";
import { type Connection, sqlBuilder as q } from "./connection.ts";
import { readTariff } from "./stored-json.ts";
import type { TariffStore } from "./types.ts";

/** Tariff versions: added, never changed. */
export function tariffStore(db: Connection): TariffStore {
  const newestFirst = q
    .selectFrom("tariff_version")
    .select("document")
    .orderBy("valid_from_ms", "desc")
    .orderBy("no", "desc");
  const oldestFirst = q.selectFrom("tariff_version").select("document").orderBy("valid_from_ms").orderBy("no");
  return {
    list: () => db.all(newestFirst).map((row) => readTariff(row.document)),
    view: tariffView,
    at: (at_ms) => {
      const row = db.first(newestFirst.where("valid_from_ms", "<=", at_ms).limit(1)) ?? db.first(oldestFirst.limit(1));
      return row === undefined ? null : readTariff(row.document);
    },
    add: (version) => {
      const { id, valid_from_ms, currency } = version;
      db.run(q.insertInto("tariff_version").values({ id, valid_from_ms, currency, document: JSON.stringify(version) }));
    },
  };
}

/** Price per kWh before and after tax, exact; a tariff without one costs "0" per kWh. */
function tariffView(version: TariffVersion): TariffView {
  const perEnergy = version.elements
    .flatMap((element): readonly PriceComponent[] => element.priceComponents)
    .find((component) => component.type === "ENERGY");
  const perKWh = perEnergy?.price ?? "0";
  const vat_bp = perEnergy?.vat_bp ?? basisPoint(0);
  return {
    id: version.id,
    currency: version.currency,
    perKWh,
    grossPerKWh: timesDecimal(perKWh, 10_000n + BigInt(vat_bp), 4),
    vat_bp,
    valid_from_ms: version.valid_from_ms,
  };
}

/** `text` × `factor` / 10^`places` as decimal text with every digit that is not a trailing zero, at least two. */
function timesDecimal(text: string, factor: bigint, places: number): string {
  const [units = "0", fraction = ""] = text.split(".");
  const all = fraction.length + places;
  const digits = (BigInt(units + fraction) * factor).toString().padStart(all + 1, "0");
  const decimals = digits.slice(-all).replace(/0+$/u, "").padEnd(2, "0");
  return `${digits.slice(0, -all)}.${decimals}`;
}
