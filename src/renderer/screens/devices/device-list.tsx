import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { DeviceSummary } from "../../../contract/index.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { IconAlertTriangle, IconArrowLeft, IconPlug, IconSearch } from "../../components/icons.ts";
import { Notice } from "../../components/notice.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Card, Page } from "../../components/page.tsx";
import { StateBoundary } from "../../components/state-boundary.tsx";
import { useSite } from "../../lib/data/live-store.ts";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { DeviceState } from "./device-state.tsx";
import { byNeed, errorsText, shareText } from "./device-words.ts";
import css from "./devices.module.css";

const ASK_EVERY_ms = 5_000;

/** All devices, those that need a look first. */
export function DeviceList() {
  const { t } = useTranslation("devices");
  const asked = useAsk(["devices", "list"], (api, signal) => api.devices.list(undefined, { signal }), {
    every_ms: ASK_EVERY_ms,
  });
  return (
    <Page
      title={t("list.title")}
      lead={t("list.lead")}
      actions={
        <>
          <LinkButton
            variant="default"
            to="/settings"
            search={{ page: "devices" }}
            leftSection={<IconArrowLeft size={18} stroke={1.75} aria-hidden />}
          >
            {t("list.settings")}
          </LinkButton>
          <LinkButton variant="default" to="/devices" search={{ add: true }}>
            {t("form.addOpen")}
          </LinkButton>
          <LinkButton
            to="/devices"
            search={{ find: true }}
            leftSection={<IconSearch size={18} stroke={1.75} aria-hidden />}
          >
            {t("list.find")}
          </LinkButton>
        </>
      }
    >
      <StateBoundary
        asked={asked}
        isEmpty={(devices) => devices.length === 0}
        empty={<Notice icon={IconPlug} title={t("list.none")} text={t("list.noneHint")} />}
      >
        {(devices) => (
          <>
            <Counts devices={devices} />
            <Card title={t("list.table")}>
              <Table devices={byNeed(devices)} />
            </Card>
          </>
        )}
      </StateBoundary>
    </Page>
  );
}

function Counts({ devices }: { readonly devices: readonly DeviceSummary[] }) {
  const { t } = useTranslation("devices");
  const boxes = devices.filter(({ kind }) => kind !== "link");
  const gone = boxes.filter(({ state }) => state !== "online").length;
  const hinted = devices.filter(({ kind, hints }) => kind === "link" && hints.length > 0).length;
  return (
    <p role="status">
      {gone === 0 ? t("list.allThere", { count: boxes.length }) : t("list.gone", { count: gone, total: boxes.length })}
      {hinted > 0 && ` ${t("list.wires", { count: hinted })}`}
    </p>
  );
}

function Table({ devices }: { readonly devices: readonly DeviceSummary[] }) {
  const { t } = useTranslation("devices");
  const format = useFormat();
  const now_ms = useSite()?.at_ms ?? null;
  const columns: readonly Column<DeviceSummary>[] = [
    {
      id: "name",
      title: t("list.name"),
      cell: ({ kind, id, name, profileId }) => (
        <span className={css["lines"]}>
          <Link to="/devices" search={{ kind, device: id }} className={css["link"]}>
            {name}
          </Link>
          <small>{[t(`kind.${kind}`), ...(profileId === null ? [] : [profileId])].join(" · ")}</small>
        </span>
      ),
    },
    {
      id: "place",
      title: t("list.place"),
      cell: ({ kind, place, unitId, linkId }) => (
        <span className={css["lines"]}>
          {place}
          <small>
            {[
              ...(kind === "link" || linkId === null ? [] : [linkId === "ocpp" ? "OCPP" : linkId]),
              ...(unitId === null ? [] : [t("list.unit", { unit: unitId })]),
            ].join(" · ")}
          </small>
        </span>
      ),
    },
    { id: "state", title: t("list.state"), cell: ({ kind, state }) => <DeviceState kind={kind} state={state} /> },
    {
      id: "last",
      title: t("list.last"),
      number: true,
      cell: ({ lastExchange_ms }) =>
        lastExchange_ms === null || now_ms === null
          ? "—"
          : t("list.ago", { age: format.age(Math.max(0, now_ms - lastExchange_ms)) }),
    },
    {
      id: "rate",
      title: t("list.rate"),
      number: true,
      cell: ({ recentErrors_permille }) => shareText(recentErrors_permille, format),
    },
    { id: "errors", title: t("list.errors"), number: true, cell: (device) => errorsText(device, format) },
    { id: "look", title: t("list.look"), cell: (device) => <Look device={device} /> },
  ];
  return (
    <DataTable label={t("list.table")} keyOf={({ kind, id }) => `${kind}/${id}`} rows={devices} columns={columns} />
  );
}

/** The most telling hint, or what the device itself said. */
function Look({ device: { hints, problem } }: { readonly device: DeviceSummary }) {
  const { t } = useTranslation("devices");
  const [hint] = hints;
  if (hint === undefined) return <span className={css["note"]}>{problem ?? ""}</span>;
  return (
    <span className={css["look"]}>
      <IconAlertTriangle size={16} stroke={1.75} aria-hidden />
      {t(`hint.${hint.code}.title`)}
    </span>
  );
}
