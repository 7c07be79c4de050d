import { eventIterator } from "@orpc/contract";
import { z } from "zod";
import { REASON_KINDS, TURN_KINDS } from "../core/balancing/index.ts";
import { ARMING_STATES } from "../core/site/index.ts";
import { forKiosk, forViewer } from "./base.ts";
import {
  amount_minor,
  current_mA,
  duration_ms,
  energy_Wh,
  identifier,
  instant_ms,
  perPhase,
  phase,
  power_W,
  signedCurrent_mA,
} from "./quantities.ts";

/** What a charger looks like from outside; `limited` is charging with less than it wants. */
export const DISPLAY_STATES = ["free", "charging", "limited", "waiting", "occupied", "fault", "offline"] as const;
export const displayState = z.enum(DISPLAY_STATES);
export type DisplayState = z.infer<typeof displayState>;

export const chargingStatus = z.enum([
  "Available",
  "Preparing",
  "Charging",
  "SuspendedEV",
  "SuspendedEVSE",
  "Finishing",
  "Reserved",
  "Unavailable",
  "Faulted",
]);
export const controlPilot = z.enum(["A", "B", "C", "D", "E", "F"]);

/** One rung of the ladder that led to a grant; codes and numbers, words are made in the UI. */
export const becauseSchema = z.object({
  kind: z.enum(REASON_KINDS),
  ref: z.string(),
  phase: phase.optional(),
  before_mA: current_mA,
  after_mA: current_mA,
});
export type BecauseView = z.infer<typeof becauseSchema>;

/** When a waiting car's turn is expected and what makes room: `ref` is that station. `null`: nobody can say. */
export const queueTurnSchema = z.object({
  expected_at_ms: instant_ms.nullable(),
  kind: z.enum(TURN_KINDS),
  ref: z.string(),
});
export type QueueTurn = z.infer<typeof queueTurnSchema>;

export const runningSessionSchema = z.object({
  sessionId: z.string(),
  started_at_ms: instant_ms,
  energy_Wh: energy_Wh.nullable(),
  /** Last four characters only. */
  cardAlias: z.string().nullable(),
  customerName: z.string().nullable(),
  /** Cost so far at the tariff frozen at its start; `null` while no register is known. */
  gross_minor: amount_minor.nullable(),
});

export const stationLiveSchema = z.object({
  stationId: identifier,
  name: z.string(),
  circuitId: identifier,
  /** Site phases the box is wired to, in the box's own order. */
  phases: z.array(phase).min(1).max(3),
  /** Those of them on which its car is counted: all, until it has shown that it uses fewer. */
  countedPhases: z.array(phase),
  state: displayState,
  /** Raw words of the wire for the expert row. */
  status: chargingStatus.nullable(),
  controlPilot: controlPilot.nullable(),
  since_ms: instant_ms,
  online: z.boolean(),
  /** When the last value was measured; `null`: never heard. */
  measured_at_ms: instant_ms.nullable(),
  max_mA: current_mA,
  /** Offered less than this nothing charges: the least of the bay, of what its box can be told, and of the car that is there. */
  min_mA: current_mA,
  fallback_mA: current_mA,
  requested_mA: current_mA.nullable(),
  granted_mA: current_mA,
  /** Last setpoint the box confirmed. */
  confirmed_mA: current_mA.nullable(),
  /** In site order; phases the box does not reach are 0, unknown is null. */
  drawn_mA: perPhase(current_mA.nullable()),
  power_W: power_W.nullable(),
  because: z.array(becauseSchema),
  queuePlace: z.int().min(1).nullable(),
  /** Of a car in the queue; `null` also until it is worked out. */
  queueTurn: queueTurnSchema.nullable(),
  errorCode: z.string().nullable(),
  session: runningSessionSchema.nullable(),
});
export type StationLive = z.infer<typeof stationLiveSchema>;

/** `measured`: a fresh meter; `calculated`: no meter, sum of its EVSEs; `fallback`: the meter is silent or stale. */
export const circuitMode = z.enum(["measured", "calculated", "fallback"]);

export const circuitLiveSchema = z.object({
  circuitId: identifier,
  name: z.string(),
  parentId: identifier.nullable(),
  meterId: identifier.nullable(),
  mode: circuitMode,
  meterAge_ms: duration_ms.nullable(),
  fuse_mA: perPhase(current_mA),
  /** Fuse less margin: what the balancer works to. */
  limit_mA: perPhase(current_mA),
  /** Everything that is not an EVSE below this circuit. */
  other_mA: perPhase(signedCurrent_mA),
  /** Not handed out, so that the building may add load until cars have followed; beside the margin. */
  kept_mA: perPhase(current_mA),
  /** Drawn by EVSEs below this circuit. */
  ev_mA: perPhase(current_mA),
  /** Granted or reserved but not drawn yet. */
  reserved_mA: perPhase(current_mA),
  total_mA: perPhase(signedCurrent_mA),
  free_mA: perPhase(current_mA),
  /** Above the fuse right now; 0 when not. */
  over_mA: perPhase(current_mA),
});
export type CircuitLive = z.infer<typeof circuitLiveSchema>;

export const tightestSchema = z.object({
  circuitId: identifier,
  name: z.string(),
  phase,
  used_mA: signedCurrent_mA,
  limit_mA: current_mA,
  free_mA: current_mA,
});

export const siteLiveSchema = z.object({
  at_ms: instant_ms,
  name: z.string(),
  timezone: z.string(),
  currency: z.string(),
  demo: z.boolean(),
  /** Of the app's one clock: 1 is real time. */
  speed: z.number().positive(),
  power_W: power_W.nullable(),
  evPower_W: power_W.nullable(),
  /** What the main fuse stands for at the site's nominal voltage. */
  fuse_W: power_W,
  counts: z.record(displayState, z.int().min(0)),
  tightest: tightestSchema.nullable(),
  devicesOnline: z.int().min(0),
  devicesTotal: z.int().min(0),
  openAlerts: z.int().min(0),
  /** Whether the site may be left to itself. */
  arming: z.enum(ARMING_STATES),
});
export type SiteLive = z.infer<typeof siteLiveSchema>;

/** The first update of a subscription is full; later ones carry only the stations that changed. At most one a second. */
export const liveUpdateSchema = z.object({
  seq: z.int().min(0),
  full: z.boolean(),
  site: siteLiveSchema,
  circuits: z.array(circuitLiveSchema),
  stations: z.array(stationLiveSchema),
});
export type LiveUpdate = z.infer<typeof liveUpdateSchema>;

export const sparkPointSchema = z.object({ at_ms: instant_ms, power_W: power_W.nullable() });

const priceView = z.object({
  currency: z.string(),
  /** Decimal text per kWh including VAT. */
  grossPerKWh: z.string().nullable(),
  vat_bp: z.int().nullable(),
  accessByCardOnly: z.boolean(),
});

/** Bays without any personal data. */
export const kioskStateSchema = z.object({
  at_ms: instant_ms,
  name: z.string(),
  operator: z.string().nullable(),
  phone: z.string().nullable(),
  timezone: z.string(),
  demo: z.boolean(),
  price: priceView,
  bays: z.array(
    z.object({
      stationId: identifier,
      name: z.string(),
      state: displayState,
      power_W: power_W.nullable(),
      since_ms: instant_ms,
      session: z
        .object({ started_at_ms: instant_ms, energy_Wh: energy_Wh.nullable(), gross_minor: amount_minor.nullable() })
        .nullable(),
      granted_mA: current_mA,
      because: z.array(becauseSchema),
      queuePlace: z.int().min(1).nullable(),
    }),
  ),
});
export type KioskState = z.infer<typeof kioskStateSchema>;

export const liveContract = {
  snapshot: forViewer
    .route({ method: "GET", path: "/live", summary: "The site as it stands this second" })
    .output(liveUpdateSchema),
  subscribe: forViewer
    .route({ method: "GET", path: "/live/stream", summary: "Updates at most once a second" })
    .output(eventIterator(liveUpdateSchema)),
  spark: forViewer
    .route({ method: "GET", path: "/live/spark", summary: "Site power of the last 15 minutes" })
    .output(z.array(sparkPointSchema)),
};

export const kioskContract = {
  state: forKiosk
    .route({ method: "GET", path: "/kiosk", summary: "Bays, states and price, without personal data" })
    .output(kioskStateSchema),
  subscribe: forKiosk.route({ method: "GET", path: "/kiosk/stream" }).output(eventIterator(kioskStateSchema)),
};
