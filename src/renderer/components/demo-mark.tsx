import { useTranslation } from "react-i18next";
import css from "./demo-mark.module.css";

/** Says on every screen and print that none of this is real. `speed` is how much faster than real its clock runs. */
export function DemoMark({ speed }: { readonly speed: number }) {
  const { t } = useTranslation();
  return (
    <p className={css["demo"]} title={t("demo.hint")}>
      <strong>DEMO</strong>
      <span className={css["hint"]}>{speed === 1 ? t("demo.simulated") : t("demo.simulatedFaster", { speed })}</span>
    </p>
  );
}
