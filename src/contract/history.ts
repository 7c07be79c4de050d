import { z } from "zod";
import { forViewer } from "./base.ts";
import { current_mA, duration_ms, energy_Wh, instant_ms, power_W } from "./quantities.ts";

/** `from_ms` inclusive, `to_ms` exclusive; buckets are cut in the site's zone, so a DST day has 23 or 25 hours. */
export const historyRange = z.object({
  from_ms: z.coerce.number().int().min(0),
  to_ms: z.coerce.number().int().min(0),
});

/** `partial`: the bucket is not over or has gaps; `missing`: nothing was recorded, which is not zero. */
export const quality = z.enum(["ok", "partial", "missing"]);

export const energyBucketSchema = z.object({
  from_ms: instant_ms,
  to_ms: instant_ms,
  ev_Wh: energy_Wh.nullable(),
  site_Wh: energy_Wh.nullable(),
  sessions: z.int(),
  quality,
});
export const powerPointSchema = z.object({
  at_ms: instant_ms,
  avg_W: power_W.nullable(),
  max_W: power_W.nullable(),
  ev_avg_W: power_W.nullable(),
  quality,
});
export const heatCellSchema = z.object({
  /** 1 Monday … 7 Sunday. */
  weekday: z.int().min(1).max(7),
  hour: z.int().min(0).max(23),
  ev_Wh_avg: z.number().nullable(),
  occupiedBays_avg: z.number().nullable(),
});

export const historyContract = {
  energy: forViewer
    .route({ method: "GET", path: "/history/energy" })
    .input(historyRange.extend({ bucket: z.enum(["hour", "day", "month"]) }))
    .output(z.object({ buckets: z.array(energyBucketSchema) })),
  power: forViewer
    .route({
      method: "GET",
      path: "/history/power",
      summary: "Quarter hours, thinned to at most 1500 points with their maxima kept",
    })
    .input(historyRange)
    .output(
      z.object({ points: z.array(powerPointSchema), limit_W: power_W, fuse_mA: current_mA, step_ms: duration_ms }),
    ),
  heatmap: forViewer
    .route({ method: "GET", path: "/history/heatmap" })
    .input(historyRange)
    .output(z.object({ cells: z.array(heatCellSchema), weeks: z.number() })),
  summary: forViewer
    .route({ method: "GET", path: "/history/summary" })
    .input(historyRange)
    .output(
      z.object({
        ev_Wh: energy_Wh,
        sessions: z.int(),
        gross_minor: z.int(),
        currency: z.string(),
        peak_W: power_W.nullable(),
        peak_at_ms: instant_ms.nullable(),
        /** Share of bay time with a car plugged in, per mille. */
        occupied_permille: z.int().nullable(),
      }),
    ),
};
