import { useTranslation } from "react-i18next";
import type { StationDetail } from "../../../contract/index.ts";
import { useFormat } from "../../lib/data/use-format.ts";
import { StateStripe } from "../state/state-chip.tsx";
import css from "./state-strip.module.css";
import { stripSegments } from "./strip-view.ts";

const HOURS = [0, 6, 12, 18, 24];
const SPAN_ms = 24 * 3_600_000;

/** The last 24 hours of one charger as a strip of states; the list behind it says the same in words. */
export function StateStrip({ strip, now_ms }: { readonly strip: StationDetail["strip"]; readonly now_ms: number }) {
  const { t } = useTranslation("charger");
  const { t: tCommon } = useTranslation();
  const format = useFormat();
  const from_ms = now_ms - SPAN_ms;
  const segments = stripSegments(strip, from_ms, now_ms);
  return (
    <figure className={css["strip"]}>
      <ol className={css["lane"]} aria-label={t("strip.title")}>
        {segments.map(({ key, state, from_ms: begin_ms, to_ms, start_permille, length_permille }) => {
          const word = tCommon(`state.${state}`);
          const words = `${word}, ${format.time(begin_ms)}–${format.time(to_ms)}`;
          return (
            <li
              key={key}
              className={css["stretch"]}
              style={{ insetInlineStart: `${String(start_permille / 10)}%`, width: `${String(length_permille / 10)}%` }}
              title={words}
            >
              <StateStripe state={state} />
              <span className="visually-hidden">{words}</span>
            </li>
          );
        })}
      </ol>
      <div className={css["axis"]} aria-hidden>
        {HOURS.map((hour) => (
          <span key={hour}>{format.time(from_ms + hour * 3_600_000)}</span>
        ))}
      </div>
    </figure>
  );
}
