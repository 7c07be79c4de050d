import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runInThisContext } from "node:vm";
import { launchBrowser } from "./browser.ts";
import { ipcMain, protocol, session } from "./session.ts";
import { dialog, Menu, nativeImage, powerSaveBlocker, shell, Tray } from "./system.ts";
import { BrowserWindow } from "./window.ts";

// As much of Electron as our main process uses, over headless Chromium, with the order of things that matters: schemes
// are declared before the app is ready, and it is ready only after the main module was loaded.

const [, main = ""] = process.argv;

class App extends EventEmitter {
  readonly isPackaged = false;
  #userData = join(tmpdir(), "chargehand-stand-in");
  readonly #ready = new Promise<void>((resolve) => setImmediate(resolve));
  #close: () => Promise<void> = () => Promise.resolve();

  getAppPath(): string {
    return main;
  }
  getVersion(): string {
    const described: unknown = JSON.parse(readFileSync(join(dirname(main), "..", "..", "package.json"), "utf8"));
    return typeof described === "object" && described !== null && "version" in described
      ? String(described.version)
      : "";
  }
  getLocale(): string {
    return "en-GB";
  }
  getPath(): string {
    return this.#userData;
  }
  setPath(_name: string, path: string): void {
    this.#userData = path;
  }

  /** The first one listens below its profile; one that comes later tells it and hears that it is not the first. */
  requestSingleInstanceLock(): boolean {
    const path = join(this.#userData, "single-instance");
    const isFirst = process.env["CHARGEHAND_STAND_IN_SECOND"] !== "1";
    if (isFirst) {
      const server = createServer((socket) => {
        socket.destroy();
        this.emit("second-instance");
      });
      server.listen(path).unref();
    } else {
      createConnection(path).on("error", (error) => {
        process.stderr.write(`${error.message}\n`);
      });
    }
    return isFirst;
  }

  async whenReady(): Promise<void> {
    await this.#ready;
    const started = launchBrowser(this.#userData);
    BrowserWindow.browser = started.then(({ context }) => context);
    const { context, endpoint } = await started;
    this.#close = () => context.close();
    process.send?.({ kind: "browser", endpoint });
  }

  quit(): void {
    this.emit("before-quit", { preventDefault: () => undefined });
  }
  exit(code: number): void {
    void this.#close().finally(() => process.exit(code));
  }
}

export const app = new App();
export { BrowserWindow, dialog, ipcMain, Menu, nativeImage, powerSaveBlocker, protocol, session, shell, Tray };

const electron = {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  nativeImage,
  powerSaveBlocker,
  protocol,
  session,
  shell,
  Tray,
};

type Question = { readonly id: number; readonly source: string };
const isQuestion = (message: unknown): message is Question =>
  typeof message === "object" && message !== null && "source" in message && typeof message.source === "string";

// A test asks by sending a function's text, as Playwright does with the real one.
process.on("message", (message: unknown) => {
  if (!isQuestion(message)) return;
  const ask: unknown = runInThisContext(`(${message.source})`);
  if (typeof ask !== "function") return;
  const asked: unknown = Reflect.apply(ask, null, [electron]);
  void Promise.resolve(asked).then((value) => process.send?.({ kind: "answer", id: message.id, value }));
});
