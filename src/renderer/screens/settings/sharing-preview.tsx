import { useTranslation } from "react-i18next";
import type { SharingView } from "../../../contract/index.ts";
import { DataTable } from "../../components/data-table.tsx";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { useLiveStore } from "../../lib/data/live-store.ts";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { carsOf, isSame } from "./sharing-view.ts";
import css from "./settings.module.css";

const AGAIN_EVERY_ms = 5_000;

type Props = { readonly rule: { readonly circuitId: string | null; readonly sharing: SharingView | null } };

/** What every car has now and would have under the chosen rule, worked out by the balancer on what is plugged in now. */
export function SharingPreview({ rule }: Props) {
  const { t } = useTranslation("settings");
  const format = useFormat();
  const byId = useLiveStore((state) => state.stations);
  const asked = useAsk(["balancing", "preview", rule], (api, signal) => api.balancing.preview(rule, { signal }), {
    every_ms: AGAIN_EVERY_ms,
  });
  const place = (value: number | null): string | null => (value === null ? null : t("sharing.place", { place: value }));
  return (
    <section aria-label={t("sharing.preview")}>
      <h3 className={css["previewTitle"]}>{t("sharing.preview")}</h3>
      <StateBoundary
        asked={asked}
        isEmpty={(cars) => carsOf(cars).length === 0}
        empty={<p className={css["muted"]}>{t("sharing.previewNone")}</p>}
      >
        {(cars) => (
          <>
            {cars.every(isSame) && <p>{t("sharing.previewSame")}</p>}
            <DataTable
              label={t("sharing.preview")}
              keyOf={({ stationId }) => stationId}
              rows={carsOf(cars)}
              columns={[
                { id: "bay", title: t("sharing.bay"), cell: ({ stationId }) => byId[stationId]?.name ?? stationId },
                {
                  id: "before",
                  title: t("sharing.before"),
                  number: true,
                  cell: ({ before_mA }) => format.exactCurrent(before_mA),
                },
                {
                  id: "after",
                  title: t("sharing.after"),
                  number: true,
                  cell: (car) =>
                    isSame(car) ? (
                      format.exactCurrent(car.after_mA)
                    ) : (
                      <strong>{format.exactCurrent(car.after_mA)}</strong>
                    ),
                },
                { id: "queueNow", title: t("sharing.queueNow"), cell: ({ placeBefore }) => place(placeBefore) },
                { id: "queueThen", title: t("sharing.queueThen"), cell: ({ placeAfter }) => place(placeAfter) },
              ]}
            />
          </>
        )}
      </StateBoundary>
    </section>
  );
}
