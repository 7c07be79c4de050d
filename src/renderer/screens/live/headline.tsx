import { useTranslation } from "react-i18next";
import type { SiteLive } from "../../../contract/index.ts";
import { Sparkline } from "../../components/sparkline.tsx";
import { useSite } from "../../lib/data/live-store.ts";
import { useAsk } from "../../lib/data/use-ask.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import css from "./headline.module.css";

const SPARK_EVERY_ms = 10_000;
const SPARK_SPAN_ms = 15 * 60_000;
const SPARK_GAP_ms = 120_000;

/** Is everything all right? One sentence, the power now, and the last quarter of an hour against the fuse. */
export function Headline() {
  const site = useSite();
  if (site === null) return null;
  return (
    <header className={css["headline"]}>
      <Sentence site={site} />
      <PowerNow site={site} />
    </header>
  );
}

function Sentence({ site }: { readonly site: SiteLive }) {
  const { t } = useTranslation("live");
  const format = useFormat();
  const { counts, tightest } = site;
  return (
    <div className={css["sentence"]}>
      <h1 className={css["counts"]}>
        <span>{t("headline.charging", { count: counts.charging + counts.limited })}</span>
        <span>{t("headline.limited", { count: counts.limited })}</span>
        <span>
          <em data-bad={counts.fault > 0}>{t("headline.faults", { count: counts.fault })}</em>
        </span>
        {counts.offline > 0 && (
          <span>
            <em data-bad>{t("headline.offline", { count: counts.offline })}</em>
          </span>
        )}
      </h1>
      {tightest !== null && (
        <p className={css["tightest"]}>
          {t("headline.tightest", {
            name: tightest.name,
            phase: tightest.phase,
            used: format.currentValue(tightest.used_mA),
            limit: format.current(tightest.limit_mA),
            free: format.current(tightest.free_mA),
          })}
        </p>
      )}
    </div>
  );
}

function PowerNow({ site }: { readonly site: SiteLive }) {
  const { t } = useTranslation("live");
  const format = useFormat();
  const spark = useAsk(["live", "spark"], (api, signal) => api.live.spark(undefined, { signal }), {
    every_ms: SPARK_EVERY_ms,
  });
  const { fuse_W } = site;
  const points = (spark.data ?? []).map(({ at_ms, power_W }) => ({ at_ms, value: power_W }));
  const now = { at_ms: site.at_ms, value: site.power_W };
  return (
    <div className={css["power"]}>
      <div className={css["spark"]}>
        <Sparkline
          points={[...points, now]}
          from_ms={site.at_ms - SPARK_SPAN_ms}
          to_ms={site.at_ms}
          limit={fuse_W}
          gap_ms={SPARK_GAP_ms * site.speed}
          label={t("headline.spark", { power: format.power(site.power_W), fuse: format.power(fuse_W, 0) })}
        />
      </div>
      <dl className={css["figures"]}>
        <div>
          <dt>{t("headline.site")}</dt>
          <dd>{format.power(site.power_W)}</dd>
        </div>
        <div>
          <dt>{t("headline.cars")}</dt>
          <dd>{format.power(site.evPower_W)}</dd>
        </div>
      </dl>
    </div>
  );
}
