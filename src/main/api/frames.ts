import { z } from "zod";

// oRPC's peers take what they are given for well-formed and throw where it is not; a frame from outside is checked first.

const KIND = { request: 1, abort: 4 } as const;

/** A call of ours is JSON text: an id and an address on the peers' own origin; pages send no files and no streams. */
const frameSchema = z.union([
  z.strictObject({
    i: z.string().min(1).max(20),
    t: z.literal(KIND.request).optional(),
    p: z.strictObject({
      u: z
        .string()
        .max(200)
        .regex(/^\/[\w/]*$/u),
      b: z.unknown().optional(),
      h: z.strictObject({ "last-event-id": z.string().max(100).optional() }).optional(),
      m: z.literal("POST").optional(),
    }),
  }),
  z.strictObject({ i: z.string().min(1).max(20), t: z.literal(KIND.abort) }),
]);

/** True for what an honest page sends; anything else may be dropped without looking further. */
export function isCallFrame(data: unknown): boolean {
  if (typeof data !== "string") return false;
  try {
    return frameSchema.safeParse(JSON.parse(data)).success;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
