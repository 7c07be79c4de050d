import { useTranslation } from "react-i18next";
import type { SessionDetail, SessionRow } from "../../../contract/index.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import css from "./session-drawer.module.css";

type Line = SessionDetail["lines"][number];

/** Stop register − start register = energy: the two numbers that a person can read on the meter. */
export function EnergyProof({ row }: { readonly row: SessionRow }) {
  const { t } = useTranslation("sessions");
  const format = useFormat();
  return (
    <section>
      <h3>{t("detail.proof")}</h3>
      <table className={css["sum"]}>
        <tbody>
          <tr>
            <th scope="row">{t("detail.stop")}</th>
            <td>{format.energy(row.stop_Wh, 3)}</td>
          </tr>
          <tr>
            <th scope="row">{t("detail.start")}</th>
            <td>− {format.energy(row.start_Wh, 3)}</td>
          </tr>
          <tr data-sum>
            <th scope="row">{t("detail.energy")}</th>
            <td>{row.energy_Wh === null ? t("detail.unproven") : format.energy(row.energy_Wh, 3)}</td>
          </tr>
        </tbody>
      </table>
    </section>
  );
}

/** How energy became money: each line of the tariff fixed at the start, then VAT, then what is due. */
export function PriceProof({ detail }: { readonly detail: SessionDetail }) {
  const { t } = useTranslation("sessions");
  const format = useFormat();
  const { lines, tariffName, row } = detail;
  const { cost } = row;
  return (
    <section>
      <h3>{t("detail.price")}</h3>
      {tariffName !== null && tariffName !== "" && (
        <p className={css["muted"]}>{t("detail.tariff", { name: tariffName })}</p>
      )}
      {cost === null ? (
        <p>{t("detail.noPrice")}</p>
      ) : (
        <table className={css["sum"]}>
          <tbody>
            {lines.map((line, index) => (
              <PriceLine key={`${line.type}-${String(index)}`} line={line} currency={cost.currency} />
            ))}
            <tr data-sum>
              <th scope="row">{t("detail.net")}</th>
              <td>{format.money(cost.net_minor, cost.currency)}</td>
            </tr>
            <tr>
              <th scope="row">
                {t("detail.vat")} {vatText(lines, format.percent)}
              </th>
              <td>{format.money(cost.tax_minor, cost.currency)}</td>
            </tr>
            <tr data-sum>
              <th scope="row">{t("detail.gross")}</th>
              <td>{format.money(cost.gross_minor, cost.currency)}</td>
            </tr>
          </tbody>
        </table>
      )}
    </section>
  );
}

function PriceLine({ line, currency }: { readonly line: Line; readonly currency: string }) {
  const { t } = useTranslation("sessions");
  const format = useFormat();
  const price = format.price(line.price, currency);
  const amount = line.type === "ENERGY" ? format.energy(line.billed, 3) : format.duration(line.billed);
  return (
    <tr>
      <th scope="row">{t(`detail.line.${line.type}`, { amount, price })}</th>
      <td>{format.money(line.net_minor, currency)}</td>
    </tr>
  );
}

/** The rate where all lines have the same one; with several the invoice lists them. */
function vatText(lines: readonly Line[], percent: (rate_bp: number | null) => string): string {
  const rates = [...new Set(lines.map(({ vat_bp }) => vat_bp))];
  return rates.length === 1 && rates[0] !== null && rates[0] !== undefined ? percent(rates[0]) : "";
}
