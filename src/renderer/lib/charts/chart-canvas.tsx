import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useShownTheme } from "./chart-colours.ts";
import css from "./chart.module.css";
import type { ChartSpec } from "./chart-spec.ts";
import { places } from "./chart-table.ts";
import { pointText, summaryText } from "./chart-words.ts";
import type { DrawnChart } from "./chartjs.ts";
import { useChartWording } from "./use-chart-wording.ts";

const SIZES = { font: 12, line: 2 } as const;

type Cursor = { readonly series: number; readonly place: number };

/** The drawn chart. The arrow keys walk a cursor over its points, which is spoken politely. */
export function ChartCanvas({ spec }: { readonly spec: ChartSpec }) {
  const { t } = useTranslation("charts");
  const theme = useShownTheme();
  const wording = useChartWording(spec);
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawn = useRef<DrawnChart | null>(null);
  const [cursor, setCursor] = useState<Cursor | null>(null);
  const axis = places(spec);

  useEffect(() => {
    let isGone = false;
    // The chart library is fetched when the first chart is looked at.
    void Promise.all([import("./chartjs.ts"), document.fonts.ready]).then(([{ drawChart }]) => {
      if (isGone || canvas.current === null) return;
      drawn.current = drawChart(canvas.current, spec, { theme, wording, sizes: SIZES });
    });
    return () => {
      isGone = true;
      drawn.current?.destroy();
      drawn.current = null;
    };
  }, [spec, theme, wording]);

  const move = (next: Cursor | null): void => {
    setCursor(next);
    const x = next === null ? undefined : axis[next.place];
    drawn.current?.mark(next === null || x === undefined ? null : { series: next.series, x });
  };
  const x = cursor === null ? undefined : axis[cursor.place];
  return (
    <div
      className={css["plot"]}
      data-kind={spec.kind}
      role="group"
      tabIndex={0}
      aria-label={t("keys", { subject: spec.subject })}
      onKeyDown={(event) => {
        const next = moved(cursor, event.key, { places: axis.length, series: spec.series.length });
        if (next === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        move(next);
      }}
      onBlur={() => {
        if (cursor !== null) move(null);
      }}
    >
      <canvas ref={canvas} role="img" aria-label={summaryText(spec, wording)} />
      <p className="visually-hidden" aria-live="polite">
        {cursor === null || x === undefined ? "" : pointText(spec, { series: cursor.series, x }, wording)}
      </p>
    </div>
  );
}

/** Where a key takes the cursor; `null` takes it away, `undefined`: the key is not ours. */
export function moved(
  cursor: Cursor | null,
  key: string,
  size: { readonly places: number; readonly series: number },
): Cursor | null | undefined {
  const at = cursor ?? { series: 0, place: -1 };
  const place = (value: number): Cursor => ({ ...at, place: Math.min(size.places - 1, Math.max(0, value)) });
  const series = (value: number): Cursor => ({
    place: Math.max(0, at.place),
    series: (value + size.series) % Math.max(1, size.series),
  });
  switch (key) {
    case "ArrowRight":
      return place(at.place + 1);
    case "ArrowLeft":
      return place(at.place - 1);
    case "ArrowDown":
      return series(at.series + 1);
    case "ArrowUp":
      return series(at.series - 1);
    case "Home":
      return place(0);
    case "End":
      return place(size.places - 1);
    case "Escape":
      return cursor === null ? undefined : null;
    default:
      return undefined;
  }
}
