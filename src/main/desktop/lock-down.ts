import { type Session, shell, type WebContents } from "electron";
import type { Log } from "../log.ts";
import { isAllowedLink, isOwnDocument, isOwnPage } from "./gate.ts";

/** The kiosk fills the screen, and "Copy details" writes text; nothing else is ever granted. */
const GRANTED: ReadonlySet<string> = new Set(["fullscreen", "clipboard-sanitized-write"]);

/** Permissions of every page of this session: denied unless named above, and then only to our own page. */
export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, answer, { requestingUrl }) => {
    answer(GRANTED.has(permission) && isOwnPage(requestingUrl));
  });
  session.setPermissionCheckHandler((_contents, permission, origin) => GRANTED.has(permission) && isOwnPage(origin));
  session.setDevicePermissionHandler(() => false);
}

/** A page stays on our own pages and opens nothing but documents it made itself and links that we know. */
export function lockNavigation(contents: WebContents, log: Log): void {
  contents.on("will-navigate", (event) => {
    if (isOwnPage(event.url)) return;
    event.preventDefault();
    log.warn({ url: event.url }, "a page tried to leave");
  });
  contents.on("will-attach-webview", (event) => {
    event.preventDefault();
  });
  contents.setWindowOpenHandler(({ url }) => {
    if (isOwnDocument(url)) return { action: "allow", overrideBrowserWindowOptions: { autoHideMenuBar: true } };
    if (isAllowedLink(url)) {
      shell.openExternal(url).catch((error: unknown) => {
        log.warn({ err: error, url }, "the system's browser did not open a link");
      });
    } else {
      log.warn({ url }, "a page tried to open another window");
    }
    return { action: "deny" };
  });
}

/** For the window of a document: it shows that one and goes nowhere. */
export function freeze(contents: WebContents): void {
  contents.on("will-navigate", (event) => {
    event.preventDefault();
  });
  contents.setWindowOpenHandler(() => ({ action: "deny" }));
}
