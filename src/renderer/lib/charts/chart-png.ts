import { colourOf } from "./chart-colours.ts";
import { legendItems } from "./chart-legend.ts";
import type { ChartSpec } from "./chart-spec.ts";
import type { ChartWording } from "./chart-words.ts";
import { drawOffScreen } from "./chartjs.ts";
import { hatch } from "./hatch.ts";

/** What stands beside the chart in a picture that leaves the app. */
export type PictureContext = { readonly site: string; readonly period: string; readonly partialLabel: string };

const WIDTH = 1600;
const HEIGHT = 900;
const SCALE = 2;
const MARGIN = 48;
const THEME = "light";
const FONT = '"Inter Variable", "Inter", system-ui, sans-serif';
const SIZES = { font: 20, line: 3 } as const;
const PLOT_TOP = 190;
const PLOT_BOTTOM = 80;

/**
 * The chart as a PNG of 1600 × 900 at two pixels each, with the light colours whatever the page shows: finding, period,
 * site, key and source stand in it, so that it explains itself in a slide. `null` where the browser cannot make one.
 */
export async function chartPng(spec: ChartSpec, wording: ChartWording, context: PictureContext): Promise<Blob | null> {
  await document.fonts.ready;
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH * SCALE;
  canvas.height = HEIGHT * SCALE;
  const pen = canvas.getContext("2d");
  if (pen === null) return null;
  pen.scale(SCALE, SCALE);
  pen.fillStyle = colourOf("surface", THEME);
  pen.fillRect(0, 0, WIDTH, HEIGHT);
  drawHead(pen, spec, context);
  drawKey(pen, spec, context);
  const size = { width: WIDTH - 2 * MARGIN, height: HEIGHT - PLOT_TOP - PLOT_BOTTOM, scale: SCALE };
  const plot = drawOffScreen(spec, { theme: THEME, wording, sizes: SIZES }, size);
  pen.drawImage(plot, MARGIN, PLOT_TOP, size.width, size.height);
  write(pen, [spec.source, ...spec.notes].join(" · "), { x: MARGIN, y: HEIGHT - 32, px: 18, token: "ink-muted" });
  return new Promise((resolve) => {
    canvas.toBlob(resolve, "image/png");
  });
}

type Text = {
  readonly x: number;
  readonly y: number;
  readonly px: number;
  readonly token: string;
  readonly weight?: number;
};

function write(pen: CanvasRenderingContext2D, text: string, { x, y, px, token, weight = 400 }: Text): void {
  pen.fillStyle = colourOf(token, THEME);
  pen.font = `${String(weight)} ${String(px)}px ${FONT}`;
  pen.textAlign = "left";
  pen.fillText(text, x, y, WIDTH - 2 * MARGIN);
}

function drawHead(pen: CanvasRenderingContext2D, spec: ChartSpec, { site, period }: PictureContext): void {
  write(pen, spec.finding, { x: MARGIN, y: 76, px: 38, token: "ink", weight: 600 });
  write(pen, [spec.subject, period, site].join(" · "), { x: MARGIN, y: 116, px: 22, token: "ink-muted" });
}

function drawKey(pen: CanvasRenderingContext2D, spec: ChartSpec, { partialLabel }: PictureContext): void {
  let x = MARGIN;
  for (const { label, token, mark, dash } of legendItems(spec, partialLabel)) {
    const colour = colourOf(token, THEME);
    if (mark === "area" || mark === "hatch") {
      pen.fillStyle = mark === "hatch" ? hatch(colour, colourOf("surface", THEME)) : colour;
      pen.fillRect(x, 146, 22, 16);
    } else {
      pen.strokeStyle = colour;
      pen.lineWidth = mark === "line" ? 4 : 2;
      pen.setLineDash([...dash]);
      pen.beginPath();
      pen.moveTo(x, 154);
      pen.lineTo(x + 26, 154);
      pen.stroke();
      pen.setLineDash([]);
    }
    write(pen, label, { x: x + 34, y: 161, px: 20, token: "ink" });
    x += 34 + pen.measureText(label).width + 32;
  }
}
