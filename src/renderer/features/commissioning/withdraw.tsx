import { Button, Modal, Textarea } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useConnection } from "../../lib/data/client-context.tsx";
import css from "./commissioning.module.css";
import { Refused } from "./refused.tsx";
import { useAct } from "./use-commissioning.ts";

const REASON_CHARS_MAX = 1_000;

/** Takes an override back, after saying what that does. */
export function Withdraw() {
  const { t } = useTranslation("commissioning");
  const { t: tCommon } = useTranslation();
  const { state } = useConnection();
  const [shown, setShown] = useState(false);
  const [reason, setReason] = useState("");
  const { mutate, isPending, error } = useAct(
    (api, why: string) => api.commissioning.withdraw({ reason: why }),
    () => {
      setShown(false);
    },
  );
  const close = (): void => {
    setShown(false);
  };
  return (
    <>
      <div>
        <Button
          size="xs"
          variant="default"
          disabled={state !== "open"}
          onClick={() => {
            setShown(true);
          }}
        >
          {t("override.withdraw")}
        </Button>
      </div>
      <Modal
        opened={shown}
        onClose={close}
        title={t("override.withdraw")}
        closeButtonProps={{ "aria-label": tCommon("close") }}
      >
        <div className={css["fields"]}>
          <p>{t("override.withdrawEffect")}</p>
          <Textarea
            data-autofocus
            label={t("override.withdrawReason")}
            maxLength={REASON_CHARS_MAX}
            value={reason}
            onChange={(event) => {
              setReason(event.currentTarget.value);
            }}
          />
          <Refused error={error} />
          <div className={css["buttons"]}>
            <Button variant="default" onClick={close}>
              {tCommon("cancel")}
            </Button>
            <Button
              loading={isPending}
              disabled={state !== "open"}
              onClick={() => {
                mutate(reason);
              }}
            >
              {t("override.withdraw")}
            </Button>
          </div>
        </div>
      </Modal>
    </>
  );
}
