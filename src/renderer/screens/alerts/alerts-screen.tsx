import { useTranslation } from "react-i18next";

export function AlertsScreen() {
  const { t } = useTranslation();
  return <h1>{t("screen.alerts")}</h1>;
}
