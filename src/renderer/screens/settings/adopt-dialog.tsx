import { Button, Modal, Select } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { WaitingStation } from "../../../contract/index.ts";
import { troubleCode } from "../../lib/client/index.ts";
import { useApi } from "../../lib/data/client-context.tsx";
import { useCircuits, useLiveStore } from "../../lib/data/live-store.ts";
import { Trouble } from "../../components/trouble.tsx";
import { Naming, Wiring } from "../../features/stations/adopt-fields.tsx";
import {
  type AdoptField,
  type AdoptForm,
  adoptInput,
  adoptMistakes,
  nextStationId,
} from "../../features/stations/adopt-view.ts";
import css from "./settings.module.css";

type Props = { readonly station: WaitingStation; readonly onClose: () => void };

/** Gives a box that called in a place on the site. Until it is saved the box gets no current. */
export function AdoptDialog({ station, onClose }: Props) {
  const { t } = useTranslation("settings");
  const { t: tCommon } = useTranslation();
  const api = useApi();
  const queries = useQueryClient();
  const taken = useLiveStore((state) => state.stationIds);
  const circuits = useCircuits();
  const [shown, setShown] = useState(false);
  const [form, setForm] = useState<AdoptForm>(() => firstForm(taken, circuits.at(-1)?.circuitId ?? ""));
  const mistakes = adoptMistakes(form, taken);
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => api.stations.adopt(adoptInput(station.identity, form)),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["stations"] });
      onClose();
    },
  });
  const set = (patch: Partial<AdoptForm>): void => {
    setForm((before) => ({ ...before, ...patch }));
  };
  const wrong = (field: AdoptField): string | null => {
    const mistake = mistakes[field];
    return shown && mistake !== undefined ? t(`adopt.mistake.${mistake}`) : null;
  };
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setShown(true);
    if (Object.keys(mistakes).length === 0) mutate();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("adopt.title", { identity: station.identity })}
      closeButtonProps={{ "aria-label": tCommon("close") }}
    >
      <form className={css["form"]} onSubmit={submit} noValidate>
        <Naming form={form} set={set} wrong={wrong} />
        <Select
          label={t("adopt.circuit")}
          description={t("adopt.circuitHint")}
          allowDeselect={false}
          value={form.circuitId}
          error={wrong("circuitId")}
          data={circuits.map(({ circuitId, name }) => ({ value: circuitId, label: name }))}
          onChange={(value) => {
            set({ circuitId: value ?? "" });
          }}
        />
        <Wiring form={form} set={set} wrong={wrong} />
        {error !== null &&
          (troubleCode(error) === "CONFLICT" ? (
            <p role="alert">{t("adopt.mistake.taken")}</p>
          ) : (
            <Trouble error={error} />
          ))}
        <div className={css["buttons"]}>
          <Button variant="default" onClick={onClose}>
            {tCommon("cancel")}
          </Button>
          <Button type="submit" loading={isPending}>
            {t("adopt.save")}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

const firstForm = (taken: readonly string[], circuitId: string): AdoptForm => {
  const id = nextStationId(taken);
  return { id, name: id, circuitId, phases: 3, rotation: "L1L2L3", max_A: 16, fallback_A: 6 };
};
