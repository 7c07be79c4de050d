import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { DeviceDetail, DeviceKey } from "../../../contract/index.ts";
import { IconArrowLeft, IconCheck } from "../../components/icons.ts";
import { KeyValues } from "../../components/key-values.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Card, Page } from "../../components/page.tsx";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { useSite } from "../../lib/data/live-store.ts";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { DeviceRawPart } from "./device-raw.tsx";
import { DeviceState, HintText } from "./device-state.tsx";
import { RemoveDevice } from "./device-remove.tsx";
import { errorsText, shareText } from "./device-words.ts";
import css from "./devices.module.css";
import { OcppFactsCard } from "./ocpp-facts.tsx";
import { OcppPasswordCard } from "./ocpp-password.tsx";
import { OcppSecurityCard } from "./ocpp-security.tsx";

const ASK_EVERY_ms = 5_000;

/** One device: how it is, what to do, what it shows, and for the expert what was said with it. */
export function DevicePage({ kind, id }: DeviceKey) {
  const { t } = useTranslation("devices");
  const asked = useAsk(["devices", "get", kind, id], (api, signal) => api.devices.get({ kind, id }, { signal }), {
    every_ms: ASK_EVERY_ms,
  });
  return (
    <Page
      title={asked.data?.name ?? id}
      lead={t(`kind.${kind}`)}
      actions={
        <>
          {kind === "station" && asked.data?.linkId === "ocpp" && (
            <LinkButton variant="default" to="/devices" search={{ kind: "station", device: id, box: "settings" }}>
              {t("page.box")}
            </LinkButton>
          )}
          {kind === "station" && (
            <LinkButton variant="default" to="/live" search={{ station: id }}>
              {t("page.charger")}
            </LinkButton>
          )}
          {kind !== "link" && asked.data !== undefined && (
            <>
              <LinkButton variant="default" to="/devices" search={{ kind, device: id, change: true }}>
                {t("form.open")}
              </LinkButton>
              <RemoveDevice kind={kind} id={id} name={asked.data.name} />
            </>
          )}
          <LinkButton
            variant="default"
            to="/devices"
            leftSection={<IconArrowLeft size={18} stroke={1.75} aria-hidden />}
          >
            {t("page.back")}
          </LinkButton>
        </>
      }
    >
      <StateBoundary asked={asked}>
        {(detail) => (
          <div className={css["pair"]}>
            <div className={css["stack"]}>
              <Health detail={detail} />
              {kind !== "link" && <Identity detail={detail} />}
            </div>
            <div className={css["stack"]}>
              <Todo detail={detail} />
              {detail.counters !== null && <Counters counters={detail.counters} />}
              {detail.ocpp !== null && <OcppFactsCard facts={detail.ocpp} />}
              {kind === "station" && detail.linkId === "ocpp" && <OcppSecurityCard stationId={id} />}
              {kind === "station" && detail.linkId === "ocpp" && <OcppPasswordCard stationId={id} />}
            </div>
          </div>
        )}
      </StateBoundary>
      <DeviceRawPart kind={kind} id={id} />
    </Page>
  );
}

function Health({ detail }: { readonly detail: DeviceDetail }) {
  const { t } = useTranslation("devices");
  const format = useFormat();
  const now_ms = useSite()?.at_ms ?? null;
  const { lastExchange_ms, kind, linkId, unitId } = detail;
  const last =
    lastExchange_ms === null || now_ms === null
      ? "—"
      : t("page.lastAgo", { time: format.timeSeconds(lastExchange_ms), age: format.age(now_ms - lastExchange_ms) });
  return (
    <Card title={t("page.health")}>
      <KeyValues
        rows={[
          [t("list.state"), <DeviceState key="state" kind={detail.kind} state={detail.state} />],
          [t("list.last"), last],
          [t("list.rate"), shareText(detail.recentErrors_permille, format)],
          [
            t("page.errors"),
            `${errorsText(detail, format)} ${t("page.of", { total: format.count(detail.exchanges) })}`,
          ],
          [t("list.place"), detail.place],
          ...(kind === "link" || linkId === null || linkId === "ocpp"
            ? []
            : ([
                [
                  t("page.wire"),
                  <Link key="wire" to="/devices" search={{ kind: "link", device: linkId }} className={css["link"]}>
                    {linkId}
                  </Link>,
                ],
              ] as const)),
          ...(unitId === null ? [] : ([[t("page.unit"), String(unitId)]] as const)),
          ...(detail.quarantined === null || detail.quarantined === 0
            ? []
            : ([[t("page.quarantined"), format.count(detail.quarantined)]] as const)),
        ]}
      />
    </Card>
  );
}

/** Only what somebody can do something about; the device's own words stand below. */
function Todo({ detail: { hints, problem, state, kind } }: { readonly detail: DeviceDetail }) {
  const { t } = useTranslation("devices");
  const silent = state !== "online" && hints.length === 0;
  return (
    <Card title={t("page.todo")}>
      <div className={css["stack"]}>
        {hints.map((hint) => (
          <HintText key={hint.code} hint={hint} />
        ))}
        {silent && <p>{t(kind === "link" ? "page.linkSilent" : "page.silent")}</p>}
        {!silent && hints.length === 0 && (
          <p className={css["fine"]}>
            <IconCheck size={18} stroke={1.75} aria-hidden /> {t("page.fine")}
          </p>
        )}
        {problem !== null && (
          <p className={css["muted"]}>
            {t("page.said")} <span className={css["said"]}>{problem}</span>
          </p>
        )}
      </div>
    </Card>
  );
}

function Identity({ detail }: { readonly detail: DeviceDetail }) {
  const { t } = useTranslation("devices");
  const format = useFormat();
  const { failSafe, missing, profileId, unsure } = detail;
  const guard = failSafe === null ? null : t(`failSafe.${failSafe.kind}`);
  const { current_mA = null, timeout_ms = null } = failSafe ?? {};
  const keeps =
    current_mA === null || timeout_ms === null
      ? null
      : t("failSafe.after", { current: format.current(current_mA, 1), time: format.age(timeout_ms) });
  return (
    <Card title={t("page.identity")}>
      <KeyValues
        rows={[
          [t("page.model"), [detail.vendor, detail.model].filter((part) => part !== null).join(" ") || "—"],
          [t("page.serial"), detail.serial ?? "—"],
          [t("page.firmware"), detail.firmware ?? "—"],
          ...(profileId === null ? [] : ([[t("page.profile"), profileId]] as const)),
          ...(guard === null
            ? []
            : ([[t("page.failSafe"), [guard, ...(keeps === null ? [] : [keeps])].join(": ")]] as const)),
          ...(missing.length === 0 ? [] : ([[t("page.missing"), missing.join(", ")]] as const)),
          ...(unsure.length === 0
            ? []
            : ([[t("page.unsure"), unsure.map((name) => t(`unsure.${name}`)).join(", ")]] as const)),
        ]}
      />
    </Card>
  );
}

const COUNTED = [
  "frames",
  "replies",
  "timeouts",
  "foreign",
  "crcErrors",
  "exceptions",
  "retries",
  "wrongUnit",
  "staleBytes",
  "echoes",
] as const;

function Counters({ counters }: { readonly counters: NonNullable<DeviceDetail["counters"]> }) {
  const { t } = useTranslation("devices");
  const format = useFormat();
  return (
    <Card title={t("page.counters")}>
      <KeyValues
        rows={[
          ...COUNTED.map((name) => [t(`counter.${name}`), format.count(counters[name])] as const),
          [t("counter.latency_p99"), t("page.ms", { value: format.count(Math.round(counters.latency_ms_p99)) })],
          [t("counter.latency_max"), t("page.ms", { value: format.count(Math.round(counters.latency_ms_max)) })],
        ]}
      />
    </Card>
  );
}
