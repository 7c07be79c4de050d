import { z } from "zod";
import { forViewer, notFound } from "./base.ts";
import { amount_minor, duration_ms, energy_Wh, identifier, instant_ms, rate_bp } from "./quantities.ts";

export const severity = z.enum(["B", "W", "I"]);
/** Rule id of billing.md §3.3 with the numbers that raised it. */
export const flagSchema = z.object({
  rule: z.string(),
  severity,
  inputs: z.record(z.string(), z.union([z.number(), z.string(), z.null()])),
});
export type FlagView = z.infer<typeof flagSchema>;

export const costSchema = z.object({
  currency: z.string(),
  net_minor: amount_minor,
  tax_minor: amount_minor,
  gross_minor: amount_minor,
});

export const sessionRowSchema = z.object({
  id: z.string(),
  stationId: identifier,
  stationName: z.string(),
  evseId: z.int(),
  /** `null` while it runs. */
  ended_at_ms: instant_ms.nullable(),
  started_at_ms: instant_ms,
  start_Wh: energy_Wh.nullable(),
  stop_Wh: energy_Wh.nullable(),
  energy_Wh: energy_Wh.nullable(),
  charging_ms: duration_ms.nullable(),
  cardAlias: z.string().nullable(),
  customerId: z.string().nullable(),
  customerName: z.string().nullable(),
  endReason: z.string().nullable(),
  endedBy: z.enum(["station", "server"]).nullable(),
  flags: z.array(flagSchema),
  /** Held for review: a flag of severity B stands against it. */
  held: z.boolean(),
  cost: costSchema.nullable(),
  invoiceNumber: z.string().nullable(),
});
export type SessionRow = z.infer<typeof sessionRowSchema>;

/** A session belongs to the period of its end, in the site's zone; running ones belong to none and come with `running`. */
export const sessionFilterSchema = z.object({
  from_ms: z.coerce.number().int().nullable().default(null),
  to_ms: z.coerce.number().int().nullable().default(null),
  stationIds: z.array(identifier).default([]),
  customerId: z.string().nullable().default(null),
  state: z.enum(["all", "running", "closed", "held", "unbilled", "billed"]).default("all"),
  text: z.string().max(100).default(""),
});
export type SessionFilter = z.infer<typeof sessionFilterSchema>;

export const sessionTotalsSchema = z.object({
  sessions: z.int(),
  energy_Wh,
  charging_ms: duration_ms,
  held: z.int(),
  cost: costSchema,
});

export const pricedLineSchema = z.object({
  type: z.enum(["ENERGY", "TIME", "FLAT", "PARKING_TIME"]),
  price: z.string(),
  vat_bp: rate_bp.nullable(),
  metered: z.number(),
  billed: z.number(),
  net_minor: amount_minor,
});

/** Everything that settles a dispute about one session. */
export const sessionDetailSchema = z.object({
  row: sessionRowSchema,
  tariffName: z.string().nullable(),
  lines: z.array(pricedLineSchema),
  registers: z.array(z.object({ at_ms: instant_ms, register_Wh: energy_Wh })),
  activities: z.array(
    z.object({ at_ms: instant_ms, activity: z.enum(["charging", "suspended-ev", "held-by-operator"]) }),
  ),
  /** What was last typed of its stay; left out: nothing was. */
  declared: z.object({ departure_ms: instant_ms.nullable(), needed_Wh: energy_Wh.nullable() }).exactOptional(),
});
export type SessionDetail = z.infer<typeof sessionDetailSchema>;

export const sessionsContract = {
  list: forViewer
    .route({ method: "POST", path: "/sessions/query", summary: "Sessions newest first, keyset paged" })
    .input(
      sessionFilterSchema.extend({
        cursor: z.string().nullable().default(null),
        limit: z.int().min(1).max(500).default(200),
      }),
    )
    .output(
      z.object({ rows: z.array(sessionRowSchema), nextCursor: z.string().nullable(), totals: sessionTotalsSchema }),
    ),
  detail: forViewer
    .errors(notFound)
    .route({ method: "GET", path: "/sessions/{id}" })
    .input(z.object({ id: z.string() }))
    .output(sessionDetailSchema),
  /** RFC 4180 text of exactly what is filtered, formula injection escaped. */
  csv: forViewer
    .route({ method: "POST", path: "/sessions/csv" })
    .input(sessionFilterSchema.extend({ delimiter: z.enum([",", ";"]).default(",") }))
    .output(z.object({ fileName: z.string(), text: z.string() })),
};
