import { useTranslation } from "react-i18next";
import type { OcppFacts } from "../../../contract/index.ts";
import { KeyValues } from "../../components/key-values.tsx";
import { Card } from "../../components/page.tsx";
import { useFormat } from "../../lib/data/use-format.ts";

/** What was found out about an OCPP station. */
export function OcppFactsCard({ facts }: { readonly facts: OcppFacts }) {
  const { t } = useTranslation("devices");
  const format = useFormat();
  const { follows, purposes } = facts;
  const offered =
    follows.offered_mA === null ? null : t("ocpp.offered", { current: format.current(follows.offered_mA, 1) });
  const obeys = t(`ocpp.state.${follows.state}`);
  return (
    <Card title={t("ocpp.title")}>
      <KeyValues
        rows={[
          [t("ocpp.version"), `OCPP ${facts.version}`],
          [t("ocpp.row"), facts.vendorRow ?? "—"],
          [t("ocpp.unit"), facts.unit ?? "—"],
          [t("ocpp.follows"), [obeys, ...(offered === null ? [] : [offered])].join(" ")],
          [t("ocpp.accepted"), purposes.accepted.join(", ") || "—"],
          [t("ocpp.refused"), purposes.refused.join(", ") || "—"],
          ...(facts.refusedSteps.length === 0 ? [] : ([[t("ocpp.steps"), facts.refusedSteps.join("; ")]] as const)),
          [t("ocpp.found"), format.dateTime(facts.at_ms)],
        ]}
      />
    </Card>
  );
}
