const IDENTITY_CHARS_MAX = 64;
const URL_CHARS_MAX = 1024;
const UNSHOWN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;
/** In the order of our choice: more boxes speak 1.6 well than 2.0.1. */
const PROTOCOLS = [/^ocpp1\.6j?$/iu, /^ocpp2\.0\.1$/iu];

/**
 * Identity of the station that dials `url`: the last part of /ocpp/<identity> or /<identity>, with any number of
 * slashes, a query, URL-encoded or not. `null`: no usable identity.
 */
export function identityOf(url: string): string | null {
  if (url.length > URL_CHARS_MAX) return null;
  const [path = ""] = url.split(/[?#]/u);
  const parts = path.split("/").filter((part) => part !== "");
  const last = parts.at(-1);
  if (last === undefined || (parts.length === 1 && last === "ocpp")) return null;
  const identity = decoded(last).trim();
  // An identity is shown, logged and stored: no control characters, none that turn the text around. Dots alone are steps of
  // a path: what parses the address after us would take them away, and the station would have no identity.
  const isUnfit = identity === "" || /^\.{1,2}$/u.test(identity) || UNSHOWN.test(identity);
  return isUnfit || identity.length > IDENTITY_CHARS_MAX ? null : identity;
}

/** Stations that do not encode their identity at all may have a bare "%" in it. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (error instanceof URIError) return part;
    throw error;
  }
}

/** Whether a connection with this subprotocol speaks OCPP 2.0.1. */
export const isVersion201 = (protocol: string | null): boolean => protocol?.toLowerCase() === "ocpp2.0.1";

/** Subprotocol to answer with: the station's own spelling of OCPP 1.6 or 2.0.1, `none` if it asked for none, or `unknown`. */
export function chooseProtocol(
  offered: ReadonlySet<string>,
): { readonly kind: "use"; readonly name: string } | { readonly kind: "none" | "unknown" } {
  if (offered.size === 0) return { kind: "none" };
  const name = PROTOCOLS.map((protocol) => [...offered].find((one) => protocol.test(one))).find(
    (one) => one !== undefined,
  );
  return name === undefined ? { kind: "unknown" } : { kind: "use", name };
}
