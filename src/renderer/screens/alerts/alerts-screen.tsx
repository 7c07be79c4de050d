import { Button, Switch } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Alert } from "../../../contract/index.ts";
import {
  type Icon,
  IconAlertTriangle,
  IconBolt,
  IconCheck,
  IconInfoCircle,
  IconPlayerStop,
} from "../../components/icons.ts";
import { Notice } from "../../components/notice.tsx";
import { Page } from "../../components/page.tsx";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { useApi, useConnection } from "../../lib/data/client-context.tsx";
import { useLiveStore } from "../../lib/data/live-store.ts";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { type RawSearch, useUrlState } from "../../lib/url/url-state.ts";
import { inputsText, withNames } from "./alert-inputs.ts";
import { byUrgency } from "./alert-order.ts";
import css from "./alerts-screen.module.css";

const ASK_EVERY_ms = 5_000;
const ICONS: Readonly<Record<Alert["severity"], Icon>> = {
  safety: IconBolt,
  stopped: IconPlayerStop,
  degraded: IconAlertTriangle,
  info: IconInfoCircle,
};

const parseAlertsSearch = (raw: RawSearch): { readonly ended: boolean } => ({ ended: raw["ended"] === true });

/** What needs somebody: what it means and what to do, the most urgent first. */
export function AlertsScreen() {
  const { t } = useTranslation("alerts");
  const [{ ended }, change] = useUrlState(parseAlertsSearch);
  const asked = useAsk(["alerts", { ended }], (api, signal) => api.alerts.list({ includeEnded: ended }, { signal }), {
    every_ms: ASK_EVERY_ms,
  });
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      actions={
        <Switch
          label={t("showEnded")}
          checked={ended}
          onChange={(event) => {
            change({ ended: event.currentTarget.checked });
          }}
        />
      }
    >
      <StateBoundary
        asked={asked}
        isEmpty={(alerts) => alerts.length === 0}
        empty={<Notice icon={IconCheck} title={t("none.title")} text={t("none.text")} />}
      >
        {(alerts) => (
          <ul className={css["list"]}>
            {byUrgency(alerts).map((alert) => (
              <AlertItem key={alert.id} alert={alert} />
            ))}
          </ul>
        )}
      </StateBoundary>
    </Page>
  );
}

/** What a person calls the charger, circuit or meter of this id; the id itself where nothing has that name. */
function useNames(): (id: string) => string {
  const stations = useLiveStore((state) => state.stations);
  const circuits = useLiveStore((state) => state.circuits);
  // Meters are on no tile of the live view; their names come with the list of devices.
  const devices = useAsk(["devices", "names"], (api, signal) => api.devices.list(undefined, { signal }));
  return (id) =>
    stations[id]?.name ??
    circuits.find(({ circuitId }) => circuitId === id)?.name ??
    devices.data?.find((device) => device.kind === "meter" && device.id === id)?.name ??
    id;
}

function AlertItem({ alert }: { readonly alert: Alert }) {
  const { t } = useTranslation("alerts");
  const format = useFormat();
  const nameOf = useNames();
  const AlertIcon = ICONS[alert.severity];
  const numbers = inputsText(withNames(alert.inputs, nameOf), t, format);
  return (
    <li className={css["alert"]} data-severity={alert.severity} data-ended={alert.ended_at_ms !== null}>
      <AlertIcon className={css["icon"]} size={20} stroke={1.75} aria-hidden />
      <div className={css["words"]}>
        <p className={css["severity"]}>{t(`severity.${alert.severity}`)}</p>
        <h2 className={css["title"]}>{t(`code.${alert.code}.title`, { name: nameOf(alert.ref) })}</h2>
        <p>{t(`code.${alert.code}.meaning`)}</p>
        <p>
          <strong>{t("todo")}</strong> {t(`code.${alert.code}.action`)}
        </p>
        {numbers !== "" && <p className={css["numbers"]}>{numbers}</p>}
      </div>
      <div className={css["side"]}>
        <p>
          {alert.ended_at_ms === null
            ? t("since", { time: format.dateTime(alert.since_ms) })
            : t("ended", { from: format.dateTime(alert.since_ms), to: format.time(alert.ended_at_ms) })}
        </p>
        {alert.count > 1 && <p>{t("times", { count: alert.count })}</p>}
        <Acknowledge alert={alert} />
      </div>
    </li>
  );
}

function Acknowledge({ alert }: { readonly alert: Alert }) {
  const { t } = useTranslation("alerts");
  const format = useFormat();
  const api = useApi();
  const queries = useQueryClient();
  const { state } = useConnection();
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => api.alerts.acknowledge({ id: alert.id }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["alerts"] }),
  });
  if (alert.acknowledged_at_ms !== null) {
    return <p>{t("acknowledged", { time: format.dateTime(alert.acknowledged_at_ms) })}</p>;
  }
  if (alert.ended_at_ms !== null) return null;
  return (
    <>
      <Button
        size="xs"
        variant="default"
        loading={isPending}
        disabled={state !== "open"}
        onClick={() => {
          mutate();
        }}
      >
        {t("acknowledge")}
      </Button>
      {error !== null && <p role="alert">{t("failed")}</p>}
    </>
  );
}
