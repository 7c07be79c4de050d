import { z } from "zod";
import { ARMING_STATES } from "../core/site/index.ts";
import { forOwner, forTechnician, forViewer, notFound } from "./base.ts";
import { current_mA, duration_ms, identifier, instant_ms, phase } from "./quantities.ts";

/**
 * How the test of a box's fall-back ended. `fell-back`, `kept-last`, `rose`: what it did while it was cut off. The others
 * tell nothing of the box: nobody cut it, it came back too soon, its register tells too little, it restarted, its car left,
 * it did not come back, or a person ended the test. `witnessed`: a person says that he saw it fall back.
 */
export const FALLBACK_OUTCOMES = [
  "fell-back",
  "kept-last",
  "rose",
  "witnessed",
  "not-cut",
  "too-short",
  "not-told",
  "car-stopped",
  "not-back",
  "cancelled",
  /** Another box hangs there since: what was seen before says nothing of it. */
  "box-replaced",
] as const;

/** Why a test cannot begin. */
export const FALLBACK_REFUSALS = ["busy", "offline", "no-car", "no-register", "too-little"] as const;

/** `cut`: the box's link is to be pulled now. `silent`: it is cut off. `reconnect`: the link is to be put back. */
export const FALLBACK_STAGES = ["cut", "silent", "reconnect"] as const;

const REASON_CHARS_MIN = 10;
const REASON_CHARS_MAX = 1000;

const problemSchema = z.object({
  circuitId: identifier,
  name: z.string(),
  phase,
  sum_mA: current_mA,
  limit_mA: current_mA,
  otherLoad_mA: current_mA,
  stationIds: z.array(identifier),
  /** `seen`: it fits by what the site file names, but the meter has shown more. */
  basis: z.enum(["configured", "seen"]),
});

const fallbackTestSchema = z.object({
  at_ms: instant_ms,
  author: z.string(),
  outcome: z.enum(FALLBACK_OUTCOMES),
  before_mA: current_mA,
  kept_mA: current_mA.nullable(),
  silent_ms: duration_ms.nullable(),
});
export type FallbackTestView = z.infer<typeof fallbackTestSchema>;

/** What one box does without us, and how that is known. */
export const bayFallbackSchema = z.object({
  stationId: identifier,
  name: z.string(),
  online: z.boolean(),
  promised_mA: current_mA,
  /** What the balancer counts with. */
  counted_mA: current_mA,
  /** `box`: it shows so itself. `test`: it was cut off once and did. `null`: nobody knows. */
  provenBy: z.enum(["box", "test"]).nullable(),
  /** Its last test that told something; where there is none, the last at all. */
  lastTest: fallbackTestSchema.nullable(),
});
export type BayFallback = z.infer<typeof bayFallbackSchema>;

export const commissioningSchema = z.object({
  state: z.enum(ARMING_STATES),
  /** Conductors that would carry more than they may if every box fell back at once. */
  problems: z.array(problemSchema),
  fallbacks: z.array(bayFallbackSchema),
  /** In force; `null`: none. */
  override: z.object({ at_ms: instant_ms, author: z.string(), reason: z.string() }).nullable(),
  /** Newest first. */
  decisions: z.array(
    z.object({
      at_ms: instant_ms,
      author: z.string(),
      decision: z.enum(["overridden", "withdrawn", "lapsed"]),
      reason: z.string(),
    }),
  ),
  running: z
    .object({
      stationId: identifier,
      stage: z.enum(FALLBACK_STAGES),
      started_at_ms: instant_ms,
      /** When this stage ends by itself. */
      until_ms: instant_ms,
    })
    .nullable(),
});
export type Commissioning = z.infer<typeof commissioningSchema>;

const byStation = z.object({ stationId: identifier });
const done = z.object({ accepted: z.literal(true) });

export const commissioningContract = {
  /** Whether the site may be left to itself, and what stands against it. */
  status: forViewer.route({ method: "GET", path: "/commissioning" }).output(commissioningSchema),
  /** Takes on what `problems` names, until it becomes worse. The reason is kept for good. */
  override: forOwner
    .errors({ NOT_NEEDED: { status: 409, message: "nothing stands against this site" } })
    .route({ method: "POST", path: "/commissioning/override" })
    .input(z.object({ reason: z.string().trim().min(REASON_CHARS_MIN).max(REASON_CHARS_MAX) }))
    .output(commissioningSchema),
  /** Takes the override back. */
  withdraw: forOwner
    .errors({ NOT_NEEDED: { status: 409, message: "there is no override" } })
    .route({ method: "POST", path: "/commissioning/withdraw" })
    .input(z.object({ reason: z.string().trim().max(REASON_CHARS_MAX).default("") }))
    .output(commissioningSchema),
  /** Waits until somebody cuts the link of this box, and tells by its register what it did meanwhile. */
  test: forTechnician
    .errors({
      ...notFound,
      REFUSED: { status: 409, message: "the test cannot begin", data: z.object({ reason: z.enum(FALLBACK_REFUSALS) }) },
    })
    .route({ method: "POST", path: "/commissioning/{stationId}/test" })
    .input(byStation)
    .output(done),
  /** Ends the running test, if any. */
  cancel: forTechnician.route({ method: "POST", path: "/commissioning/cancel" }).output(done),
  /** A person saw with his own eyes or instrument what this box does without us. */
  witness: forTechnician
    .errors(notFound)
    .route({ method: "POST", path: "/commissioning/{stationId}/witness" })
    .input(byStation.extend({ kept_mA: current_mA.max(100_000) }))
    .output(commissioningSchema),
  /** What these boxes are told to keep without us: a new version of the site; they are told when its engine starts anew. */
  setFallback: forTechnician
    .errors({
      ...notFound,
      INVALID: { status: 422, message: "a safe current is 0 or from the bay's minimum to its maximum" },
      BUSY: { status: 409, message: "the engine is being started anew" },
    })
    .route({ method: "PUT", path: "/commissioning/fallback" })
    .input(z.object({ stationIds: z.array(identifier).min(1).max(200), fallback_mA: current_mA }))
    .output(done),
};
