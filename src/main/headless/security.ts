import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { PAGE_HEADERS } from "../pages/index.ts";

/** For answers of the API, which are data: only the frame of our own page may show them, as it does with an invoice. */
export const API_POLICY = "frame-ancestors 'self'";

/** On every answer, page or not. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  ...PAGE_HEADERS,
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=(), usb=(), serial=(), payment=(), fullscreen=(self)",
};

/** 127.0.0.0/8, ::1 and the name that means them. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/gu, "").toLowerCase();
  if (bare === "localhost" || bare === "::1") return true;
  const mapped = bare.replace(/^::ffff:/u, "");
  return isIP(mapped) === 4 && mapped.startsWith("127.");
}

/** Why an address other than loopback is not listened on. */
export const notLoopback = (host: string): string =>
  `--host ${host}: only this machine's own address (127.0.0.1) can be served, because there is no sign-in yet and everybody who reaches the port could do everything`;

/**
 * True when the request names us by a loopback address. A page of another site can make its own name point to 127.0.0.1
 * and would then be of our origin to the browser; its Host header still carries that name.
 */
export function namesLoopback(request: IncomingMessage): boolean {
  const { host } = request.headers;
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  return isLoopback(new URL(`http://${host}`).hostname);
}

/** True for a program (no Origin) and for our own page; a page of any other origin is refused. */
export function isSameOrigin(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined) return request.headers["sec-fetch-site"] !== "cross-site";
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}
