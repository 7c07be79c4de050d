import { Button, Modal } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { CopyButton } from "../../components/copy-button.tsx";
import { useFormat } from "../../lib/data/use-format.ts";
import css from "./limits.module.css";

type Props = {
  readonly id: string;
  readonly name: string;
  readonly token: string;
  readonly silentAfter_ms: number;
  readonly onClose: () => void;
};

const EXAMPLE_W = 11_000;

/** What the caller of a limit must know; shown once. */
export function TokenDialog({ id, name, token, silentAfter_ms, onClose }: Props) {
  const { t } = useTranslation("limits");
  const { t: tCommon } = useTranslation();
  const format = useFormat();
  const call = callOf(id, token);
  return (
    <Modal
      opened
      size="lg"
      closeOnClickOutside={false}
      onClose={onClose}
      title={t("token.title", { name })}
      closeButtonProps={{ "aria-label": tCommon("close") }}
    >
      <div className={css["form"]}>
        <p>{t("token.lead")}</p>
        <div className={css["group"]}>
          <h3 className={css["muted"]}>{t("token.token")}</h3>
          <code className={css["secret"]}>{token}</code>
          <div>
            <CopyButton text={() => token} label={t("token.copy")} />
          </div>
        </div>
        <div className={css["group"]}>
          <h3 className={css["muted"]}>{t("token.call", { minutes: format.age(silentAfter_ms) })}</h3>
          <pre className={css["call"]} tabIndex={0}>
            {call}
          </pre>
          <p className={css["muted"]}>{t("token.callHint")}</p>
          <div>
            <CopyButton text={() => call} label={t("token.copyCall")} />
          </div>
        </div>
        <div className={css["buttons"]}>
          <Button onClick={onClose}>{t("token.done")}</Button>
        </div>
      </div>
    </Modal>
  );
}

/** In a browser the page knows the site's address; the window of the desktop app is not reached from outside. */
function callOf(id: string, token: string): string {
  const { protocol, origin } = window.location;
  const address = `${protocol.startsWith("http") ? origin : ""}/api/signals/${id}`;
  return `PUT ${address}\nContent-Type: application/json\n\n${JSON.stringify(
    { token, limit: { limit_mA: null, limit_W: EXAMPLE_W } },
    null,
    2,
  )}`;
}
