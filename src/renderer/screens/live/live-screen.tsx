import { Skeleton } from "@mantine/core";
import { lazy, Suspense, useCallback, useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { IconPlugConnected } from "../../components/icons.ts";
import { Notice } from "../../components/notice.tsx";
import { Loading, Stale } from "../../components/state-boundary.tsx";
import { Trouble } from "../../components/trouble.tsx";
import { CircuitDiagram } from "../../features/circuits/circuit-diagram.tsx";
import { circuitTree } from "../../features/circuits/circuit-view.ts";
import { LimitsPanel } from "../../features/circuits/limits-panel.tsx";
import { ArmingStrip } from "../../features/commissioning/arming-strip.tsx";
import { ConnectionLost } from "../../lib/client/index.ts";
import { useConnection } from "../../lib/data/client-context.tsx";
import { useLiveStore } from "../../lib/data/live-store.ts";
import { useAsk } from "../../lib/data/use-ask.ts";
import { usePreferences } from "../../lib/preferences/preferences.ts";
import { usePrinting } from "../../lib/use-printing.ts";
import { useUrlState } from "../../lib/url/url-state.ts";
import { FilterBar } from "./filter-bar.tsx";
import { Headline } from "./headline.tsx";
import css from "./live-screen.module.css";
import { chosenStations, countsByState, densityFor, groupedByCircuit, parseLiveSearch } from "./live-view.ts";
import { PrintTable } from "./print-table.tsx";
import { StationRows } from "./station-rows.tsx";
import { CardTile, CompactTile } from "./tile.tsx";

const loadPanel = async () => ({
  default: (await import("../../features/stations/station-panel.tsx")).StationPanel,
});
const StationPanel = lazy(loadPanel);

/** The site as it stands this second. */
export function LiveScreen() {
  const ready = useLiveStore((state) => state.site !== null);
  const refused = useLiveStore((state) => state.refused);
  const received_at_ms = useLiveStore((state) => state.received_at_ms);
  const { state } = useConnection();
  if (!ready) return refused === null && state !== "lost" ? <LiveSkeleton /> : <NoValues refused={refused} />;
  if (state === "lost") {
    return (
      <Stale since_ms={received_at_ms ?? 0}>
        <LiveContent />
      </Stale>
    );
  }
  return <LiveContent />;
}

function LiveContent() {
  const { t, i18n } = useTranslation("live");
  // Fetched ahead, so that it still opens when the engine, which serves it, is gone. Opening it tells of a failure.
  useEffect(() => {
    Promise.all([loadPanel(), i18n.loadNamespaces("charger")]).then(undefined, () => undefined);
  }, [i18n]);
  const [search, change] = useUrlState(parseLiveSearch);
  const circuits = useLiveStore((state) => state.circuits);
  const stationIds = useLiveStore((state) => state.stationIds);
  const byId = useLiveStore((state) => state.stations);
  const paused = useLiveStore((state) => state.paused);
  const printing = usePrinting();
  const all = useMemo(() => stationIds.flatMap((id) => byId[id] ?? []), [stationIds, byId]);
  const roots = useMemo(() => circuitTree(circuits, all), [circuits, all]);
  const inReach = useMemo(() => chosenStations(all, circuits, { ...search, state: "all" }), [all, circuits, search]);
  const close = useCallback(() => {
    change({ station: null, panel: "charger" });
  }, [change]);
  return (
    <div className={css["page"]} data-panel={search.station !== null}>
      <div className={css["screen"]}>
        <Headline />
        <Suspense fallback={null}>
          <ArmingStrip />
        </Suspense>
        {paused && (
          <p className={css["paused"]} role="status">
            {t("pausedNow")}
          </p>
        )}
        {all.length > 0 && <FilterBar search={search} change={change} counts={countsByState(inReach)} />}
        <div className={css["columns"]}>
          <section className={css["diagram"]} aria-label={t("diagram.title")}>
            <details className={css["fold"]} open>
              <summary>{t("diagram.title")}</summary>
              <CircuitDiagram
                roots={roots}
                selected={search.circuit}
                onSelect={(circuit) => {
                  change({ circuit });
                }}
              />
            </details>
            <Legend />
            <LimitsPanel circuitId={search.circuit} />
          </section>
          <section className={css["chargers"]} aria-label={t("chargers")}>
            {all.length === 0 ? <NoChargers /> : <Chargers search={search} change={change} />}
          </section>
        </div>
        {printing && <PrintTable stations={all} />}
      </div>
      {search.station !== null && (
        <Suspense fallback={null}>
          <StationPanel
            stationId={search.station}
            tab={search.panel}
            onTab={(panel) => {
              change({ panel }, { replace: true });
            }}
            onStation={(station) => {
              change({ station }, { replace: true });
            }}
            onClose={close}
          />
        </Suspense>
      )}
    </div>
  );
}

type ChargersProps = Pick<Parameters<typeof FilterBar>[0], "search" | "change">;

function Chargers({ search, change }: ChargersProps) {
  const { t } = useTranslation("live");
  const choice = usePreferences((state) => state.density);
  const circuits = useLiveStore((state) => state.circuits);
  const stationIds = useLiveStore((state) => state.stationIds);
  const byId = useLiveStore((state) => state.stations);
  const all = useMemo(() => stationIds.flatMap((id) => byId[id] ?? []), [stationIds, byId]);
  const chosen = useMemo(() => chosenStations(all, circuits, search), [all, circuits, search]);
  const onOpen = useCallback(
    (station: string, panel: "charger" | "why") => {
      change({ station, panel });
    },
    [change],
  );
  if (chosen.length === 0) return <p className={css["none"]}>{t("filter.none")}</p>;
  const density = densityFor(choice, all.length);
  if (density === "rows") {
    return <StationRows groups={groupedByCircuit(chosen, circuits)} selected={search.station} onOpen={onOpen} />;
  }
  const Tile = density === "cards" ? CardTile : CompactTile;
  return (
    <ul className={css["tiles"]} data-density={density}>
      {chosen.map(({ stationId }) => (
        <Tile key={stationId} stationId={stationId} selected={search.station === stationId} onOpen={onOpen} />
      ))}
    </ul>
  );
}

function Legend() {
  const { t } = useTranslation("live");
  return (
    <ul className={css["legend"]}>
      {(["other", "ev", "reserved", "margin", "fuse"] as const).map((part) => (
        <li key={part}>
          <span className={css["key"]} data-part={part} aria-hidden />
          {t(`legend.${part}`)}
        </li>
      ))}
    </ul>
  );
}

/** A site without chargers: the address that a box must call, and where it will appear. */
function NoChargers() {
  const { t } = useTranslation("live");
  const info = useAsk(["app", "info"], (api, signal) => api.app.info(undefined, { signal }));
  return (
    <Notice icon={IconPlugConnected} title={t("empty.title")} text={t("empty.text")}>
      <code>{info.data?.ocppUrl ?? "—"}</code>
    </Notice>
  );
}

function NoValues({ refused }: { readonly refused: string | null }) {
  const { t } = useTranslation("live");
  return refused === null ? (
    <Trouble error={new ConnectionLost()} />
  ) : (
    <Notice icon={IconPlugConnected} title={t("refused", { code: refused })} />
  );
}

function LiveSkeleton() {
  return (
    <Loading
      skeleton={
        <div className={css["screen"]}>
          <Skeleton height={44} width="60%" />
          <div className={css["columns"]}>
            <div className={css["diagram"]}>
              {[0, 1, 2].map((key) => (
                <Skeleton key={key} height={124} mb="sm" />
              ))}
            </div>
            <ul className={css["tiles"]} data-density="cards">
              {Array.from({ length: 12 }, (_, key) => (
                <li key={key}>
                  <Skeleton height={140} />
                </li>
              ))}
            </ul>
          </div>
        </div>
      }
    />
  );
}
