import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { _electron, chromium, type Page } from "playwright-core";
import { z } from "zod";
import { toolPath } from "../../scripts/lib/tools.mjs";

const ROOT = join(import.meta.dirname, "..", "..");

type Ask<T> = (electron: typeof Electron.CrossProcessExports) => T | Promise<T>;

const trayView = z.object({ toolTip: z.string(), labels: z.array(z.string()) });
type TrayView = z.infer<typeof trayView>;
/** Clicks on "show" after looking. */
const LOOK_AT_TRAY = `({ Tray: { last } }) => {
  const labels = ["status", "show", "kiosk", "quit"].map((id) => last.menu.getMenuItemById(id)?.label ?? "");
  last.menu.getMenuItemById("show").click();
  return { toolTip: last.toolTip, labels };
}`;

/** The running desktop app as a test sees it, whether in the real Electron or over the stand-in. */
export type Desktop = {
  /** The page that shows our own address ending in `path`. */
  readonly page: (path: string) => Promise<Page>;
  /** Runs in the main process; the function gets the electron module and may use nothing from outside. */
  readonly inMain: <T>(ask: Ask<T>) => Promise<T>;
  /** What the tray shows; `null` where nobody can ask it. */
  readonly tray: (() => Promise<TrayView>) | null;
  readonly ended: Promise<number | null>;
  readonly stderr: () => string;
  readonly kill: () => void;
};

export type Launch = (flags: readonly string[], options?: { second?: boolean }) => Promise<Desktop>;

/** Every way of running the app that this machine has. */
export function waysToRun(): { name: string; launch: Launch }[] {
  const ways: { name: string; launch: Launch }[] = [];
  const browser = toolPath("chromium");
  if (browser !== null)
    ways.push({
      name: "the stand-in over Chromium",
      launch: (flags, options) => launchStandIn(browser, flags, options?.second === true),
    });
  const binary = electronBinary();
  if (binary !== null) ways.push({ name: "Electron", launch: (flags) => launchElectron(binary, flags) });
  return ways;
}

function electronBinary(): string | null {
  const folder = join(ROOT, "node_modules", "electron");
  const named = join(folder, "path.txt");
  if (!existsSync(named)) return null;
  const binary = join(folder, "dist", readFileSync(named, "utf8").trim());
  const hasDisplay =
    process.platform !== "linux" || (process.env["DISPLAY"] ?? process.env["WAYLAND_DISPLAY"] ?? "") !== "";
  return existsSync(binary) && hasDisplay ? binary : null;
}

async function launchElectron(executablePath: string, flags: readonly string[]): Promise<Desktop> {
  const running = await _electron.launch({ executablePath, args: [ROOT, ...flags] });
  const child = running.process();
  return {
    page: (path) => findPage(() => running.windows(), path),
    tray: null,
    // eslint-disable-next-line no-restricted-syntax -- Playwright's type unwraps handles; none of our functions returns one
    inMain: <T>(ask: Ask<T>) => running.evaluate<T>(ask as Parameters<typeof running.evaluate<T>>[0]),
    ended: exitOf(child),
    stderr: textOf(child),
    kill: () => child.kill("SIGKILL"),
  };
}

async function launchStandIn(browser: string, flags: readonly string[], second: boolean): Promise<Desktop> {
  const args = [
    "--import",
    join(import.meta.dirname, "electron-stand-in", "register.ts"),
    join(ROOT, "out", "main", "index.js"),
    ...flags,
  ];
  const env = { ...process.env, CHARGEHAND_CHROMIUM: browser, CHARGEHAND_STAND_IN_SECOND: second ? "1" : "0" };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "ignore", "pipe", "ipc"] });
  const stderr = textOf(child);
  const ended = exitOf(child);
  const endpoint = await Promise.race([endpointOf(child), ended.then(() => null)]);
  if (endpoint === null && !second) throw new Error(`the app ended before it showed anything: ${stderr()}`);
  const view = endpoint === null ? null : await chromium.connectOverCDP(endpoint);
  let asked = 0;
  const answerTo = <T>(source: string): Promise<T> => {
    const id = (asked += 1);
    child.send({ id, source });
    return new Promise((resolve) => {
      const onAnswer = (message: { kind: string; id: number; value: T }): void => {
        if (message.kind !== "answer" || message.id !== id) return;
        child.off("message", onAnswer);
        resolve(message.value);
      };
      child.on("message", onAnswer);
    });
  };
  return {
    page: (path) => findPage(() => view?.contexts().flatMap((context) => context.pages()) ?? [], path),
    inMain: (ask) => answerTo(ask.toString()),
    tray: async () => trayView.parse(await answerTo<unknown>(LOOK_AT_TRAY)),
    ended,
    stderr,
    kill: () => child.kill("SIGKILL"),
  };
}

function endpointOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.on("message", (message: { kind: string; endpoint: string }) => {
      if (message.kind === "browser") resolve(message.endpoint);
    });
  });
}

function textOf(child: ChildProcess): () => string {
  let text = "";
  child.stderr?.setEncoding("utf8").on("data", (part: string) => (text += part));
  return () => text;
}

const exitOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => {
    child.once("exit", resolve);
  });

const POLL_ms = 50;
const APPEARS_ms = 60_000;

/** Pages of other processes announce themselves to nobody here, so they are looked for. */
async function findPage(pages: () => Page[], path: string): Promise<Page> {
  const deadline = performance.now() + APPEARS_ms;
  for (;;) {
    const found = pages().find(
      (page) =>
        /^(?:app:\/\/chargehand|https:\/\/chargehand\.invalid)\//u.test(page.url()) &&
        new URL(page.url().replace("app:", "https:")).pathname === path,
    );
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`no page shows ${path}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_ms));
  }
}
