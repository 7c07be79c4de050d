import { Button, Modal, NumberInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { BayFallback } from "../../../contract/index.ts";
import { useConnection } from "../../lib/data/client-context.tsx";
import { useFormat } from "../../lib/data/use-format.ts";
import { currentOf } from "./commissioning-view.ts";
import css from "./commissioning.module.css";
import { Refused } from "./refused.tsx";
import { useAct } from "./use-commissioning.ts";

/** As in the engine: displays round, and cars take a little more or less than they are offered. */
const SEEN_SLACK_MA = 1_000;

type Props = { readonly bay: BayFallback; readonly onClose: () => void; readonly onSaved: (name: string) => void };

/** What a person saw a charger do while it was cut off, for those that no test of ours can tell. */
export function WitnessDialog({ bay, onClose, onSaved }: Props) {
  const { t } = useTranslation("commissioning");
  const { t: tCommon } = useTranslation();
  const format = useFormat();
  const { state } = useConnection();
  const [typed_A, setTyped] = useState<number | string>("");
  const [shown, setShown] = useState(false);
  const { stationId, name } = bay;
  const kept_mA = currentOf(typed_A);
  const promised = format.exactCurrent(bay.promised_mA);
  const { mutate, isPending, error } = useAct(
    (api, seen_mA: number) => api.commissioning.witness({ stationId, kept_mA: seen_mA }),
    () => {
      onSaved(name);
    },
  );
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("witness.title", { name })}
      closeButtonProps={{ "aria-label": tCommon("close") }}
    >
      <form
        className={css["fields"]}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setShown(kept_mA === null);
          if (kept_mA !== null) mutate(kept_mA);
        }}
      >
        <p>{t("witness.how", { promised })}</p>
        <NumberInput
          data-autofocus
          label={t("witness.current")}
          suffix=" A"
          min={0}
          max={100}
          decimalScale={1}
          value={typed_A}
          error={shown && kept_mA === null ? t("witness.wrong") : null}
          onChange={setTyped}
        />
        {kept_mA !== null && kept_mA > bay.promised_mA + SEEN_SLACK_MA && <p>{t("witness.more", { promised })}</p>}
        <Refused error={error} />
        <div className={css["buttons"]}>
          <Button variant="default" onClick={onClose}>
            {tCommon("cancel")}
          </Button>
          <Button type="submit" loading={isPending} disabled={state !== "open"}>
            {t("witness.save")}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
