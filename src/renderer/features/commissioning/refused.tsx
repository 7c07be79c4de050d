import { useTranslation } from "react-i18next";
import { refusalOf } from "./commissioning-view.ts";
import css from "./commissioning.module.css";

/** Why it was not done and what to do; nothing where nothing went wrong. */
export function Refused({ error }: { readonly error: unknown }) {
  const { t } = useTranslation("commissioning");
  const refusal = refusalOf(error);
  return (
    refusal !== null && (
      <p role="alert" className={css["bad"]}>
        {t(`refused.${refusal}`)}
      </p>
    )
  );
}
