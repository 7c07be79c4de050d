import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Trouble } from "../../components/trouble.tsx";
import { troubleCode } from "../../lib/client/index.ts";
import { useConnection } from "../../lib/data/client-context.tsx";
import css from "./limits.module.css";

const REFUSED = ["BUSY", "NOT_FOUND", "FORBIDDEN"] as const;

type Props = {
  readonly isPending: boolean;
  readonly error: unknown;
  /** What no field of this form shows. */
  readonly others: readonly string[];
  readonly isWrong: boolean;
  readonly onCancel: () => void;
  /** Of the button that does it; "Save" when left out. */
  readonly label?: string;
};

/** Cancel and save, and above them why it was not saved. */
export function SaveRow({ isPending, error, others, isWrong, onCancel, label }: Props) {
  const { t } = useTranslation("limits");
  const { t: tCommon } = useTranslation();
  const { state } = useConnection();
  const code = troubleCode(error);
  const refused = REFUSED.find((one) => one === code);
  return (
    <>
      {isWrong && (
        <div role="alert" className={css["badText"]}>
          <p>{t("mistake.summary")}</p>
          {others.map((text) => (
            <p key={text}>{text}</p>
          ))}
        </div>
      )}
      {error !== null &&
        code !== "INVALID" &&
        (refused === undefined ? (
          <Trouble error={error} />
        ) : (
          <p role="alert" className={css["badText"]}>
            {t(`refused.${refused}`)}
          </p>
        ))}
      <div className={css["buttons"]}>
        <Button variant="default" onClick={onCancel}>
          {tCommon("cancel")}
        </Button>
        <Button type="submit" loading={isPending} disabled={state !== "open"}>
          {label ?? t("save")}
        </Button>
      </div>
    </>
  );
}
