import { z } from "zod";
import type { Quirks } from "./personalities.ts";

/** A boot that was not accepted, or answered oddly, is tried again after this. */
export const BOOT_RETRY_s = 10;

/** What the station reads of our answers. */
export const bootReply = z.object({
  status: z.enum(["Accepted", "Pending", "Rejected"]),
  interval: z.number().catch(BOOT_RETRY_s),
});
export const idTagInfo = z.object({ idTagInfo: z.object({ status: z.string() }) });
export const startReply = idTagInfo.extend({ transactionId: z.int() });

/** The time as the station writes it: its clock may be behind, and its notation loose. */
export function stationTime(now_ms: number, { clockBehind_ms = 0, looseTimestamps = false }: Quirks): string {
  const exact = new Date(now_ms - clockBehind_ms).toISOString();
  return looseTimestamps ? exact.slice(0, 19).replace("T", " ") : exact;
}
