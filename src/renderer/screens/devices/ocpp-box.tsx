import { Tabs } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { IconAlertTriangle, IconArrowLeft } from "../../components/icons.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { Page } from "../../components/page.tsx";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { useStation } from "../../lib/data/live-store.ts";
import { useAsk } from "../../lib/data/use-ask.ts";
import { beyondKey, type PartProps } from "./ocpp-ask.tsx";
import { BOX_PARTS, type BoxPart } from "./ocpp-box-view.ts";
import css from "./ocpp-box.module.css";
import { BoxCards } from "./ocpp-cards.tsx";
import { BoxCertificates } from "./ocpp-certificates.tsx";
import { BoxFiles } from "./ocpp-files.tsx";
import { BoxRecord } from "./ocpp-record.tsx";
import { BoxService } from "./ocpp-service.tsx";
import { BoxSettings } from "./ocpp-settings.tsx";

const ASK_EVERY_ms = 3_000;

type Props = { readonly stationId: string; readonly part: BoxPart; readonly onPart: (part: BoxPart) => void };

/** Everything an OCPP box can do beyond charging. Nothing is asked of it before somebody opens a part or presses a button. */
export function OcppBoxPage({ stationId, part, onPart }: Props) {
  const { t } = useTranslation("box");
  const name = useStation(stationId)?.name ?? stationId;
  const asked = useAsk(beyondKey(stationId), (api, signal) => api.ocpp.beyond({ stationId }, { signal }), {
    every_ms: ASK_EVERY_ms,
  });
  return (
    <Page
      title={t("title", { name })}
      lead={t("lead")}
      actions={
        <LinkButton
          variant="default"
          to="/devices"
          search={{ kind: "station", device: stationId }}
          leftSection={<IconArrowLeft size={18} stroke={1.75} aria-hidden />}
        >
          {t("back")}
        </LinkButton>
      }
    >
      <StateBoundary asked={asked}>
        {(beyond) => (
          <div>
            {!beyond.connected && (
              <p className={css["warning"]} role="status">
                <IconAlertTriangle size={18} stroke={1.75} aria-hidden /> {t("away")}
              </p>
            )}
            <Tabs
              value={part}
              keepMounted={false}
              onChange={(chosen) => {
                const known = BOX_PARTS.find((one) => one === chosen);
                if (known !== undefined) onPart(known);
              }}
            >
              <Tabs.List>
                {BOX_PARTS.map((one) => (
                  <Tabs.Tab key={one} value={one}>
                    {t(`part.${one}`)}
                  </Tabs.Tab>
                ))}
              </Tabs.List>
              <Tabs.Panel value={part} tabIndex={-1}>
                <div className={css["part"]}>
                  <Part part={part} stationId={stationId} beyond={beyond} />
                </div>
              </Tabs.Panel>
            </Tabs>
          </div>
        )}
      </StateBoundary>
    </Page>
  );
}

function Part({ part, ...props }: PartProps & { readonly part: BoxPart }) {
  switch (part) {
    case "settings":
      return <BoxSettings {...props} />;
    case "files":
      return <BoxFiles {...props} />;
    case "cards":
      return <BoxCards {...props} />;
    case "certificates":
      return <BoxCertificates {...props} />;
    case "service":
      return <BoxService {...props} />;
    case "record":
      return <BoxRecord {...props} />;
  }
}
