import type { HttpTrouble } from "../../../contract/index.ts";
import type { HttpReply } from "../../links/http-peer.ts";

/** What an answer of the web, or its absence, says of a device; `null`: it was answered as a device answers. */
export function troubleOf(reply: HttpReply): HttpTrouble | null {
  if (!reply.ok) {
    const { after_ms = null, status = null } = reply;
    switch (reply.code) {
      case "refused":
        return { code: "http-refused", number: null };
      case "no-route":
        return { code: "http-no-route", number: null };
      case "name-unknown":
        return { code: "http-name-unknown", number: null };
      case "tls":
        return { code: "http-tls", number: status };
      case "broken":
        return { code: "http-broken", number: null };
      // Requests pile up only where none is answered.
      case "timeout":
      case "busy":
        return { code: "http-timeout", number: after_ms };
      case "password-missing":
        return { code: "http-password-missing", number: status };
      case "password-wrong":
        return { code: "http-password-wrong", number: status };
      case "too-large":
        return { code: "http-too-large", number: null };
    }
  }
  const { status } = reply;
  if (status >= 200 && status < 300) return null;
  if (status === 404) return { code: "http-not-found", number: status };
  return { code: status >= 500 ? "http-server-error" : "http-status", number: status };
}

export const NOT_JSON: HttpTrouble = { code: "http-not-json", number: null };
/** An error that is told as JSON with status 200, or another device at this address. */
export const OTHER_DEVICE: HttpTrouble = { code: "http-other-device", number: null };
