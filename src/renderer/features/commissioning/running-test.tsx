import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { BayFallback, Commissioning } from "../../../contract/index.ts";
import { useConnection } from "../../lib/data/client-context.tsx";
import { useSite } from "../../lib/data/live-store.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { type Instruction, instructionOf } from "./commissioning-view.ts";
import css from "./commissioning.module.css";

type Running = NonNullable<Commissioning["running"]>;
const STEPS: Readonly<Record<Instruction, number>> = { cut: 1, silent: 2, reconnect: 3, back: 3 };

type Props = {
  readonly running: Running;
  /** The bay under test, where it is still part of the site. */
  readonly bay: BayFallback | undefined;
  readonly onCancel: () => void;
};

/** What the person at the charger is to do now, and for how long. */
export function RunningTest({ running, bay, onCancel }: Props) {
  const { t } = useTranslation("commissioning");
  const format = useFormat();
  const site = useSite();
  const { state } = useConnection();
  const { stationId, until_ms } = running;
  const name = bay?.name ?? stationId;
  const instruction = instructionOf(running, bay?.online ?? false);
  return (
    <section className={css["running"]} aria-label={t("running.title", { name })}>
      <p className={css["instruction"]} role="status">
        <span className={css["muted"]}>{t("running.step", { step: STEPS[instruction] })}</span>
        <br />
        <strong>{t(`running.${instruction}`, { name, time: format.timeSeconds(until_ms) })}</strong>
      </p>
      {site !== null && <p className={css["left"]}>{t("running.left", { time: format.age(until_ms - site.at_ms) })}</p>}
      <div>
        <Button size="xs" variant="default" disabled={state !== "open"} onClick={onCancel}>
          {t("running.cancel")}
        </Button>
        {(instruction === "silent" || instruction === "reconnect") && (
          <p className={css["muted"]}>{t("running.cancelHint")}</p>
        )}
      </div>
    </section>
  );
}
