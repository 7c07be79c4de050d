import { Button, SegmentedControl, Skeleton } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { IconChartHistogram } from "../../components/icons.ts";
import { Notice } from "../../components/notice.tsx";
import { Loading, StateBoundary } from "../../components/state-boundary.tsx";
import { PeriodBar } from "../../features/period/period-bar.tsx";
import { type PeriodRange, periodRange, periodText } from "../../features/period/period.ts";
import { useToday } from "../../features/period/use-today.ts";
import { ChartCard } from "../../lib/charts/chart-card.tsx";
import { useLiveStore } from "../../lib/data/live-store.ts";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { useUrlState } from "../../lib/url/url-state.ts";
import css from "./history-screen.module.css";
import { type HistorySearch, parseHistorySearch } from "./history-search.ts";
import { bucketFor, energySpec, HEAT_MEASURES, type HistoryWords, heatSpec, powerSpec } from "./history-view.ts";
import { Kpis } from "./kpis.tsx";

const REFRESH_ms = 60_000;

/** What happened over time: key numbers and three charts of the chosen period. */
export function HistoryScreen() {
  const { t } = useTranslation("history");
  const [search, change] = useUrlState(parseHistorySearch);
  const today = useToday();
  const ready = useLiveStore((state) => state.site !== null);
  const { settings } = useFormat();
  const range = useMemo(() => periodRange(search, today, settings.timezone), [search, today, settings.timezone]);
  return (
    <div className={css["screen"]}>
      <header className={css["head"]}>
        <h1>{t("title")}</h1>
        <PeriodBar
          choice={search}
          onChange={(choice) => {
            change(choice);
          }}
        />
      </header>
      {/* Without the site's zone every boundary would be a guess. */}
      {ready && range !== null ? (
        <Period range={range} search={search} change={change} />
      ) : (
        <Loading skeleton={<Shape />} />
      )}
    </div>
  );
}

type PeriodProps = {
  readonly range: PeriodRange;
  readonly search: HistorySearch;
  readonly change: (patch: Partial<HistorySearch>) => void;
};

function Period({ range, search, change }: PeriodProps) {
  const { t } = useTranslation("history");
  const format = useFormat();
  const site = useLiveStore((state) => state.site?.name ?? "");
  const words = useMemo<HistoryWords>(() => ({ t, format, site }), [t, format, site]);
  const { from_ms, to_ms } = range;
  const bucket = bucketFor(range);
  const every = { every_ms: REFRESH_ms };
  const summary = useAsk(
    ["history", "summary", from_ms, to_ms],
    (api, signal) => api.history.summary({ from_ms, to_ms }, { signal }),
    every,
  );
  const energy = useAsk(
    ["history", "energy", from_ms, to_ms, bucket],
    async (api, signal) => ({ range, bucket, ...(await api.history.energy({ from_ms, to_ms, bucket }, { signal })) }),
    every,
  );
  const power = useAsk(
    ["history", "power", from_ms, to_ms],
    async (api, signal) => ({ range, power: await api.history.power({ from_ms, to_ms }, { signal }) }),
    every,
  );
  const heat = useAsk(
    ["history", "heatmap", from_ms, to_ms],
    async (api, signal) => ({ range, ...(await api.history.heatmap({ from_ms, to_ms }, { signal })) }),
    every,
  );
  const context = { site, period: periodText(search, range, format.settings.locale) };
  // A chart is drawn anew only when its answer or its words change.
  const energyChart = useMemo(
    () =>
      energy.data === undefined ? null : energySpec(energy.data.buckets, energy.data.range, energy.data.bucket, words),
    [energy.data, words],
  );
  const powerChart = useMemo(
    () => (power.data === undefined ? null : powerSpec(power.data.power, power.data.range, words)),
    [power.data, words],
  );
  const heatChart = useMemo(
    () => (heat.data === undefined ? null : heatSpec(heat.data.cells, search.heat, heat.data.range, words)),
    [heat.data, search.heat, words],
  );
  return (
    <>
      <StateBoundary asked={summary} skeleton={<Skeleton height={92} />}>
        {(data) => <Kpis summary={data} />}
      </StateBoundary>
      <div className={css["charts"]}>
        <StateBoundary asked={energy} skeleton={<Skeleton height={364} />}>
          {() => energyChart !== null && <ChartCard spec={energyChart} context={context} empty={<Nothing />} />}
        </StateBoundary>
        <StateBoundary asked={power} skeleton={<Skeleton height={364} />}>
          {() => powerChart !== null && <ChartCard spec={powerChart} context={context} empty={<Nothing />} />}
        </StateBoundary>
        <StateBoundary asked={heat} skeleton={<Skeleton height={364} />}>
          {() =>
            heatChart !== null && (
              <ChartCard
                spec={heatChart}
                context={context}
                empty={<Nothing />}
                controls={<HeatSwitch search={search} change={change} />}
              />
            )
          }
        </StateBoundary>
      </div>
    </>
  );
}

function HeatSwitch({ search, change }: Pick<PeriodProps, "search" | "change">) {
  const { t } = useTranslation("history");
  return (
    <SegmentedControl
      size="xs"
      aria-label={t("heat.measure")}
      value={search.heat}
      data={HEAT_MEASURES.map((value) => ({ value, label: t(`heat.toggle.${value}`) }))}
      onChange={(value) => {
        change({ heat: HEAT_MEASURES.find((measure) => measure === value) ?? "energy" });
      }}
    />
  );
}

function Nothing() {
  const { t } = useTranslation("history");
  const navigate = useNavigate();
  return (
    <Notice icon={IconChartHistogram} title={t("empty.title")} text={t("empty.text")}>
      <Button
        variant="default"
        onClick={() => {
          void navigate({ to: "/history", search: {} });
        }}
      >
        {t("empty.action")}
      </Button>
    </Notice>
  );
}

function Shape() {
  return (
    <>
      <Skeleton height={92} />
      <div className={css["charts"]}>
        {[0, 1, 2].map((key) => (
          <Skeleton key={key} height={364} />
        ))}
      </div>
    </>
  );
}
