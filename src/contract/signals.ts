import { z } from "zod";
import { BUDGET_ALARMS, PROTECTIVE_DEVICES, SIGNAL_RULES } from "../core/balancing/index.ts";
import { forKiosk, forViewer, notFound } from "./base.ts";
import { current_mA, duration_ms, identifier, instant_ms, perPhase, power_W, signedCurrent_mA } from "./quantities.ts";

const LOG_MAX = 500;
const limitSchema = z.object({
  limit_mA: current_mA.nullable().describe("milliamperes per phase"),
  limit_W: power_W.min(0).max(10_000_000).nullable(),
});
const why = z.enum(["asked", "fail-safe"]);

export const signalSchema = z.object({
  id: identifier,
  name: z.string(),
  circuitId: identifier,
  rule: z.enum(SIGNAL_RULES),
  /** What the limit bounds: chargers, or everything on the circuit. */
  counts: z.enum(["cars", "all"]),
  source: z.enum(["digital-input", "register", "http", "window"]),
  limit: limitSchema,
  failSafe: limitSchema,
  /** `null`: its source was never heard. */
  heard_at_ms: instant_ms.nullable(),
  /** Its source is silent, or came back too short a time ago. */
  lost: z.boolean(),
  /** In force now; `null`: nothing is limited. */
  active: limitSchema
    .extend({
      why,
      since_ms: instant_ms,
      /** When every charger had been told, and when what was measured was at or below the limit. */
      sent_at_ms: instant_ms.nullable(),
      complied_at_ms: instant_ms.nullable(),
      late: z.boolean(),
    })
    .nullable(),
});
export type SignalView = z.infer<typeof signalSchema>;

export const signalRecordSchema = limitSchema.extend({
  signalId: identifier,
  circuitId: identifier,
  why,
  imposed_at_ms: instant_ms,
  sent_at_ms: instant_ms.nullable(),
  complied_at_ms: instant_ms.nullable(),
  /** From the limit to a measured value at or below it; `null`: not yet. */
  comply_ms: duration_ms.nullable(),
  late: z.boolean(),
  released_at_ms: instant_ms.nullable(),
});
export type SignalRecord = z.infer<typeof signalRecordSchema>;

export const signalsContract = {
  list: forViewer.route({ method: "GET", path: "/signals" }).output(z.array(signalSchema)),
  /** Every limit that was in force, newest first. */
  log: forViewer
    .route({ method: "GET", path: "/signals/log" })
    .input(z.object({ signalId: identifier.nullable().default(null) }))
    .output(z.array(signalRecordSchema).max(LOG_MAX)),
  /**
   * What an outside program asks for. To be repeated at least every 120 s, with `limit` or without it: after that the
   * fail-safe limit holds. `limit: null` ends the limit; left out, it stays as it is. Needs the signal's own token.
   */
  put: forKiosk
    .errors({ ...notFound, WRONG_TOKEN: { status: 403, message: "the token is not that of this signal" } })
    .route({ method: "PUT", path: "/signals/{id}" })
    .input(z.object({ id: identifier, token: z.string().max(200), limit: limitSchema.nullable().optional() }))
    .output(signalSchema),
};

export const circuitBudgetSchema = z.object({
  circuitId: identifier,
  name: z.string(),
  /** What protects the circuit, and so how long an overload may last. */
  protection: z.enum(PROTECTIVE_DEVICES),
  /** Load of the last sample in thousandths of the fuse; `null`: never measured. */
  load_permille: z.int().nullable(),
  /** Integral of (r² − 1)+ over the last hour, and the value at which the owner is told; seconds. */
  used_s: z.number(),
  alarm_s: z.number(),
  action: z.enum(["normal", "shed", "hard", "pause-all"]),
  told: z.array(z.enum(BUDGET_ALARMS)),
});
export type CircuitBudget = z.infer<typeof circuitBudgetSchema>;

export const overloadSchema = z.object({
  no: z.int(),
  circuitId: identifier,
  began_at_ms: instant_ms,
  /** Last second above the fuse; `null`: it is still recorded, or the app ended meanwhile. */
  ended_at_ms: instant_ms.nullable(),
  peak_permille: z.int().nullable(),
});
export type OverloadView = z.infer<typeof overloadSchema>;

export const blackBoxRowSchema = z.object({
  at_ms: instant_ms,
  current_mA: perPhase(signedCurrent_mA),
  limit_mA: perPhase(current_mA),
  otherLoad_mA: perPhase(signedCurrent_mA),
  granted_mA: perPhase(current_mA),
  action: z.enum(["normal", "shed", "hard", "pause-all"]),
});
export type BlackBoxRowView = z.infer<typeof blackBoxRowSchema>;

const overloadNumber = z.object({ no: z.coerce.number().int().min(1) });

export const circuitsContract = {
  /** What each circuit's protection has had to bear. */
  budget: forViewer.route({ method: "GET", path: "/circuits/budget" }).output(z.array(circuitBudgetSchema)),
  /** Recorded overloads, newest first: 13 months, at most 500. */
  overloads: forViewer
    .route({ method: "GET", path: "/circuits/overloads" })
    .input(z.object({ circuitId: identifier.nullable().default(null) }))
    .output(z.array(overloadSchema)),
  /** Second by second, from a minute before to five after. */
  blackBox: forViewer
    .errors(notFound)
    .route({ method: "GET", path: "/circuits/overloads/{no}" })
    .input(overloadNumber)
    .output(z.object({ overload: overloadSchema, rows: z.array(blackBoxRowSchema) })),
  blackBoxCsv: forViewer
    .errors(notFound)
    .route({ method: "GET", path: "/circuits/overloads/{no}/csv" })
    .input(overloadNumber)
    .output(z.object({ fileName: z.string(), text: z.string() })),
};
