import type { IpcMainEvent, WebContents } from "electron";

export const SCHEME = "app";
export const HOST = "chargehand";
export const ORIGIN = `${SCHEME}://${HOST}`;
export const PAGE = { main: `${ORIGIN}/`, kiosk: `${ORIGIN}/kiosk` } as const;

/** Hosts that our own texts link to; everything else a page asks for stays closed. */
const LINK_HOSTS: ReadonlySet<string> = new Set(["opensource.org"]);
export const LICENCE_PAGE = "https://opensource.org/license/mit";

/** `URL.origin` is the text "null" for our own scheme, so the parts are compared. */
export function isOwnPage(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, host } = new URL(address);
  return protocol === `${SCHEME}:` && host === HOST;
}

/** Only the main frame of our own window, still showing our own page, may call. */
export function isOurs(event: IpcMainEvent, ours: WebContents): boolean {
  const frame = event.senderFrame;
  return frame !== null && frame === ours.mainFrame && isOwnPage(frame.url);
}

/** A document that our own page made in memory, as it does to show an invoice. */
export const isOwnDocument = (address: string): boolean => address.startsWith(`blob:${ORIGIN}/`);

/** True when the system's browser may open it. */
export function isAllowedLink(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, port, username } = new URL(address);
  return protocol === "https:" && port === "" && username === "" && LINK_HOSTS.has(hostname);
}
