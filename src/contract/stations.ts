import { z } from "zod";
import { forOwner, forTechnician, forViewer, deviceErrors, notFound } from "./base.ts";
import { chargingStatus, displayState, queueTurnSchema, stationLiveSchema } from "./live.ts";
import { current_mA, duration_ms, energy_Wh, identifier, instant_ms, phase, shortText } from "./quantities.ts";
import { sessionRowSchema } from "./sessions.ts";

const byStation = z.object({ stationId: identifier });

/** A stretch of one state, for the 24 h strip. */
export const stateStretchSchema = z.object({
  from_ms: instant_ms,
  to_ms: instant_ms.nullable(),
  state: displayState,
  status: chargingStatus.nullable(),
});

/** Why nobody can rely on what a box keeps by itself. */
const FAIL_SAFE_DOUBTS = [
  "no-guard",
  "not-documented",
  "not-asked",
  "not-readable",
  "told-only",
  "switched-off",
  "expires-up",
  "more-than-promised",
  "seen-keeping",
  "seen-rising",
] as const;

/** What a box offers by itself when it hears nothing from the site. */
const failSafeSchema = z.object({
  /** `known`: read back from the box and no more than promised; `unsafe`: it would offer more. */
  kind: z.enum(["known", "unknown", "unsafe"]),
  /** In the site file. */
  promised_mA: current_mA,
  /** What the balancer counts with. */
  counted_mA: current_mA,
  /** What the box itself shows. */
  shown_mA: current_mA.nullable(),
  timeout_ms: duration_ms.nullable(),
  /** `box`: read back from it; `test`: it was cut off once and did fall back. */
  provenBy: z.enum(["box", "test"]).nullable(),
  doubt: z.enum(FAIL_SAFE_DOUBTS).nullable(),
});
export type FailSafeView = z.infer<typeof failSafeSchema>;

/** What the balancer expects of the stay of the car that is there. */
const staySchema = z.object({
  /** `from`: what was said, the driver's habit, the usual at this hour, or what is assumed of anybody. `null`: no session. */
  expected: z
    .object({
      departure_ms: instant_ms,
      needed_Wh: energy_Wh,
      from: z.enum(["declared", "driver", "hour", "usual"]),
    })
    .nullable(),
  declared: z.object({ departure_ms: instant_ms.nullable(), needed_Wh: energy_Wh.nullable() }).nullable(),
  attained_Wh: energy_Wh,
});
export type StayView = z.infer<typeof staySchema>;

/** What the car has shown of itself since it was plugged in; `null`: not yet. */
const learnedSchema = z.object({
  /** Site phases it draws on. */
  phases: z.array(phase).nullable(),
  min_mA: current_mA.nullable(),
  max_mA: current_mA.nullable(),
  /** It did not wake up after a pause. */
  neverPause: z.boolean(),
  /** How much more than its limit it draws, in thousandths. */
  over_permille: z.int().min(0),
});
export type LearnedView = z.infer<typeof learnedSchema>;

export const stationDetailSchema = z.object({
  live: stationLiveSchema,
  connection: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("ocpp"), identity: z.string(), connectorId: z.int(), protocol: z.string().nullable() }),
    z.object({ kind: z.literal("profile"), profileId: z.string(), linkId: z.string(), unitId: z.int() }),
  ]),
  vendor: z.string().nullable(),
  model: z.string().nullable(),
  serial: z.string().nullable(),
  firmware: z.string().nullable(),
  rotation: z.string(),
  priority: z.int(),
  voltage_mV: z.tuple([z.int().nullable(), z.int().nullable(), z.int().nullable()]),
  energyRegister_Wh: z.int().nullable(),
  /** Owner's own cap, if any. */
  manualLimit_mA: current_mA.nullable(),
  failSafe: failSafeSchema,
  stay: staySchema,
  learned: learnedSchema,
  /** What this box can be asked for besides what every box can. */
  can: z.object({ switchPhases: z.boolean(), wakeUp: z.boolean() }),
  strip: z.array(stateStretchSchema),
  lastSessions: z.array(sessionRowSchema),
});
export type StationDetail = z.infer<typeof stationDetailSchema>;

/** A box that called in with an identity no station of this site has: no current, nothing billable. */
export const waitingStationSchema = z.object({
  identity: z.string(),
  firstSeen_ms: instant_ms,
  lastSeen_ms: instant_ms,
  connected: z.boolean(),
  vendor: z.string().nullable(),
  model: z.string().nullable(),
});
export type WaitingStation = z.infer<typeof waitingStationSchema>;

/** Health of one wire or connection, as the expert sees it. */
export const deviceHealthSchema = z.object({
  id: identifier,
  kind: z.enum(["station", "meter", "link"]),
  name: z.string(),
  connection: z.string(),
  online: z.boolean(),
  lastExchange_ms: instant_ms.nullable(),
  exchanges: z.int().min(0),
  errors: z.int().min(0),
  detail: z.string().nullable(),
  /** Codes of what somebody on the spot should look at, the most telling first. */
  hints: z.array(z.string()).optional(),
});
export type DeviceHealth = z.infer<typeof deviceHealthSchema>;

/** More than any car's battery. */
const NEED_WH_MAX = 1_000_000;

/** A current that a station had since then, why, and where its car stood in the queue. */
export const grantRecordSchema = z.object({
  at_ms: instant_ms,
  granted_mA: current_mA,
  because: stationLiveSchema.shape.because,
  queue: z.object({ place: z.int().min(1), turn: queueTurnSchema.nullable() }).nullable(),
});
export type GrantRecordView = z.infer<typeof grantRecordSchema>;

const stationCommand = forTechnician.errors(deviceErrors);

export const stationsContract = {
  detail: forViewer
    .errors(notFound)
    .route({ method: "GET", path: "/stations/{stationId}" })
    .input(byStation)
    .output(stationDetailSchema),
  /** Which current a station had at any time and why, newest first. */
  grants: forViewer
    .errors(notFound)
    .route({ method: "GET", path: "/stations/{stationId}/grants" })
    .input(byStation.extend({ limit: z.coerce.number().int().min(1).max(500).default(50) }))
    .output(z.array(grantRecordSchema)),
  /** What was said of the stay of the car that is there, until it leaves; both `null`: nothing any more. */
  setNeed: forOwner
    .errors({ ...notFound, NO_CAR: { status: 409, message: "no car is plugged in" } })
    .route({ method: "PUT", path: "/stations/{stationId}/need" })
    .input(
      byStation.extend({
        departure_ms: instant_ms.nullable(),
        needed_Wh: z.int().min(0).max(NEED_WH_MAX).nullable(),
      }),
    )
    .output(z.object({ accepted: z.literal(true) })),
  start: stationCommand
    .route({ method: "POST", path: "/stations/{stationId}/start" })
    .input(byStation.extend({ idToken: z.string().max(36).nullable().default(null) }))
    .output(z.object({ accepted: z.literal(true) })),
  stop: stationCommand
    .route({ method: "POST", path: "/stations/{stationId}/stop" })
    .input(byStation)
    .output(z.object({ accepted: z.literal(true) })),
  unlock: stationCommand
    .route({ method: "POST", path: "/stations/{stationId}/unlock" })
    .input(byStation)
    .output(z.object({ accepted: z.literal(true) })),
  reset: stationCommand
    .route({ method: "POST", path: "/stations/{stationId}/reset" })
    .input(byStation.extend({ kind: z.enum(["Soft", "Hard"]).default("Soft") }))
    .output(z.object({ accepted: z.literal(true) })),
  /** The car is paused meanwhile. `not-supported` where `can.switchPhases` is false. */
  switchPhases: stationCommand
    .route({ method: "POST", path: "/stations/{stationId}/phases" })
    .input(byStation.extend({ phases: z.union([z.literal(1), z.literal(3)]) }))
    .output(z.object({ accepted: z.literal(true) })),
  /** Interrupts the control pilot shortly, so that a sleeping car looks again. */
  wakeUp: stationCommand
    .route({ method: "POST", path: "/stations/{stationId}/wake" })
    .input(byStation)
    .output(z.object({ accepted: z.literal(true) })),
  /** Owner's own cap; `null` takes it off again. It can only lower what the balancer grants. */
  setManualLimit: forTechnician
    .errors(notFound)
    .route({ method: "PUT", path: "/stations/{stationId}/limit" })
    .input(byStation.extend({ limit_mA: current_mA.nullable(), for_ms: duration_ms.nullable().default(null) }))
    .output(z.object({ limit_mA: current_mA.nullable() })),
  waiting: forViewer.route({ method: "GET", path: "/waiting-stations" }).output(z.array(waitingStationSchema)),
  adopt: forTechnician
    .errors({ ...notFound, CONFLICT: { status: 409, message: "the id is taken" } })
    .route({ method: "POST", path: "/waiting-stations/{identity}/adopt" })
    .input(
      z.object({
        identity: z.string().max(64),
        id: identifier.regex(/^[A-Za-z0-9_-]+$/u),
        name: shortText,
        circuitId: identifier,
        phases: z.union([z.literal(1), z.literal(2), z.literal(3)]),
        rotation: z.string(),
        max_mA: current_mA,
        fallback_mA: current_mA,
      }),
    )
    .output(z.object({ stationId: identifier })),
  health: forViewer.route({ method: "GET", path: "/devices" }).output(z.array(deviceHealthSchema)),
};
