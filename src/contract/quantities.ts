import { z } from "zod";

// On the wire a quantity is a whole number; its unit stands in the property's name.

export const current_mA = z.int().min(0).max(1_000_000).describe("milliamperes");
export const signedCurrent_mA = z.int().min(-1_000_000).max(1_000_000).describe("milliamperes, import positive");
export const power_W = z.int().describe("watts, import positive");
export const energy_Wh = z.int().describe("watt-hours");
export const instant_ms = z.int().min(0).describe("milliseconds since 1970-01-01T00:00:00Z");
export const duration_ms = z.int().min(0).describe("milliseconds");
export const amount_minor = z.int().describe("minor units of the currency named beside it");
export const rate_bp = z.int().min(0).max(10_000).describe("hundredths of a per cent");
export const identifier = z.string().min(1).max(64);
export const shortText = z.string().max(200);

/** [L1, L2, L3] in the site's order; `null` is unknown, never 0. */
export const perPhase = <T extends z.ZodType>(value: T) => z.tuple([value, value, value]);
export const phase = z.enum(["L1", "L2", "L3"]);
