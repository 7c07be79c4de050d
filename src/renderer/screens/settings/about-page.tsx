import { useTranslation } from "react-i18next";
import { KeyValues } from "../../components/key-values.tsx";
import { Card } from "../../components/page.tsx";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";

/** What program this is, where the engine runs and under which terms it may be used. */
export function AboutPage() {
  const { t } = useTranslation("settings");
  const { t: tCommon } = useTranslation();
  const format = useFormat();
  const asked = useAsk(["app", "info"], (api, signal) => api.app.info(undefined, { signal }));
  return (
    <Card title={tCommon("product")}>
      <StateBoundary asked={asked}>
        {(info) => (
          <KeyValues
            rows={[
              [t("about.version"), info.version],
              [t("about.engine"), info.headless ? t("about.headless") : t("about.desktop")],
              [t("about.started"), format.dateTime(info.started_at_ms)],
              [t("about.ocpp"), info.ocppUrl ?? "—"],
              [t("about.license"), t("about.licenseText")],
              [t("about.font"), t("about.fontText")],
            ]}
          />
        )}
      </StateBoundary>
    </Card>
  );
}
