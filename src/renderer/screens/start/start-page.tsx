import { useTranslation } from "react-i18next";

export function StartPage() {
  const { t } = useTranslation();
  return <h1>{t("product")}</h1>;
}
