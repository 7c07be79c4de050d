import { useTranslation } from "react-i18next";
import type { DisplayState } from "../../../contract/index.ts";
import css from "./state.module.css";
import { StateIcon } from "./state-icon.tsx";

/** Icon and word of a state; what it means in colour is only ever the third way of saying it. */
export function StateChip({ state }: { readonly state: DisplayState }) {
  const { t } = useTranslation();
  return (
    <span className={css["chip"]} data-state={state}>
      <StateIcon state={state} size={16} />
      {t(`state.${state}`)}
    </span>
  );
}

/** A strip in the colour and pattern of a state. */
export function StateStripe({ state }: { readonly state: DisplayState }) {
  return <span className={css["stripe"]} data-state={state} aria-hidden />;
}
