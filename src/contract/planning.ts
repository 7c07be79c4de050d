import { z } from "zod";
import { forViewer } from "./base.ts";
import { duration_ms, energy_Wh, identifier, instant_ms, power_W } from "./quantities.ts";

const price_micro = z.int().describe("millionths of the site's currency per kWh");

/** Why a car waits, or why a circuit is capped: the kinds of the ladder. */
const planKind = z.enum(["price", "schedule", "grid_signal", "vehicle"]);

export const plannedCarSchema = z.object({
  stationId: identifier,
  /** It is held back now; `null`: it may have all it can take. */
  waits: z
    .object({
      kind: planKind,
      /** When it is planned to have more; `null`: not within this plan. */
      until_ms: instant_ms.nullable(),
      /** Price now and then; `null`: it does not wait for a price. */
      price_micro_per_kWh: price_micro.nullable(),
      later_micro_per_kWh: price_micro.nullable(),
      /** What it is planned to have now is nothing at all. */
      paused: z.boolean(),
    })
    .nullable(),
  /** What it will not have when it leaves. */
  unmet_Wh: energy_Wh,
});
export type PlannedCar = z.infer<typeof plannedCarSchema>;

export const planningStateSchema = z.object({
  /** `off`: no prices, no price of the peak and no quarter-hour limit; `idle`: no car to plan for. */
  status: z.enum(["off", "starting", "idle", "good", "timed-out", "failed"]),
  currency: z.string(),
  /** Of the plan in force; `null`: there is none, and cars share what there is. */
  made_at_ms: instant_ms.nullable(),
  attempted_at_ms: instant_ms.nullable(),
  solve_ms: duration_ms.nullable(),
  /** Attempts in a row that gave no plan, and why the last one did not. */
  failures: z.int().min(0),
  detail: z.string().nullable(),
  prices: z.enum(["file", "hours", "none"]),
  /** Highest quarter hour that the plan counts with; `null`: a peak has no price. */
  peak_W: power_W.nullable(),
  quarter: z
    .object({
      limit_W: power_W,
      /** What the rest of the running quarter hour may have. */
      cap_W: power_W,
      /** `null`: nobody saw its beginning. */
      used_Wh: energy_Wh.nullable(),
      ends_at_ms: instant_ms,
    })
    .nullable(),
  cars: z.array(plannedCarSchema),
  /** Caps of the plan in this quarter hour. */
  circuits: z.array(z.object({ circuitId: identifier, limit_W: power_W, kind: planKind })),
});
export type PlanningState = z.infer<typeof planningStateSchema>;

export const planningContract = {
  /** What is planned ahead, and how the planner is. */
  state: forViewer.route({ method: "GET", path: "/planning" }).output(planningStateSchema),
};
