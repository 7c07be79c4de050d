import type { StationSecurity } from "../../../contract/index.ts";

export type ArrivalWords = "never" | "open" | "password" | "tls" | "tlsPassword";

/** Which words say how a station came. */
export function arrivalWords(came: StationSecurity["came"]): ArrivalWords {
  if (came === null) return "never";
  if (came.encrypted) return came.withPassword ? "tlsPassword" : "tls";
  return came.withPassword ? "password" : "open";
}
