import { z } from "zod";
import { forTechnician, forViewer, notFound } from "./base.ts";
import { energy_Wh, identifier, instant_ms } from "./quantities.ts";

const ROTATIONS = ["L1L2L3", "L2L3L1", "L3L1L2", "L1L3L2", "L2L1L3", "L3L2L1", "L1", "L2", "L3"] as const;
/** Order in which a bay's own L1, L2, L3 meet the site's phases. */
export const rotationSchema = z.enum(ROTATIONS);
const permille = z.int().min(0).max(1000);

/** How a test of a bay's phases ended. */
export const TEST_OUTCOMES = [
  "found",
  "disagrees",
  "not-told",
  "no-room",
  "car-stopped",
  "not-followed",
  "meter-silent",
  "cancelled",
] as const;

export const bayPhasesSchema = z.object({
  stationId: identifier,
  name: z.string(),
  configured: rotationSchema,
  /** `unknown`: nothing proves or disproves what is configured. */
  state: z.enum(["unknown", "agrees", "disagrees"]),
  found: rotationSchema,
  /** What the evidence cannot tell apart, `found` first: a car on one phase leaves two. */
  open: z.array(rotationSchema).min(1),
  confidence_permille: permille,
  steps: z.int().min(0),
  since_ms: instant_ms,
  /** Counted on all three phases until somebody answers. */
  countsOnAll: z.boolean(),
  /** False where no meter tells: there is none, or the net is a delta. */
  testable: z.boolean(),
  lastTest: z
    .object({ at_ms: instant_ms, author: z.string(), outcome: z.enum(TEST_OUTCOMES), found: rotationSchema })
    .nullable(),
});
export type BayPhases = z.infer<typeof bayPhasesSchema>;

export const phaseListSchema = z.object({
  bays: z.array(bayPhasesSchema),
  running: z
    .object({ stationId: identifier, started_at_ms: instant_ms, round: z.int().min(1), rounds: z.int().min(1) })
    .nullable(),
});
export type PhaseList = z.infer<typeof phaseListSchema>;

/** Why a test cannot begin. */
export const TEST_REFUSALS = ["busy", "offline", "no-car", "no-meter", "meter-silent", "no-range"] as const;

export const rotationAdviceSchema = z.object({
  from_ms: instant_ms,
  to_ms: instant_ms,
  sessions: z.int().min(0),
  /** Sessions of which it is known on how many phases the car charged; the others are judged by their power. */
  known: z.int().min(0),
  demanded_Wh: energy_Wh,
  now_Wh: energy_Wh,
  then_Wh: energy_Wh,
  /** Hundredths of a per cent; 0: nothing is worth doing. */
  gain_bp: z.int().min(0),
  moves: z.array(
    z.object({
      stationId: identifier,
      name: z.string(),
      configured: rotationSchema,
      proposed: rotationSchema,
      now_Wh: energy_Wh,
      then_Wh: energy_Wh,
    }),
  ),
});
export type RotationAdviceView = z.infer<typeof rotationAdviceSchema>;

const byStation = z.object({ stationId: identifier });

export const phasesContract = {
  /** For each bay which phases are configured and which were found. */
  list: forViewer.route({ method: "GET", path: "/phases" }).output(phaseListSchema),
  /** Steps one charging bay up and down for some minutes and looks at the main meter. */
  test: forTechnician
    .errors({
      ...notFound,
      REFUSED: {
        status: 409,
        message: "the test cannot begin",
        data: z.object({ reason: z.enum(TEST_REFUSALS) }),
      },
    })
    .route({ method: "POST", path: "/phases/{stationId}/test" })
    .input(byStation)
    .output(z.object({ accepted: z.literal(true) })),
  /** Ends the running test, if any. */
  cancel: forTechnician
    .route({ method: "POST", path: "/phases/cancel" })
    .output(z.object({ accepted: z.literal(true) })),
  /** Says how a bay is wired: a new version of the site, in force at once. The configured one: it stays, and evidence begins anew. */
  accept: forTechnician
    .errors(notFound)
    .route({ method: "POST", path: "/phases/{stationId}/accept" })
    .input(byStation.extend({ rotation: rotationSchema }))
    .output(bayPhasesSchema),
  /** Which bays on other phases would have given the cars of the last 30 days more energy. Takes up to half a minute. */
  advice: forTechnician
    .errors({ UNAVAILABLE: { status: 503, message: "the advice could not be worked out" } })
    .route({ method: "GET", path: "/phases/advice" })
    .output(rotationAdviceSchema),
};
