import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { DeviceHealth, WaitingStation } from "../../../contract/index.ts";
import { CopyButton } from "../../components/copy-button.tsx";
import { DataTable } from "../../components/data-table.tsx";
import { IconAlertTriangle } from "../../components/icons.ts";
import { Card } from "../../components/page.tsx";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { useConnection } from "../../lib/data/client-context.tsx";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { useNow } from "../../lib/data/use-now.ts";
import { AdoptDialog } from "./adopt-dialog.tsx";
import { errorsText, HINTS } from "./device-words.ts";
import css from "./settings.module.css";

const ASK_EVERY_ms = 5_000;

/** Who calls in without belonging here, and how every wire is doing. */
export function DevicesPage() {
  return (
    <div className={css["stack"]}>
      <Waiting />
      <Health />
    </div>
  );
}

function Waiting() {
  const { t } = useTranslation("settings");
  const format = useFormat();
  const { state } = useConnection();
  const [adopting, setAdopting] = useState<WaitingStation | null>(null);
  const info = useAsk(["app", "info"], (api, signal) => api.app.info(undefined, { signal }));
  const asked = useAsk(["stations", "waiting"], (api, signal) => api.stations.waiting(undefined, { signal }), {
    every_ms: ASK_EVERY_ms,
  });
  const ocppUrl = info.data?.ocppUrl ?? null;
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
      {ocppUrl !== null && (
        <p>
          {t("waiting.address")} <code>{ocppUrl}</code> <CopyButton text={() => ocppUrl} label={t("waiting.copy")} />
        </p>
      )}
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

function Health() {
  const { t } = useTranslation("settings");
  const asked = useAsk(["stations", "health"], (api, signal) => api.stations.health(undefined, { signal }), {
    every_ms: ASK_EVERY_ms,
  });
  return (
    <Card title={t("health.title")}>
      <StateBoundary
        asked={asked}
        isEmpty={(devices) => devices.length === 0}
        empty={<p className={css["muted"]}>{t("health.none")}</p>}
      >
        {(devices) => <HealthTable devices={devices} />}
      </StateBoundary>
    </Card>
  );
}

function HealthTable({ devices }: { readonly devices: readonly DeviceHealth[] }) {
  const { t } = useTranslation("settings");
  const format = useFormat();
  const now_ms = useNow();
  return (
    <DataTable
      label={t("health.title")}
      keyOf={({ kind, id }) => `${kind}/${id}`}
      rows={devices}
      columns={[
        {
          id: "name",
          title: t("health.name"),
          cell: ({ name, kind, connection }) => (
            <span className={css["lines"]}>
              {name}
              <small>
                {t(`health.kinds.${kind}`)} · {connection}
              </small>
            </span>
          ),
        },
        {
          id: "online",
          title: t("health.state"),
          cell: ({ online }) =>
            online ? t("health.online") : <span className={css["gone"]}>{t("health.offline")}</span>,
        },
        {
          id: "last",
          title: t("health.last"),
          number: true,
          cell: ({ lastExchange_ms }) =>
            lastExchange_ms === null ? "—" : t("health.ago", { age: format.age(now_ms - lastExchange_ms) }),
        },
        {
          id: "exchanges",
          title: t("health.exchanges"),
          number: true,
          cell: ({ exchanges }) => format.count(exchanges),
        },
        { id: "errors", title: t("health.errors"), number: true, cell: (device) => errorsText(device, format) },
        { id: "detail", title: t("health.detail"), cell: (device) => <Findings device={device} /> },
      ]}
    />
  );
}

/** What to look at, in words with the remedy; below it what the device itself said. */
function Findings({ device: { detail, hints = [] } }: { readonly device: DeviceHealth }) {
  const { t } = useTranslation("settings");
  return (
    <div className={css["findings"]}>
      {hints.map((code) => {
        const known = HINTS.find((one) => one === code);
        return (
          <p key={code} className={css["hint"]}>
            <IconAlertTriangle size={14} stroke={1.75} aria-hidden />
            <span>{known === undefined ? code : t(`health.hint.${known}`)}</span>
          </p>
        );
      })}
      {detail !== null && <p className={css["muted"]}>{detail}</p>}
    </div>
  );
}
