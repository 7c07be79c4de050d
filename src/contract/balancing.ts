import { z } from "zod";
import { HOLD_MS_MIN, PROTECTIVE_DEVICES, SHARING_RULES } from "../core/balancing/index.ts";
import { forOwner, forViewer, notFound } from "./base.ts";
import { current_mA, identifier } from "./quantities.ts";

const HOLD_MS_MAX = 24 * 3_600_000;
/** More than any fuse of such a site; a larger one is another kind of site. */
const MORE_MA_MAX = 1_000_000;
const QUESTIONS_MAX = 12;

export const sharingSchema = z.object({
  rule: z.enum(SHARING_RULES),
  /** A running car is not paused for another one before this. */
  hold_ms: z.int().min(HOLD_MS_MIN).max(HOLD_MS_MAX).describe("milliseconds"),
});
export type SharingView = z.infer<typeof sharingSchema>;

export const balancingSettingsSchema = z.object({
  site: sharingSchema,
  circuits: z.array(
    z.object({
      circuitId: identifier,
      name: z.string(),
      parentId: identifier.nullable(),
      /** Its own rule; `null`: as the circuit above. */
      sharing: sharingSchema.nullable(),
      protection: z.enum(PROTECTIVE_DEVICES),
      system: z.enum(["star", "delta"]),
      /** Largest difference between two phases that cars may cause; `null`: none is kept. */
      unbalance_mA: current_mA.nullable(),
    }),
  ),
});
export type BalancingSettings = z.infer<typeof balancingSettingsSchema>;

/** What one car has and what it would have; a place is that in the queue, `null`: not in it. */
export const carDifferenceSchema = z.object({
  stationId: identifier,
  before_mA: current_mA,
  after_mA: current_mA,
  placeBefore: z.int().min(1).nullable(),
  placeAfter: z.int().min(1).nullable(),
});
export type CarDifference = z.infer<typeof carDifferenceSchema>;

/** A rule for the site (`circuitId: null`) or one circuit; `sharing: null`: the usual one, or as the circuit above. */
const ruleSchema = z.object({ circuitId: identifier.nullable(), sharing: sharingSchema.nullable() });

/** One thing that could be otherwise. */
export const whatIfSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("fuse"), circuitId: identifier, more_mA: z.int().min(1).max(MORE_MA_MAX) }),
  z.object({ kind: z.literal("no-margin"), circuitId: identifier }),
  ruleSchema.extend({ kind: z.literal("rule") }),
  /** This car has all it can take before anybody else has anything. */
  z.object({ kind: z.literal("first"), stationId: identifier }),
  z.object({
    kind: z.literal("rotation"),
    stationId: identifier,
    rotation: z.enum(["L1L2L3", "L2L3L1", "L3L1L2", "L1L3L2", "L2L1L3", "L3L2L1", "L1", "L2", "L3"]),
  }),
]);
export type WhatIf = z.infer<typeof whatIfSchema>;

export const balancingContract = {
  settings: forViewer.route({ method: "GET", path: "/balancing" }).output(balancingSettingsSchema),
  /** Changes nothing: what each car has now and would have under this rule. */
  preview: forViewer
    .errors(notFound)
    .route({ method: "POST", path: "/balancing/preview" })
    .input(ruleSchema)
    .output(z.array(carDifferenceSchema)),
  /** Stores a new version of the site; cars are shared by it from the next decision on. */
  setSharing: forOwner
    .errors(notFound)
    .route({ method: "PUT", path: "/balancing/sharing" })
    .input(ruleSchema)
    .output(balancingSettingsSchema),
};

export const explainContract = {
  /** One answer for each question, in their order; changes nothing. */
  whatIf: forViewer
    .errors(notFound)
    .route({ method: "POST", path: "/explain/what-if" })
    .input(z.object({ questions: z.array(whatIfSchema).min(1).max(QUESTIONS_MAX) }))
    .output(z.array(z.array(carDifferenceSchema))),
};
