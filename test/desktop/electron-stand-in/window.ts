import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import type { BrowserContext, Page, Route } from "playwright-core";
import { toApp, toWeb, WEB_ORIGIN } from "./browser.ts";
import { type FromPage, pageSide } from "./page-side.ts";
import { ipcMain, type PageHandler, session } from "./session.ts";

type OpenHandler = (details: { url: string }) => { action: "allow" | "deny" };

/** The main process's end of a port whose other end is in a page. */
class PortMain extends EventEmitter {
  readonly #send: (data: unknown) => void;
  readonly #waiting: unknown[] = [];
  #isStarted = false;

  constructor(send: (data: unknown) => void) {
    super();
    this.#send = send;
  }
  postMessage(data: unknown): void {
    this.#send(data);
  }
  start(): void {
    this.#isStarted = true;
    for (const data of this.#waiting.splice(0)) this.emit("message", { data, ports: [] });
  }
  close(): void {
    this.emit("close");
    this.removeAllListeners();
  }
  receive(data: unknown): void {
    if (this.#isStarted) this.emit("message", { data, ports: [] });
    else this.#waiting.push(data);
  }
}

class WebContents extends EventEmitter {
  readonly mainFrame: { readonly url: string };
  readonly ready: Promise<Page>;
  readonly #ports = new Map<string, PortMain>();
  #onOpen: OpenHandler = () => ({ action: "allow" });

  constructor(browser: Promise<BrowserContext>, preload: string) {
    super();
    let url = "";
    this.mainFrame = {
      get url() {
        return url;
      },
    };
    this.ready = browser.then(async (context) => {
      const page = await context.newPage();
      page.on("framenavigated", (frame) => {
        if (frame === page.mainFrame()) url = toApp(frame.url());
      });
      page.on("close", () => this.emit("destroyed"));
      page.on("popup", (popup) => {
        void this.#judgePopup(popup);
      });
      await page.exposeFunction("standInSend", (message: FromPage) => {
        this.#hear(page, message);
      });
      await page.addInitScript(`(${pageSide.toString()})(function (require) {\n${readFileSync(preload, "utf8")}\n})`);
      await applyPermissions(context, page);
      await page.route("**/*", (route) => this.#answer(page, route));
      return page;
    });
  }

  getURL(): string {
    return this.mainFrame.url;
  }
  setWindowOpenHandler(handler: OpenHandler): void {
    this.#onOpen = handler;
  }
  print(_options: unknown, done: (isDone: boolean, reason: string) => void): void {
    done(true, "");
  }
  async printToPDF(): Promise<Buffer> {
    return (await this.ready).pdf();
  }

  #hear(page: Page, message: FromPage): void {
    switch (message.kind) {
      case "port": {
        const { port: id } = message;
        const inPage = (name: string, ...args: unknown[]): void => {
          const call = (what: { name: string; args: unknown[] }): void => {
            const receive: unknown = Reflect.get(window, what.name);
            if (typeof receive === "function") Reflect.apply(receive, null, what.args);
          };
          // A page that is gone takes its answers with it.
          page.evaluate(call, { name, args }).catch(() => undefined);
        };
        const port = new PortMain((data) => {
          inPage("standInReceive", id, data);
        });
        port.once("close", () => {
          inPage("standInClose", id);
        });
        this.#ports.set(id, port);
        ipcMain.emit(message.channel, { sender: this, senderFrame: this.mainFrame, ports: [port] }, null);
        return;
      }
      case "message":
        this.#ports.get(message.port)?.receive(message.data);
        return;
      case "open":
        this.#onOpen({ url: toApp(message.url) });
    }
  }

  async #judgePopup(popup: Page): Promise<void> {
    if (this.#onOpen({ url: toApp(popup.url()) }).action === "deny") await popup.close();
    else
      this.emit("did-create-window", {
        webContents: Object.assign(new EventEmitter(), { setWindowOpenHandler: () => undefined }),
      });
  }

  /** As Electron would: a navigation is asked about first; our scheme is answered by its handler, everything else by nobody. */
  async #answer(page: Page, route: Route): Promise<void> {
    const request = route.request();
    const isMainNavigation = request.isNavigationRequest() && request.frame() === page.mainFrame();
    if (isMainNavigation && this.mainFrame.url.startsWith("app:")) {
      const asked = { url: toApp(request.url()), isPrevented: false, preventDefault: () => (asked.isPrevented = true) };
      this.emit("will-navigate", asked);
      if (asked.isPrevented) return route.fulfill({ status: 204 });
    }
    const handler: PageHandler | null = request.url().startsWith(`${WEB_ORIGIN}/`)
      ? session.defaultSession.pageHandler
      : null;
    if (handler === null) return route.abort("blockedbyclient");
    const response = await handler({ url: toApp(request.url()), method: request.method() });
    const body = Buffer.from(await response.arrayBuffer());
    return route.fulfill({ status: response.status, headers: Object.fromEntries(response.headers), body });
  }
}

/** What the permission handler says, told to Chromium, which in Electron would ask it itself. */
async function applyPermissions(context: BrowserContext, page: Page): Promise<void> {
  const chromium = await context.newCDPSession(page);
  for (const name of ["geolocation", "notifications", "clipboard-read", "midi", "idle-detection"]) {
    const isGranted = session.defaultSession.permissionCheck(null, name, "app://chargehand/");
    const setting = isGranted ? "granted" : "denied";
    await chromium.send("Browser.setPermission", { permission: { name }, setting, origin: WEB_ORIGIN });
  }
}

export type WindowOptions = {
  readonly webPreferences: { readonly preload: string } & Record<string, unknown>;
} & Record<string, unknown>;

export class BrowserWindow extends EventEmitter {
  static browser: Promise<BrowserContext>;
  static readonly #all = new Set<BrowserWindow>();
  static #focused: BrowserWindow | null = null;
  static getAllWindows(): BrowserWindow[] {
    return [...BrowserWindow.#all];
  }
  static getFocusedWindow(): BrowserWindow | null {
    return BrowserWindow.#focused;
  }

  readonly options: WindowOptions;
  readonly webContents: WebContents;
  constructor(options: WindowOptions) {
    super();
    this.options = options;
    this.webContents = new WebContents(BrowserWindow.browser, options.webPreferences.preload);
    BrowserWindow.#all.add(this);
    this.webContents.on("destroyed", () => {
      BrowserWindow.#all.delete(this);
      if (BrowserWindow.#focused === this) BrowserWindow.#focused = null;
      this.emit("closed");
    });
  }
  async loadURL(address: string): Promise<void> {
    const page = await this.webContents.ready;
    await page.goto(toWeb(address));
  }
  focus(): void {
    BrowserWindow.#focused = this;
    this.emit("focus");
  }
  show(): void {
    this.emit("show");
  }
  restore(): void {
    this.emit("restore");
  }
  isMinimized(): boolean {
    return false;
  }
  getTitle(): string {
    return "Chargehand";
  }
  close(): void {
    void this.webContents.ready.then((page) => page.close());
  }
}
