import { Button, NumberInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { StayView } from "../../../contract/index.ts";
import { Trouble } from "../../components/trouble.tsx";
import { useApi, useConnection } from "../../lib/data/client-context.tsx";
import { useSite } from "../../lib/data/live-store.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import css from "./explain.module.css";
import { departureOf, needOf, type StayForm } from "./stay-view.ts";

type Props = { readonly stationId: string; readonly stay: StayView };
const NOTHING: StayForm = { hours: "", needs_kWh: "" };

/** What is expected of the stay of the car that is there and from what, and a form to say it better. */
export function Stay({ stationId, stay }: Props) {
  const { t } = useTranslation("charger");
  const format = useFormat();
  const { expected, declared } = stay;
  if (expected === null) return <p>{t("stay.none")}</p>;
  const { departure_ms, needed_Wh } = declared ?? { departure_ms: null, needed_Wh: null };
  const said = [
    ...(departure_ms === null ? [] : [format.dateTime(departure_ms)]),
    ...(needed_Wh === null ? [] : [format.energy(needed_Wh)]),
  ];
  return (
    <div className={css["stay"]}>
      <p>
        {t("stay.expected", {
          time: format.dateTime(expected.departure_ms),
          energy: format.energy(expected.needed_Wh),
          attained: format.energy(stay.attained_Wh),
        })}{" "}
        {t(`stay.from.${expected.from}`)}
      </p>
      {said.length > 0 && <p>{t("stay.said", { what: said.join(", ") })}</p>}
      <NeedForm key={stationId} stationId={stationId} isSaid={said.length > 0} />
    </div>
  );
}

function NeedForm({ stationId, isSaid }: { readonly stationId: string; readonly isSaid: boolean }) {
  const { t } = useTranslation("charger");
  const format = useFormat();
  const site = useSite();
  const [form, setForm] = useState<StayForm>(NOTHING);
  const [shown, setShown] = useState(false);
  const { save, isPending, error } = useSaveNeed(stationId, () => {
    setForm(NOTHING);
  });
  const { state } = useConnection();
  if (site === null) return null;
  const need = needOf(form, site.at_ms);
  const departure_ms = departureOf(form.hours, site.at_ms);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setShown(need === null);
    if (need !== null) save(need);
  };
  return (
    <form className={css["need"]} onSubmit={submit} noValidate aria-label={t("stay.change")}>
      <NumberInput
        label={t("stay.hours")}
        suffix={` ${t("stay.hoursUnit")}`}
        min={0}
        step={0.5}
        decimalScale={2}
        value={form.hours}
        description={departure_ms === null ? "\u00a0" : t("stay.hoursAt", { time: format.dateTime(departure_ms) })}
        onChange={(hours) => {
          setForm((before) => ({ ...before, hours }));
        }}
      />
      <NumberInput
        label={t("stay.needs")}
        suffix=" kWh"
        min={0}
        step={1}
        decimalScale={1}
        value={form.needs_kWh}
        description={"\u00a0"}
        onChange={(needs_kWh) => {
          setForm((before) => ({ ...before, needs_kWh }));
        }}
      />
      <p className={css["step"]}>{t("stay.needsHint")}</p>
      {shown && need === null && <p role="alert">{t("stay.wrong")}</p>}
      {error !== null && <Trouble error={error} />}
      <div className={css["buttons"]}>
        <Button type="submit" size="xs" loading={isPending} disabled={state !== "open"}>
          {t("stay.save")}
        </Button>
        {isSaid && (
          <Button
            size="xs"
            variant="default"
            disabled={state !== "open"}
            onClick={() => {
              save({ departure_ms: null, needed_Wh: null });
            }}
          >
            {t("stay.forget")}
          </Button>
        )}
      </div>
    </form>
  );
}

function useSaveNeed(stationId: string, onSaved: () => void) {
  const api = useApi();
  const queries = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: (need: { readonly departure_ms: number | null; readonly needed_Wh: number | null }) =>
      api.stations.setNeed({ stationId, ...need }),
    onSuccess: async () => {
      onSaved();
      await queries.invalidateQueries({ queryKey: ["stations", "detail", stationId] });
    },
  });
  return { save: mutate, isPending, error };
}
