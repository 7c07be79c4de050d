import { ORPCError } from "@orpc/client";
import { troubleCode } from "../client/index.ts";

const RETRIES_MAX = 2;

/** Asks again only where asking can help: never after an answer with a code. */
export const retryAfterTrouble = (failures: number, error: unknown): boolean =>
  !(error instanceof ORPCError) && troubleCode(error) !== "CONNECTION_LOST" && failures < RETRIES_MAX;

/** The data that came with a refusal, such as the problems of a site file; `null` when there is none. */
export const troubleData = (error: unknown): unknown => (error instanceof ORPCError ? error.data : null);

/** Everything worth copying into a report. */
export function troubleDetails(error: unknown): string {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `${troubleCode(error)}\n${message}\n${new Date().toISOString()}\n${navigator.userAgent}`;
}
