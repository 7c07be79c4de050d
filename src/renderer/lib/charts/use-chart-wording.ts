import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "../data/use-format.ts";
import type { ChartSpec } from "./chart-spec.ts";
import type { ChartWording } from "./chart-words.ts";
import { dateLocale } from "../format/date-locale.ts";

const HOUR_ms = 3_600_000;

/** Words for a chart in the viewer's language and the site's zone. */
export function useChartWording({ x }: Pick<ChartSpec, "x">): ChartWording {
  const { t } = useTranslation("charts");
  const { settings } = useFormat();
  const { locale } = settings;
  const { zone, from_ms, to_ms } = x;
  return useMemo(() => {
    const withYear = to_ms - from_ms > 300 * 24 * HOUR_ms;
    const format = new Intl.DateTimeFormat(dateLocale(locale), {
      timeZone: zone,
      weekday: "short",
      day: "numeric",
      month: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
      ...(withYear ? { year: "numeric" } : {}),
    });
    return { t, locale, instantText: (at_ms) => format.format(at_ms) };
  }, [t, locale, zone, from_ms, to_ms]);
}
