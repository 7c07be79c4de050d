import { useTranslation } from "react-i18next";
import type { TariffView } from "../../../contract/index.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import css from "./billing-screen.module.css";
import { pricedSamples } from "./tariff-samples.ts";

type SampleProps = {
  readonly currency: string;
  readonly perKWh: string;
  readonly vat_bp: number;
  /** Prices to compare with. */
  readonly before: TariffView | null;
};

/** What typical sessions cost at a price, and at the one before it. */
export function SampleTable({ currency, perKWh, vat_bp, before }: SampleProps) {
  const { t } = useTranslation("billing");
  const format = useFormat();
  const samples = pricedSamples({ currency, perKWh, vat_bp });
  const old = before === null ? null : pricedSamples(before);
  return (
    <div className={css["scroll"]}>
      <table className={css["table"]}>
        <thead>
          <tr>
            <th scope="col">{t("tariff.sample")}</th>
            {(["energy", "net", "vat", "gross"] as const).map((column) => (
              <th key={column} scope="col" data-numeric>
                {t(`column.${column}`)}
              </th>
            ))}
            {old !== null && (
              <th scope="col" data-numeric>
                {t("tariff.before")}
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {samples.map((sample, index) => (
            <tr key={sample.key}>
              <th scope="row">{t(`sample.${sample.key}`)}</th>
              <td data-numeric>{format.energyValue(sample.energy_Wh, 1)}</td>
              <td data-numeric>{format.money(sample.net_minor, currency)}</td>
              <td data-numeric>{format.money(sample.tax_minor, currency)}</td>
              <td data-numeric>{format.money(sample.gross_minor, currency)}</td>
              {old !== null && <td data-numeric>{format.money(old[index]?.gross_minor, currency)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
