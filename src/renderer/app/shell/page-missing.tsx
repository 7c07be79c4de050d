import { useTranslation } from "react-i18next";
import { IconSearch } from "../../components/icons.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { Notice } from "../../components/notice.tsx";

/** Stands where an address leads nowhere: an old bookmark, or one that was typed. */
export function PageMissing() {
  const { t } = useTranslation();
  return (
    <Notice icon={IconSearch} title={t("shell.missing")} text={t("shell.missingText")}>
      <LinkButton to="/live" search={{}}>
        {t("screen.live")}
      </LinkButton>
    </Notice>
  );
}
