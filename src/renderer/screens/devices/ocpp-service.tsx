import { Button, Select } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { OcppRequest } from "../../../contract/index.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { Card } from "../../components/page.tsx";
import { BoxOutcome, type PartProps, useBoxAsk } from "./ocpp-ask.tsx";
import { HeldLimits, MakersMessage } from "./ocpp-service-more.tsx";
import css from "./ocpp-box.module.css";

const MESSAGES = [
  "BootNotification",
  "DiagnosticsStatusNotification",
  "FirmwareStatusNotification",
  "Heartbeat",
  "MeterValues",
  "StatusNotification",
] as const;
type Message = (typeof MESSAGES)[number];

const SWITCHES = ["Inoperative", "Operative"] as const;

/** Small services of a box. Starting, stopping, unlocking and restarting stand with the charger itself. */
export function BoxService({ stationId }: PartProps) {
  return (
    <div className={css["pair"]}>
      <Availability stationId={stationId} />
      <Trigger stationId={stationId} />
      <Forgetting stationId={stationId} />
      <AtTheCharger stationId={stationId} />
      <HeldLimits stationId={stationId} />
      <MakersMessage stationId={stationId} />
    </div>
  );
}

function Availability({ stationId }: { readonly stationId: string }) {
  const { t } = useTranslation("box");
  const { asked, ask } = useBoxAsk(stationId);
  return (
    <Card title={t("availability.title")}>
      <div className={css["stack"]}>
        <p className={css["muted"]}>{t("availability.lead")}</p>
        <div className={css["tools"]}>
          {SWITCHES.map((type) => (
            <Button
              key={type}
              variant="default"
              disabled={asked.isAsking}
              onClick={() => {
                ask({ do: "availability", type });
              }}
            >
              {t(`availability.${type}`)}
            </Button>
          ))}
        </div>
        <BoxOutcome asked={asked} />
      </div>
    </Card>
  );
}

function Trigger({ stationId }: { readonly stationId: string }) {
  const { t } = useTranslation("box");
  const [message, setMessage] = useState<Message>("StatusNotification");
  const { asked, ask } = useBoxAsk(stationId);
  return (
    <Card title={t("trigger.title")}>
      <div className={css["stack"]}>
        <p className={css["muted"]}>{t("trigger.lead")}</p>
        <Select
          className={css["search"]}
          w="100%"
          label={t("trigger.message")}
          allowDeselect={false}
          value={message}
          data={MESSAGES.map((value) => ({ value, label: t(`trigger.messages.${value}`) }))}
          onChange={(chosen) => {
            setMessage(MESSAGES.find((one) => one === chosen) ?? message);
          }}
        />
        <Button
          variant="default"
          loading={asked.isAsking}
          onClick={() => {
            ask({ do: "trigger", message });
          }}
        >
          {t("trigger.start")}
        </Button>
        <BoxOutcome asked={asked} done={t("trigger.done")} />
      </div>
    </Card>
  );
}

const FORGET = ["clear-cache", "clear-charging-profiles"] as const satisfies readonly OcppRequest["do"][];

function Forgetting({ stationId }: { readonly stationId: string }) {
  const { t } = useTranslation("box");
  const { asked, ask } = useBoxAsk(stationId);
  return (
    <Card title={t("forget.title")}>
      <div className={css["stack"]}>
        {FORGET.map((what) => (
          <div key={what} className={css["stack"]}>
            <p className={css["muted"]}>{t(`forget.lead.${what}`)}</p>
            <Button
              variant="default"
              disabled={asked.isAsking}
              onClick={() => {
                ask({ do: what });
              }}
            >
              {t(`asked.${what}`)}
            </Button>
          </div>
        ))}
        <BoxOutcome asked={asked} />
      </div>
    </Card>
  );
}

function AtTheCharger({ stationId }: { readonly stationId: string }) {
  const { t } = useTranslation("box");
  return (
    <Card title={t("charger.title")}>
      <div className={css["stack"]}>
        <p className={css["muted"]}>{t("charger.lead")}</p>
        <LinkButton variant="default" to="/live" search={{ station: stationId }}>
          {t("charger.open")}
        </LinkButton>
      </div>
    </Card>
  );
}
