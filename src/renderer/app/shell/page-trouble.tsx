import { useTranslation } from "react-i18next";
import { Trouble } from "../../components/trouble.tsx";

/** Stands in for a screen that broke; the shell around it stays. */
export function PageTrouble({ error, reset }: { readonly error: unknown; readonly reset: () => void }) {
  const { t } = useTranslation();
  return <Trouble error={error} retry={reset} retryLabel={t("trouble.again")} />;
}
