import { BrowserWindow } from "electron";
import type { Log } from "../log.ts";
import { PAGE } from "./gate.ts";
import { freeze, lockNavigation } from "./lock-down.ts";
import type { Ports } from "./ports.ts";

export type Windows = {
  /** Shows the main window in front, opening it when it was closed. */
  readonly show: () => void;
  /** Opens the kiosk over a whole screen, or closes it. */
  readonly toggleKiosk: () => void;
};

type Options = { readonly preload: string; readonly icon: string; readonly ports: Ports; readonly log: Log };

/** The owner's window and the kiosk's. The site does not depend on either: they come and go. */
export function createWindows(options: Options): Windows {
  let main: BrowserWindow | null = null;
  let kiosk: BrowserWindow | null = null;
  const openMain = (): BrowserWindow => {
    const window = openLocked(options, { width: 1280, height: 800, minWidth: 360, minHeight: 480 });
    options.ports.admit(window.webContents, "owner");
    window.on("closed", () => (main = null));
    load(window, PAGE.main, options.log);
    return window;
  };
  const openKiosk = (): BrowserWindow => {
    const window = openLocked(options, { kiosk: true, fullscreen: true, autoHideMenuBar: true });
    options.ports.admit(window.webContents, "kiosk");
    window.on("closed", () => (kiosk = null));
    load(window, PAGE.kiosk, options.log);
    return window;
  };
  return {
    show: () => {
      main ??= openMain();
      if (main.isMinimized()) main.restore();
      main.show();
      main.focus();
    },
    toggleKiosk: () => {
      if (kiosk === null) kiosk = openKiosk();
      else kiosk.close();
    },
  };
}

function openLocked({ preload, icon, log }: Options, shape: Electron.BrowserWindowConstructorOptions): BrowserWindow {
  const window = new BrowserWindow({
    ...shape,
    icon,
    show: true,
    backgroundColor: "#10151b",
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
      spellcheck: false,
      // Only lets Chromium's own viewer show the invoices that the page made; there are no other plugins any more.
      plugins: true,
    },
  });
  lockNavigation(window.webContents, log);
  window.webContents.on("did-create-window", (document) => {
    freeze(document.webContents);
  });
  return window;
}

function load(window: BrowserWindow, address: string, log: Log): void {
  window.loadURL(address).catch((error: unknown) => {
    // A window that was closed while it loaded also ends here; the site runs on either way.
    log.warn({ err: error, address }, "a window did not load");
  });
}
