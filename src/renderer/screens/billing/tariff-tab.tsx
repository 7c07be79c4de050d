import { Skeleton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { TariffView } from "../../../contract/index.ts";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { useLiveStore } from "../../lib/data/live-store.ts";
import { tariffsAt } from "./billing-view.ts";
import css from "./billing-screen.module.css";
import { NewTariff } from "./new-tariff.tsx";
import { SampleTable } from "./sample-table.tsx";

const MINUTE_ms = 60_000;

/** The price of a kWh: what is in force, what comes, what was. Sessions keep the one in force when they began. */
export function TariffTab({ today }: { readonly today: string }) {
  const { t } = useTranslation("billing");
  const format = useFormat();
  const asked = useAsk(["billing", "tariffs"], (api, signal) => api.billing.tariffs(undefined, { signal }));
  const now_ms = useLiveStore(({ site }) => Math.floor((site?.at_ms ?? 0) / MINUTE_ms) * MINUTE_ms + MINUTE_ms - 1);
  return (
    <StateBoundary asked={asked} skeleton={<Skeleton height={320} />}>
      {(tariffs) => {
        const { current, coming, past } = tariffsAt(tariffs, now_ms);
        return (
          <>
            <section className={css["band"]}>
              <h2>{t("tariff.current")}</h2>
              {current === null ? <p>{t("tariff.none")}</p> : <CurrentPrice tariff={current} />}
              {coming.map((tariff) => (
                <p key={tariff.id} className={css["check"]}>
                  {t("tariff.coming", {
                    at: format.dateTime(tariff.valid_from_ms),
                    gross: format.price(tariff.grossPerKWh, tariff.currency),
                    net: format.price(tariff.perKWh, tariff.currency),
                  })}
                </p>
              ))}
            </section>
            <NewTariff key={current?.id ?? "first"} current={current} today={today} />
            {past.length > 0 && (
              <section className={css["band"]}>
                <h2>{t("tariff.past")}</h2>
                <PastPrices tariffs={past} />
              </section>
            )}
          </>
        );
      }}
    </StateBoundary>
  );
}

function CurrentPrice({ tariff }: { readonly tariff: TariffView }) {
  const { t } = useTranslation("billing");
  const format = useFormat();
  return (
    <>
      <p className={css["price"]}>
        <span className={css["gross"]}>{format.price(tariff.grossPerKWh, tariff.currency)}</span>
        <span>{t("tariff.perKWh", { vat: format.percent(tariff.vat_bp) })}</span>
        <span className={css["muted"]}>
          {t("tariff.net", { net: format.price(tariff.perKWh, tariff.currency) })}
          {tariff.valid_from_ms > 0 && ` · ${t("tariff.since", { at: format.date(tariff.valid_from_ms) })}`}
        </span>
      </p>
      <SampleTable currency={tariff.currency} perKWh={tariff.perKWh} vat_bp={tariff.vat_bp} before={null} />
    </>
  );
}

function PastPrices({ tariffs }: { readonly tariffs: readonly TariffView[] }) {
  const { t } = useTranslation("billing");
  const format = useFormat();
  return (
    <div className={css["scroll"]}>
      <table className={css["table"]}>
        <thead>
          <tr>
            <th scope="col">{t("tariff.from")}</th>
            <th scope="col" data-numeric>
              {t("column.net")}
            </th>
            <th scope="col" data-numeric>
              {t("column.vat")}
            </th>
            <th scope="col" data-numeric>
              {t("column.gross")}
            </th>
          </tr>
        </thead>
        <tbody>
          {tariffs.map((tariff) => (
            <tr key={tariff.id}>
              <th scope="row">
                {tariff.valid_from_ms === 0 ? t("tariff.first") : format.dateTime(tariff.valid_from_ms)}
              </th>
              <td data-numeric>{format.price(tariff.perKWh, tariff.currency)}</td>
              <td data-numeric>{format.percent(tariff.vat_bp)}</td>
              <td data-numeric>{format.price(tariff.grossPerKWh, tariff.currency)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
