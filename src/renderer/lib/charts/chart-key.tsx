import { useTranslation } from "react-i18next";
import { heatColour, useShownTheme } from "./chart-colours.ts";
import { legendItems, matrixBounds } from "./chart-legend.ts";
import css from "./chart.module.css";
import type { ChartSpec } from "./chart-spec.ts";
import { valueText } from "./chart-words.ts";

const STEPS = 6;

/** What the colours of a chart mean. */
export function ChartKey({ spec }: { readonly spec: ChartSpec }) {
  const { t, i18n } = useTranslation("charts");
  const theme = useShownTheme();
  if (spec.kind === "matrix") {
    const { min, max } = matrixBounds(spec);
    return (
      <div className={css["scale"]}>
        <span>{valueText(spec, min, i18n.language)}</span>
        <span className={css["ramp"]} aria-hidden>
          {Array.from({ length: STEPS }, (_, step) => (
            <span key={step} style={{ background: heatColour(step / (STEPS - 1), theme) }} />
          ))}
        </span>
        <span>{valueText(spec, max, i18n.language)}</span>
      </div>
    );
  }
  const items = legendItems(spec, t("partial"));
  if (items.length === 0) return null;
  return (
    <ul className={css["legend"]}>
      {items.map(({ key, label, token, mark, dash }) => (
        <li key={key}>
          <span
            className={css["key"]}
            data-mark={mark}
            data-dashed={dash.length > 0}
            style={{ color: `var(--${token})` }}
            aria-hidden
          />
          {label}
        </li>
      ))}
    </ul>
  );
}
