import { useTranslation } from "react-i18next";
import { refusalOf } from "./commissioning-view.ts";
import css from "./commissioning.module.css";

type Props = {
  readonly error: unknown;
  /** Which charger it is about, where that is not plain. */
  readonly name?: string | undefined;
};

/** Why it was not done and what to do; nothing where nothing went wrong. */
export function Refused({ error, name }: Props) {
  const { t } = useTranslation("commissioning");
  const refusal = refusalOf(error);
  return (
    refusal !== null && (
      <p role="alert" className={css["bad"]}>
        {name !== undefined && `${name}: `}
        {t(`refused.${refusal}`)}
      </p>
    )
  );
}
