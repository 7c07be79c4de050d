import { z } from "zod";
import { SIGNAL_RULES, WEEKDAYS } from "../../core/balancing/index.ts";
import { milliamp, watt } from "../../core/units/index.ts";

// An external signal as it stands in the site's document, read back into exact types.

const limit = z.object({
  limit_mA: z.int().transform(milliamp).nullable(),
  limit_W: z.int().transform(watt).nullable(),
});
const place = { linkId: z.string(), unitId: z.int(), address: z.int() };

export const signalSchema = z.object({
  id: z.string(),
  name: z.string(),
  circuitId: z.string(),
  rule: z.enum(SIGNAL_RULES),
  counts: z.enum(["cars", "all"]),
  limit,
  failSafe: limit,
  debounce_ms: z.int(),
  minimum_ms: z.int(),
  source: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("digital-input"),
      ...place,
      table: z.enum(["coil", "discrete"]),
      activeLow: z.boolean(),
    }),
    z.object({
      kind: z.literal("register"),
      ...place,
      table: z.enum(["holding", "input"]),
      type: z.enum(["uint16", "uint32"]),
      scale: z.number(),
      unit: z.enum(["A", "W"]),
      none: z.int().nullable(),
    }),
    z.object({ kind: z.literal("http"), tokenHash: z.string().nullable() }),
    z.object({
      kind: z.literal("window"),
      windows: z.array(z.object({ days: z.array(z.enum(WEEKDAYS)), from_min: z.int(), to_min: z.int() })),
    }),
  ]),
});
