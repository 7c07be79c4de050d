import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { StationDetail, StationLive } from "../../../contract/index.ts";
import { KeyValues } from "../../components/key-values.tsx";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { useSite } from "../../lib/data/live-store.ts";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { phaseRows } from "./charger-view.ts";
import css from "./charger-detail.module.css";
import { Commands } from "./command-bar.tsx";
import { FailSafeNote } from "./fail-safe-note.tsx";
import { Stay } from "./stay.tsx";
import { StateStrip } from "./state-strip.tsx";

const DETAIL_EVERY_ms = 10_000;

/** Everything about one charger: live values from the stream, the rest asked for every ten seconds. */
export function ChargerDetail({ station }: { readonly station: StationLive }) {
  const { t } = useTranslation("charger");
  const asked = useAsk(
    ["stations", "detail", station.stationId],
    (api, signal) => api.stations.detail({ stationId: station.stationId }, { signal }),
    { every_ms: DETAIL_EVERY_ms },
  );
  return (
    <div className={css["detail"]}>
      <Commands station={station} can={asked.data?.can} />
      <Now station={station} />
      <Phases station={station} detail={asked.data} />
      <StateBoundary asked={asked}>
        {(detail) => (
          <>
            <Section title={t("strip.title")}>
              <StateStripNow strip={detail.strip} />
            </Section>
            <Section title={t("failSafe.title")}>
              <FailSafeNote failSafe={detail.failSafe} />
            </Section>
            <Section title={t("stay.title")}>
              <Stay stationId={station.stationId} stay={detail.stay} />
            </Section>
            <LastSessions rows={detail.lastSessions} />
            <Device detail={detail} />
          </>
        )}
      </StateBoundary>
    </div>
  );
}

function StateStripNow({ strip }: Pick<StationDetail, "strip">) {
  const site = useSite();
  return site === null ? null : <StateStrip strip={strip} now_ms={site.at_ms} />;
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h3 className={css["title"]}>{title}</h3>
      {children}
    </section>
  );
}

function Now({ station }: { readonly station: StationLive }) {
  const { t } = useTranslation("charger");
  const format = useFormat();
  const site = useSite();
  const { session } = station;
  const elapsed = session === null || site === null ? null : format.duration(site.at_ms - session.started_at_ms);
  const status = station.status === null ? null : t(`status.${station.status}`);
  return (
    <KeyValues
      rows={[
        [t("now.state"), status ?? "—"],
        [t("now.since"), format.dateTime(station.since_ms)],
        ...(station.errorCode === null ? [] : ([[t("now.error"), station.errorCode]] as const)),
        [t("now.power"), format.power(station.power_W)],
        ...(session === null
          ? []
          : ([
              [t("now.session"), `${format.energy(session.energy_Wh, 2)} · ${elapsed ?? ""}`],
              [t("now.card"), session.cardAlias === null ? "—" : `…${session.cardAlias}`],
              [t("now.customer"), session.customerName ?? "—"],
              [t("now.cost"), format.money(session.gross_minor)],
            ] as const)),
        ...(station.queuePlace === null ? [] : ([[t("now.queue"), format.count(station.queuePlace)]] as const)),
      ]}
    />
  );
}

function Phases({ station, detail }: { readonly station: StationLive; readonly detail: StationDetail | undefined }) {
  const { t } = useTranslation("charger");
  const format = useFormat();
  return (
    <Section title={t("phases.title")}>
      <table className={css["table"]}>
        <thead>
          <tr>
            <th scope="col">{t("phases.phase")}</th>
            <th scope="col">V</th>
            <th scope="col">A</th>
            <th scope="col">kW</th>
          </tr>
        </thead>
        <tbody>
          {phaseRows(station, detail?.voltage_mV ?? [null, null, null]).map((row) => (
            <tr key={row.phase}>
              <th scope="row">{row.phase}</th>
              <td>{format.voltage(row.voltage_mV).replace("\u00a0V", "")}</td>
              <td>{format.currentValue(row.drawn_mA, 1)}</td>
              <td>{format.powerValue(row.power_W, 2)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <dl className={css["chain"]}>
        {(
          [
            ["requested", station.requested_mA],
            ["granted", station.granted_mA],
            ["confirmed", station.confirmed_mA],
            ["drawn", drawnMost(station)],
          ] as const
        ).map(([name, value_mA]) => (
          <div key={name}>
            <dt>{t(`chain.${name}`)}</dt>
            <dd>{name === "drawn" ? format.current(value_mA, 1) : format.exactCurrent(value_mA)}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}

/** The phase that draws most; unknown when any phase is. */
function drawnMost({ drawn_mA: [l1, l2, l3] }: StationLive): number | null {
  return l1 === null || l2 === null || l3 === null ? null : Math.max(l1, l2, l3);
}

function LastSessions({ rows }: { readonly rows: StationDetail["lastSessions"] }) {
  const { t } = useTranslation("charger");
  const format = useFormat();
  if (rows.length === 0) return null;
  return (
    <Section title={t("sessions.title")}>
      <table className={css["table"]}>
        <thead>
          <tr>
            <th scope="col">{t("sessions.start")}</th>
            <th scope="col">{t("sessions.who")}</th>
            <th scope="col">kWh</th>
            <th scope="col">{t("sessions.price")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <th scope="row">{format.dateTime(row.started_at_ms)}</th>
              <td>{row.customerName ?? (row.cardAlias === null ? "—" : `…${row.cardAlias}`)}</td>
              <td>{format.energyValue(row.energy_Wh, 2)}</td>
              <td>{row.cost === null ? "—" : format.money(row.cost.gross_minor, row.cost.currency)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function Device({ detail }: { readonly detail: StationDetail }) {
  const { t } = useTranslation("charger");
  const format = useFormat();
  const { connection, live } = detail;
  const line =
    connection.kind === "ocpp"
      ? t("device.ocpp", { identity: connection.identity, protocol: connection.protocol ?? "OCPP" })
      : t("device.modbus", { profile: connection.profileId, link: connection.linkId, unit: connection.unitId });
  return (
    <Section title={t("device.title")}>
      <p>
        <Link to="/devices" search={{ kind: "station", device: live.stationId }} className={css["link"]}>
          {t("device.open")}
        </Link>
      </p>
      <KeyValues
        rows={[
          [t("device.connection"), line],
          [t("device.model"), [detail.vendor, detail.model].filter((part) => part !== null).join(" ") || "—"],
          [t("device.serial"), detail.serial ?? "—"],
          [t("device.firmware"), detail.firmware ?? "—"],
          [t("device.register"), format.energy(detail.energyRegister_Wh, 2)],
          [t("device.rotation"), detail.rotation],
          [t("device.max"), format.current(live.max_mA)],
          [t("device.fallback"), format.current(live.fallback_mA)],
          [
            t("device.manual"),
            detail.manualLimit_mA === null ? t("device.noManual") : format.current(detail.manualLimit_mA),
          ],
          [t("device.measured"), format.timeSeconds(live.measured_at_ms)],
          [t("device.raw"), [live.status, live.controlPilot].filter((part) => part !== null).join(" · ") || "—"],
        ]}
      />
    </Section>
  );
}
