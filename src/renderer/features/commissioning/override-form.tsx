import { Button, Modal, Textarea } from "@mantine/core";
import { type SyntheticEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useConnection } from "../../lib/data/client-context.tsx";
import { useFormat } from "../../lib/data/use-format.ts";
import { type Conflict, isReasonEnough } from "./commissioning-view.ts";
import css from "./commissioning.module.css";
import { Refused } from "./refused.tsx";
import { useAct } from "./use-commissioning.ts";

const REASON_CHARS_MAX = 1_000;

/** Lets the owner take on what does not fit: a reason first, then what that means, then his word. */
export function OverrideForm({ conflicts }: { readonly conflicts: readonly Conflict[] }) {
  const { t } = useTranslation("commissioning");
  const { state } = useConnection();
  const [reason, setReason] = useState("");
  const [isShort, setShort] = useState(false);
  const [asking, setAsking] = useState(false);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    const enough = isReasonEnough(reason);
    setShort(!enough);
    setAsking(enough);
  };
  return (
    <details className={css["override"]}>
      <summary>{t("override.title")}</summary>
      <form className={css["form"]} onSubmit={submit} noValidate aria-label={t("override.title")}>
        <p className={css["muted"]}>{t("override.lead")}</p>
        <Textarea
          label={t("override.reason")}
          description={t("override.reasonHint")}
          error={isShort && !isReasonEnough(reason) ? t("override.short") : null}
          maxLength={REASON_CHARS_MAX}
          value={reason}
          onChange={(event) => {
            setReason(event.currentTarget.value);
          }}
        />
        <div className={`${css["buttons"]} ${css["start"]}`}>
          <Button type="submit" variant="default" disabled={state !== "open"}>
            {t("override.ask")}
          </Button>
        </div>
      </form>
      {asking && (
        <Confirm
          reason={reason}
          conflicts={conflicts}
          onClose={() => {
            setAsking(false);
          }}
        />
      )}
    </details>
  );
}

type ConfirmProps = {
  readonly reason: string;
  readonly conflicts: readonly Conflict[];
  readonly onClose: () => void;
};

/** Names every conductor and what may happen to it, and does nothing before it is taken on. */
function Confirm({ reason, conflicts, onClose }: ConfirmProps) {
  const { t } = useTranslation("commissioning");
  const { t: tCommon } = useTranslation();
  const format = useFormat();
  const { state } = useConnection();
  const { mutate, isPending, error } = useAct(
    (api, why: string) => api.commissioning.override({ reason: why }),
    onClose,
  );
  return (
    <Modal opened onClose={onClose} title={t("override.confirm")} closeButtonProps={{ "aria-label": tCommon("close") }}>
      <div className={css["fields"]}>
        <p>{t("override.effect")}</p>
        <ul className={css["quote"]}>
          {conflicts.map(({ circuitId, name, phases, sum_mA, limit_mA }) => (
            <li key={`${circuitId} ${phases.join("")}`}>
              {t("override.line", {
                name,
                phases: phases.join(" "),
                sum: format.exactCurrent(sum_mA),
                limit: format.exactCurrent(limit_mA),
              })}
            </li>
          ))}
        </ul>
        <p>{t("override.until")}</p>
        <Refused error={error} />
        <div className={css["buttons"]}>
          <Button variant="default" data-autofocus onClick={onClose}>
            {tCommon("cancel")}
          </Button>
          <Button
            loading={isPending}
            disabled={state !== "open"}
            onClick={() => {
              mutate(reason);
            }}
          >
            {t("override.take")}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
