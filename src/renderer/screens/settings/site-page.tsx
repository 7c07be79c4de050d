import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../components/data-table.tsx";
import { IconDownload } from "../../components/icons.ts";
import { KeyValues } from "../../components/key-values.tsx";
import { Card } from "../../components/page.tsx";
import { Trouble } from "../../components/trouble.tsx";
import { useApi, useConnection } from "../../lib/data/client-context.tsx";
import { useCircuits, useLiveStore, useSite } from "../../lib/data/live-store.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { saveFile } from "../../lib/files/save-file.ts";
import { flatCircuits } from "./site-view.ts";
import css from "./settings.module.css";

/** The site as the engine runs it, and its site file to keep or to change. */
export function SitePage() {
  return (
    <div className={css["stack"]}>
      <Identity />
      <Circuits />
      <Chargers />
    </div>
  );
}

function Identity() {
  const { t } = useTranslation("settings");
  const site = useSite();
  const api = useApi();
  const { state } = useConnection();
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => api.app.exportSite(),
    onSuccess: ({ yaml }) => {
      saveFile("site.yaml", new Blob([yaml], { type: "application/yaml;charset=utf-8" }));
    },
  });
  return (
    <Card
      title={t("site.title")}
      actions={
        <Button
          variant="default"
          leftSection={<IconDownload size={16} stroke={1.75} aria-hidden />}
          loading={isPending}
          disabled={state !== "open"}
          onClick={() => {
            mutate();
          }}
        >
          {t("site.export")}
        </Button>
      }
    >
      <KeyValues
        rows={[
          [t("site.name"), site?.name ?? "—"],
          [t("site.timezone"), site?.timezone ?? "—"],
          [t("site.currency"), site?.currency ?? "—"],
        ]}
      />
      {error !== null && <Trouble error={error} />}
    </Card>
  );
}

function Circuits() {
  const { t } = useTranslation("settings");
  const { t: tLive } = useTranslation("live");
  const format = useFormat();
  const circuits = useCircuits();
  const rows = useMemo(() => flatCircuits(circuits), [circuits]);
  return (
    <Card title={t("circuits.title")}>
      <DataTable
        label={t("circuits.title")}
        keyOf={({ circuit }) => circuit.circuitId}
        rows={rows}
        columns={[
          {
            id: "name",
            title: t("circuits.name"),
            cell: ({ circuit, depth }) => (
              <span className={css["circuit"]} style={{ paddingInlineStart: `${String(depth * 1.5)}rem` }}>
                {circuit.name}
              </span>
            ),
          },
          { id: "id", title: t("circuits.id"), cell: ({ circuit }) => <code>{circuit.circuitId}</code> },
          {
            id: "fuse",
            title: t("circuits.fuse"),
            cell: ({ circuit }) => `${circuit.fuse_mA.map((fuse_mA) => format.currentValue(fuse_mA)).join(" / ")} A`,
          },
          {
            id: "limit",
            title: t("circuits.limit"),
            cell: ({ circuit }) => `${circuit.limit_mA.map((limit_mA) => format.currentValue(limit_mA)).join(" / ")} A`,
          },
          { id: "meter", title: t("circuits.meter"), cell: ({ circuit }) => circuit.meterId ?? t("circuits.noMeter") },
          { id: "mode", title: t("circuits.mode"), cell: ({ circuit }) => tLive(`diagram.mode.${circuit.mode}`) },
        ]}
      />
    </Card>
  );
}

function Chargers() {
  const { t } = useTranslation("settings");
  const format = useFormat();
  const stationIds = useLiveStore((state) => state.stationIds);
  const byId = useLiveStore((state) => state.stations);
  const circuits = useCircuits();
  const names = new Map(circuits.map(({ circuitId, name }) => [circuitId, name]));
  return (
    <Card title={t("chargers.title")}>
      <DataTable
        label={t("chargers.title")}
        keyOf={({ stationId }) => stationId}
        rows={stationIds.flatMap((id) => byId[id] ?? [])}
        columns={[
          { id: "name", title: t("chargers.name"), cell: ({ name }) => name },
          { id: "id", title: t("chargers.id"), cell: ({ stationId }) => <code>{stationId}</code> },
          { id: "circuit", title: t("chargers.circuit"), cell: ({ circuitId }) => names.get(circuitId) ?? circuitId },
          { id: "phases", title: t("chargers.phases"), cell: ({ phases }) => phases.join(" ") },
          { id: "max", title: t("chargers.max"), number: true, cell: ({ max_mA }) => format.current(max_mA) },
          {
            id: "fallback",
            title: t("chargers.fallback"),
            number: true,
            cell: ({ fallback_mA }) => format.current(fallback_mA),
          },
        ]}
      />
    </Card>
  );
}
