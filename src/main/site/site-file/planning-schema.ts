import { z } from "zod";
import { oneOf, price } from "./fields.ts";

const TIME = 'a time of day in quotes such as "22:00"';
const CLOCK = "(?:[01]\\d|2[0-3]):[0-5]\\d";
const KILOWATTS = "a number of kilowatts from 0 to 10000";
const HOURS_MAX = 50;
/** From Monday, ISO weekday 1. */
export const WEEKDAY_NAMES = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

const kilowatts = z.number(KILOWATTS).min(0, KILOWATTS).max(10_000, KILOWATTS);

const hoursSchema = z.strictObject({
  days: z
    .array(oneOf(WEEKDAY_NAMES))
    .min(1)
    .max(WEEKDAY_NAMES.length)
    .optional()
    .describe("they begin on; every day if left out"),
  from: z.string(TIME).regex(new RegExp(`^${CLOCK}$`, "u"), TIME),
  to: z
    .string(TIME)
    .regex(new RegExp(`^(?:${CLOCK}|24:00)$`, "u"), TIME)
    .describe("at or before from = on the next day"),
  per_kWh: price,
});

export const planningSchema = z.strictObject({
  per_kWh: price.optional().describe("price of energy at all other hours"),
  hours: z
    .array(hoursSchema, `a list of at most ${String(HOURS_MAX)} hours with a price of their own`)
    .max(HOURS_MAX)
    .optional()
    .describe("the first that holds counts"),
  feed_in_per_kWh: price.optional().describe("what an exported kWh brings; 0 when left out"),
  peak_per_kW: price.optional().describe("price per month of its highest quarter hour"),
  peak_floor_kW: kilowatts.optional().describe("charged even when less was drawn; 0 when left out"),
  quarter_limit_kW: kilowatts
    .positive(KILOWATTS)
    .optional()
    .describe("mean power that any quarter hour may have by contract"),
});

export type PlanningEntry = z.infer<typeof planningSchema>;
