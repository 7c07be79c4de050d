import { Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { AdoptField, AdoptForm } from "../../features/stations/adopt-view.ts";
import { useCircuits } from "../../lib/data/live-store.ts";
import { NO_CIRCUIT } from "./adopt-found-view.ts";

type Props = {
  readonly isMeter: boolean;
  readonly form: AdoptForm;
  readonly set: (patch: Partial<AdoptForm>) => void;
  readonly wrong: (field: AdoptField) => string | null;
};

/** The fuse a charger hangs on, or what a meter measures. */
export function CircuitChoice({ isMeter, form, set, wrong }: Props) {
  const { t } = useTranslation("devices");
  const { t: tSettings } = useTranslation("settings");
  const circuits = useCircuits();
  return (
    <Select
      label={isMeter ? t("adopt.measures") : tSettings("adopt.circuit")}
      description={isMeter ? t("adopt.measuresHint") : tSettings("adopt.circuitHint")}
      allowDeselect={false}
      value={form.circuitId}
      error={wrong("circuitId")}
      data={[
        ...(isMeter ? [{ value: NO_CIRCUIT, label: t("adopt.measuresNone") }] : []),
        ...circuits.map(({ circuitId, name }) => ({ value: circuitId, label: name })),
      ]}
      onChange={(value) => {
        set({ circuitId: value ?? "" });
      }}
    />
  );
}
