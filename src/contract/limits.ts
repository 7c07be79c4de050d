import { z } from "zod";
import { PROTECTIVE_DEVICES, SIGNAL_RULES, WEEKDAYS } from "../core/balancing/index.ts";
import { forOwner, forViewer, notFound } from "./base.ts";
import { current_mA, duration_ms, identifier, perPhase } from "./quantities.ts";

// What a person sets of limits, prices and protection. Ranges here only keep out nonsense: what is wrong with a value is
// answered as a mistake of its field, so that a form can say what to do.

const WINDOWS_MAX = 50;
const NUMBER_MAX = 1_000_000_000;
const number = z.int().min(-NUMBER_MAX).max(NUMBER_MAX);
const minute = z.int().min(0).max(1_440).describe("minutes since midnight by the site's clock");
const price_micro = number.describe("millionths of the site's currency");
const limitSchema = z.object({
  limit_mA: number.nullable().describe("milliamperes per phase"),
  limit_W: number.nullable(),
});

const windowSchema = z.object({
  days: z.array(z.enum(WEEKDAYS)).max(WEEKDAYS.length),
  from_min: minute,
  /** At or before `from_min`: it ends on the next day. */
  to_min: minute,
});
export type LimitWindow = z.infer<typeof windowSchema>;

/** Where a module is asked: over a link of the site, or at an address that may be new. */
const wireSchema = z.union([
  z.object({ linkId: z.string().max(64) }),
  z.object({ host: z.string().max(253), port: number, kind: z.enum(["modbus-tcp", "rtu-over-tcp"]) }),
]);
const onModbus = { wire: wireSchema, unitId: number, address: number };

const sourceSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("window"), windows: z.array(windowSchema).max(WINDOWS_MAX) }),
  /** `newToken`: its caller gets another token, and the one before it opens nothing any more. */
  z.object({ kind: z.literal("http"), newToken: z.boolean() }),
  z.object({
    kind: z.literal("digital-input"),
    ...onModbus,
    table: z.enum(["coil", "discrete"]),
    activeLow: z.boolean(),
  }),
  z.object({
    kind: z.literal("register"),
    ...onModbus,
    table: z.enum(["holding", "input"]),
    type: z.enum(["uint16", "uint32"]),
    scale: z.number().max(NUMBER_MAX),
    unit: z.enum(["A", "W"]),
    none: number.nullable(),
  }),
]);

/** A limit from outside, as it is set: what the site file calls a signal. */
export const limitSettingSchema = z.object({
  name: z.string().max(200),
  circuitId: z.string().max(64),
  rule: z.enum(SIGNAL_RULES),
  counts: z.enum(["cars", "all"]),
  limit: limitSchema,
  failSafe: limitSchema,
  debounce_ms: number,
  minimum_ms: number,
  source: sourceSchema,
});
export type LimitSetting = z.infer<typeof limitSettingSchema>;

export const pricingSchema = z.object({
  /** `null`: a kWh always costs the same. */
  prices: z
    .object({
      otherwise_micro_per_kWh: price_micro,
      /** The first that holds counts. */
      hours: z.array(windowSchema.extend({ price_micro_per_kWh: price_micro })).max(WINDOWS_MAX),
    })
    .nullable(),
  feedIn_micro_per_kWh: price_micro.nullable(),
  /** Price of each month's highest quarter hour. */
  peak: z.object({ price_micro_per_kW: price_micro, floor_W: number }).nullable(),
  /** Mean power that any quarter hour may have by contract. */
  quarterLimit_W: number.nullable(),
});
export type Pricing = z.infer<typeof pricingSchema>;

const changeSchema = z.discriminatedUnion("kind", [
  /** `id: null`: a new one. */
  z.object({ kind: z.literal("limit"), id: identifier.nullable(), setting: limitSettingSchema }),
  z.object({ kind: z.literal("remove"), id: identifier }),
  z.object({
    kind: z.literal("circuit"),
    circuitId: identifier,
    protection: z.enum(PROTECTIVE_DEVICES),
    /** What the circuit may have by contract whatever its fuse carries; `null`: only the fuse counts. */
    limit_W: number.nullable(),
  }),
  z.object({ kind: z.literal("pricing"), pricing: pricingSchema }),
]);
export type LimitChange = z.infer<typeof changeSchema>;

export const LIMIT_MISTAKES = [
  "missing",
  "taken",
  "unknown",
  "out-of-range",
  "above-fuse",
  "below-14a",
  "no-days",
  "same-time",
  "overlaps",
  "not-modbus",
  "other-framing",
  "bad-host",
  "input-absent",
  "other",
] as const;

const inputs = z.record(z.string(), z.union([z.number(), z.string(), z.null()]));

/** A value that cannot be kept: which field, and the numbers that say what could. */
export const limitMistakeSchema = z.object({ field: z.string(), code: z.enum(LIMIT_MISTAKES), inputs });
export type LimitMistake = z.infer<typeof limitMistakeSchema>;

export const LIMIT_NOTES = [
  "overlaps-other",
  "shared-wire",
  "same-device",
  "new-wire",
  "no-answer",
  "input-on",
  "input-off",
  "register-none",
  "register-value",
  "hours-overlap",
  "fail-safe-higher",
] as const;

/** What is good to know of a change that can be kept. */
export const limitNoteSchema = z.object({ code: z.enum(LIMIT_NOTES), inputs });
export type LimitNote = z.infer<typeof limitNoteSchema>;

const checkedSchema = z.object({ mistakes: z.array(limitMistakeSchema), notes: z.array(limitNoteSchema) });
export type CheckedLimit = z.infer<typeof checkedSchema>;

const settingsSchema = z.object({
  limits: z.array(limitSettingSchema.extend({ id: identifier, hasToken: z.boolean() })),
  circuits: z.array(
    z.object({
      circuitId: identifier,
      name: z.string(),
      parentId: identifier.nullable(),
      fuse_mA: perPhase(current_mA),
      /** What its fuse carries as power. */
      fuse_W: z.int(),
      protection: z.enum(PROTECTIVE_DEVICES),
      limit_W: z.int().nullable(),
    }),
  ),
  /** Wires that registers can be asked over. */
  links: z.array(z.object({ linkId: identifier, place: z.string(), usedBy: z.array(z.string()) })),
  pricing: pricingSchema,
  /** Where a file of hourly prices is looked for. */
  priceFile: z.object({ found: z.boolean() }),
  silentAfter_ms: duration_ms,
});
export type LimitSettings = z.infer<typeof settingsSchema>;

export const limitsContract = {
  /** Limits, protection and prices as they are set. */
  get: forViewer.route({ method: "GET", path: "/limits" }).output(settingsSchema),
  /** What is wrong with a change and what is good to know of it; a module is asked once. Changes nothing. */
  check: forOwner
    .errors(notFound)
    .route({ method: "POST", path: "/limits/check" })
    .input(changeSchema)
    .output(checkedSchema),
  /**
   * Stores a new version of the site, in force from the next decision on. A module on a new wire needs the engine to
   * start anew; sessions go on. `token`: what the caller of a new HTTP limit must present, told only here.
   */
  change: forOwner
    .errors({
      ...notFound,
      INVALID: {
        status: 422,
        message: "some values cannot be kept; nothing was changed",
        data: z.object({ mistakes: z.array(limitMistakeSchema) }),
      },
      BUSY: { status: 409, message: "the engine is being started anew" },
    })
    .route({ method: "POST", path: "/limits" })
    .input(changeSchema)
    .output(z.object({ settings: settingsSchema, id: identifier.nullable(), token: z.string().nullable() })),
};
