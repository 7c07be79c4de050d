import { z } from "zod";

/**
 * Why no answer was heard: nobody listens on the port; no way to the address; nobody has the name; it wants HTTPS; the
 * connection ended, or what came is no HTTP; silence; too much; it wants a password; it wants another one; too many requests
 * wait for it already.
 */
export type HttpFailure =
  | "refused"
  | "no-route"
  | "name-unknown"
  | "tls"
  | "broken"
  | "timeout"
  | "too-large"
  | "password-missing"
  | "password-wrong"
  | "busy";

const systemError = z.object({ code: z.string(), rawPacket: z.instanceof(Uint8Array).optional().catch(undefined) });

const CODES: ReadonlyMap<string, HttpFailure> = new Map([
  ["ECONNREFUSED", "refused"],
  ["EHOSTUNREACH", "no-route"],
  ["ENETUNREACH", "no-route"],
  ["EHOSTDOWN", "no-route"],
  ["ENETDOWN", "no-route"],
  ["EADDRNOTAVAIL", "no-route"],
  ["ENOTFOUND", "name-unknown"],
  ["EAI_AGAIN", "name-unknown"],
  ["EAI_NODATA", "name-unknown"],
  ["EAI_NONAME", "name-unknown"],
  ["EAI_FAIL", "name-unknown"],
  ["ETIMEDOUT", "timeout"],
]);

/** RFC 8446, 5.1: an alert or a handshake in the place of an HTTP answer. */
const TLS_RECORDS: ReadonlySet<number | undefined> = new Set([0x15, 0x16]);

/** What the system's error about a request means. */
export function failureOfError(error: unknown): HttpFailure {
  const known = systemError.safeParse(error);
  if (!known.success) return "broken";
  const { code, rawPacket } = known.data;
  return TLS_RECORDS.has(rawPacket?.[0]) ? "tls" : (CODES.get(code) ?? "broken");
}

/** Whether an answer sends us to HTTPS. */
export const wantsTls = (status: number, location: string | undefined): boolean =>
  status >= 300 && status < 400 && location !== undefined && /^https:/iu.test(location);
