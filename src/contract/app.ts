import { eventIterator } from "@orpc/contract";
import { z } from "zod";
import { forKiosk, forOwner, forTechnician, forViewer, notFound } from "./base.ts";
import { instant_ms } from "./quantities.ts";

export const appInfoSchema = z.object({
  version: z.string(),
  /** `empty`: no site yet, the page offers the demo or a site file. */
  stage: z.enum(["empty", "running"]),
  demo: z.boolean(),
  speed: z.number(),
  headless: z.boolean(),
  siteName: z.string().nullable(),
  ocppUrl: z.string().nullable(),
  started_at_ms: instant_ms,
});
export type AppInfo = z.infer<typeof appInfoSchema>;

/** A mistake in a site file: where it is, which field, what is expected. */
export const siteProblemSchema = z.object({
  line: z.int().nullable(),
  column: z.int().nullable(),
  field: z.string(),
  code: z.string(),
  expected: z.string(),
});
export type SiteProblem = z.infer<typeof siteProblemSchema>;

export const alertSchema = z.object({
  id: z.string(),
  code: z.enum([
    "over-fuse",
    "meter-stale",
    "station-offline",
    "station-fault",
    "station-stubborn",
    "control-failed",
    "unknown-station",
    "ocpp-auth-failed",
    "ocpp-tls-required",
    "ocpp-certificates",
    "unknown-card",
    "session-held",
    "fallback-too-high",
    "fallback-unsafe",
    "fallback-differs",
    "phase-map-differs",
    "prices-unreadable",
    "storage",
    "line-damaged",
    "line-silent",
    "line-cut",
    "line-foreign",
    "unit-silent",
    "line-echoes",
    "another-client",
    "life-signs-untaken",
    "several-meters",
    "overload-lasting",
    "overload-thermal",
    "overload-pause",
    "signal-lost",
    "signal-late",
  ]),
  severity: z.enum(["safety", "stopped", "degraded", "info"]),
  ref: z.string(),
  since_ms: instant_ms,
  ended_at_ms: instant_ms.nullable(),
  count: z.int().min(1),
  inputs: z.record(z.string(), z.union([z.number(), z.string(), z.null()])),
  acknowledged_at_ms: instant_ms.nullable(),
});
export type Alert = z.infer<typeof alertSchema>;

export const appContract = {
  info: forKiosk.route({ method: "GET", path: "/info" }).output(appInfoSchema),
  /** Only on an empty data folder: leaves it as it is and runs the demo site in a folder beside it. */
  startDemo: forOwner
    .errors({ CONFLICT: { status: 409, message: "a site is set up already" } })
    .route({ method: "POST", path: "/demo" })
    .output(appInfoSchema),
  /** Nothing is imported unless the whole file is right. */
  importSite: forOwner
    .errors({
      CONFLICT: { status: 409, message: "a site is set up already" },
      INVALID: {
        status: 422,
        message: "the site file has mistakes",
        data: z.object({ problems: z.array(siteProblemSchema) }),
      },
    })
    .route({ method: "POST", path: "/site" })
    .input(z.object({ yaml: z.string().max(1_000_000) }))
    .output(appInfoSchema),
  exportSite: forTechnician.route({ method: "GET", path: "/site" }).output(z.object({ yaml: z.string() })),
  /** Fires when the engine behind the page was replaced, so that the page reads everything anew. */
  changes: forKiosk.route({ method: "GET", path: "/info/stream" }).output(eventIterator(appInfoSchema)),
};

export const alertsContract = {
  list: forViewer
    .route({ method: "GET", path: "/alerts" })
    .input(z.object({ includeEnded: z.boolean().default(false) }))
    .output(z.array(alertSchema)),
  acknowledge: forTechnician
    .errors(notFound)
    .route({ method: "POST", path: "/alerts/{id}/acknowledge" })
    .input(z.object({ id: z.string() }))
    .output(alertSchema),
};
