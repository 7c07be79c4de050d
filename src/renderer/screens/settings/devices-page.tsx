import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { WaitingStation } from "../../../contract/index.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { Card } from "../../components/page.tsx";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { useConnection } from "../../lib/data/client-context.tsx";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { AdoptDialog } from "./adopt-dialog.tsx";
import { OcppDoorCard } from "./ocpp-door.tsx";
import css from "./settings.module.css";

const ASK_EVERY_ms = 5_000;

/** Who calls in without belonging here, and the way to all devices. */
export function DevicesPage() {
  return (
    <div className={css["stack"]}>
      <Waiting />
      <OcppDoorCard />
      <Health />
    </div>
  );
}

function Waiting() {
  const { t } = useTranslation("settings");
  const format = useFormat();
  const { state } = useConnection();
  const [adopting, setAdopting] = useState<WaitingStation | null>(null);
  const asked = useAsk(["stations", "waiting"], (api, signal) => api.stations.waiting(undefined, { signal }), {
    every_ms: ASK_EVERY_ms,
  });
  return (
    <Card title={t("waiting.title")}>
      <StateBoundary
        asked={asked}
        isEmpty={(waiting) => waiting.length === 0}
        empty={<p className={css["muted"]}>{t("waiting.none")}</p>}
      >
        {(waiting) => (
          <ul>
            {waiting.map((station) => (
              <li key={station.identity} className={css["waiting"]}>
                <div>
                  <strong>{station.identity}</strong>{" "}
                  <span className={css["muted"]}>
                    {[station.vendor, station.model].filter((part) => part !== null).join(" ")}
                  </span>
                  <p className={css["muted"]}>
                    {t("waiting.seen", {
                      first: format.dateTime(station.firstSeen_ms),
                      last: format.timeSeconds(station.lastSeen_ms),
                    })}
                  </p>
                </div>
                <Button
                  disabled={state !== "open"}
                  onClick={() => {
                    setAdopting(station);
                  }}
                >
                  {t("waiting.adopt")}
                </Button>
              </li>
            ))}
          </ul>
        )}
      </StateBoundary>
      {adopting !== null && (
        <AdoptDialog
          station={adopting}
          onClose={() => {
            setAdopting(null);
          }}
        />
      )}
    </Card>
  );
}

/** The way to every device, and to the search for more. */
function Health() {
  const { t } = useTranslation("settings");
  return (
    <Card title={t("health.title")}>
      <p className={css["muted"]}>{t("health.lead")}</p>
      <div className={css["links"]}>
        <LinkButton to="/devices">{t("health.all")}</LinkButton>
        <LinkButton to="/devices" search={{ find: true }} variant="default">
          {t("health.find")}
        </LinkButton>
      </div>
    </Card>
  );
}
