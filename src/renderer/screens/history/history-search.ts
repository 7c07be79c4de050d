import { parsePeriod, type PeriodChoice } from "../../features/period/period.ts";
import { oneOf, type RawSearch } from "../../lib/url/url-state.ts";
import { HEAT_MEASURES, type HeatMeasure } from "./history-view.ts";

export type HistorySearch = PeriodChoice & { readonly heat: HeatMeasure };

/** What this screen shows, out of its address: this month where nobody said anything. */
export const parseHistorySearch = (raw: RawSearch): HistorySearch => {
  const choice = parsePeriod(raw, "month");
  return {
    ...choice,
    period: choice.period === "all" ? "month" : choice.period,
    heat: oneOf(HEAT_MEASURES, raw["heat"], "energy"),
  };
};
