import { useTranslation } from "react-i18next";

export function LiveScreen() {
  const { t } = useTranslation();
  return <h1>{t("screen.live")}</h1>;
}
