import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { troubleCode } from "../lib/client/index.ts";
import { troubleDetails } from "../lib/data/trouble.ts";
import { CopyButton } from "./copy-button.tsx";
import { IconAlertTriangle } from "./icons.ts";
import { Notice } from "./notice.tsx";

const WORDS = ["CONNECTION_LOST", "FORBIDDEN", "NO_SITE", "NOT_FOUND", "CONFLICT", "INVALID"] as const;
type KnownCode = (typeof WORDS)[number] | "INTERNAL_SERVER_ERROR";

const known = (code: string): KnownCode => WORDS.find((word) => word === code) ?? "INTERNAL_SERVER_ERROR";

type Props = { readonly error: unknown; readonly retry?: () => void; readonly retryLabel?: string };

/** What happened, what it means for charging, what to do; the code and details for whoever helps. */
export function Trouble({ error, retry, retryLabel }: Props) {
  const { t } = useTranslation();
  const code = known(troubleCode(error));
  const meaning = t(`trouble.${code}.meaning`);
  const action = t(`trouble.${code}.action`);
  return (
    <Notice icon={IconAlertTriangle} title={t(`trouble.${code}.title`)} text={`${meaning} ${action}`}>
      {retry !== undefined && (
        <Button onClick={retry} variant="default">
          {retryLabel ?? t("trouble.again")}
        </Button>
      )}
      <CopyButton text={() => troubleDetails(error)} label={t("trouble.copy", { code: troubleCode(error) })} />
    </Notice>
  );
}
