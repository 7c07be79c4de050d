import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  TimeScale,
  Tooltip,
} from "chart.js";
import "chartjs-adapter-luxon";
import { MatrixController, MatrixElement } from "chartjs-chart-matrix";
import Annotation from "chartjs-plugin-annotation";
import { chartConfiguration, datasetIndex, type DrawOptions } from "./chartjs-adapter.ts";
import type { ChartSpec } from "./chart-spec.ts";

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  MatrixController,
  MatrixElement,
  PointElement,
  TimeScale,
  Tooltip,
  Annotation,
);

/** A chart on a canvas. */
export type DrawnChart = {
  /** Marks the point of a series at place `x`, as the pointer would; `null` takes the mark away. */
  readonly mark: (at: { readonly series: number; readonly x: number } | null) => void;
  readonly destroy: () => void;
};

/** Draws the spec on the canvas, as large as the element around it. */
export function drawChart(canvas: HTMLCanvasElement, spec: ChartSpec, draw: DrawOptions): DrawnChart {
  const chart = new Chart(canvas, chartConfiguration(spec, draw));
  return {
    mark: (at) => {
      const active = at === null ? [] : elementsAt(spec, at);
      chart.setActiveElements(active);
      chart.tooltip?.setActiveElements(active, { x: 0, y: 0 });
      chart.update("none");
    },
    destroy: () => {
      chart.destroy();
    },
  };
}

/** Draws without a page around it, `scale` device pixels for each of the size given. */
export function drawOffScreen(
  spec: ChartSpec,
  draw: DrawOptions,
  size: { readonly width: number; readonly height: number; readonly scale: number },
): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = size.width;
  canvas.height = size.height;
  const configuration = chartConfiguration(spec, draw);
  const chart = new Chart(canvas, {
    ...configuration,
    options: { ...configuration.options, responsive: false, devicePixelRatio: size.scale, events: [] },
  });
  chart.update("none");
  const copy = document.createElement("canvas");
  copy.width = canvas.width;
  copy.height = canvas.height;
  copy.getContext("2d")?.drawImage(canvas, 0, 0);
  chart.destroy();
  return copy;
}

function elementsAt(spec: ChartSpec, at: { readonly series: number; readonly x: number }) {
  if (spec.kind === "matrix") {
    const before = spec.series.slice(0, at.series).reduce((sum, { points }) => sum + points.length, 0);
    const index = spec.series[at.series]?.points.findIndex(({ x }) => x === at.x) ?? -1;
    return index < 0 ? [] : [{ datasetIndex: 0, index: before + index }];
  }
  const index = spec.series[at.series]?.points.findIndex(({ x }) => x === at.x) ?? -1;
  return index < 0 ? [] : [{ datasetIndex: datasetIndex(spec, at.series), index }];
}
