import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { app, dialog, powerSaveBlocker, session } from "electron";
import { createRouter } from "../api/index.ts";
import {
  DEMO_SEED,
  invoiceRenderer,
  logFault,
  readServeArgs,
  readSiteFile,
  type ServeArgs,
  startFailureWords,
} from "../commands/index.ts";
import { watchEnding } from "../ending.ts";
import { createLog, type Log } from "../log.ts";
import { createApplication } from "../site/application.ts";
import type { Application } from "../site/engine.types.ts";
import { denyPermissions } from "./lock-down.ts";
import { type Actions, setMenu } from "./menu.ts";
import { declareScheme, servePages } from "./page-protocol.ts";
import { takePorts } from "./ports.ts";
import { createTray } from "./tray.ts";
import { createWindows } from "./windows.ts";
import { type Words, wordsFor } from "./words.ts";

const BAD_USE = 2;
const CANNOT_RUN = 1;

/** Starts the desktop app: the site runs in this process, windows only show it. `root` is the folder of the package. */
export async function startDesktop(root: string): Promise<void> {
  const read = readServeArgs(argumentsOf(process.argv));
  if (!read.ok) {
    process.stderr.write(`${read.message}\n`);
    app.exit(BAD_USE);
    return;
  }
  const data = useDataFolder(read.args);
  if (!app.requestSingleInstanceLock()) {
    // The instance that runs already shows its window.
    app.exit(0);
    return;
  }
  const log = createLog(process.stderr);
  declareScheme();
  await app.whenReady();
  await run(root, data, read.args, log);
}

async function run(root: string, data: string, args: ServeArgs, log: Log): Promise<void> {
  const words = wordsFor(app.getLocale());
  const resources = join(root, "resources");
  const icon = join(resources, "icons", "chargehand.png");
  const running = startSite(data, resources, args, words, log);
  denyPermissions(session.defaultSession);
  servePages(session.defaultSession, join(root, "out", "renderer"));
  const router = running.then((site) =>
    createRouter(site, { onFault: logFault(log), renderInvoice: invoiceRenderer(resources) }),
  );
  const ports = takePorts(router, log);
  const windows = createWindows({ preload: join(root, "out", "preload", "index.cjs"), icon, ports, log });
  const end = endWith(running, log);
  const actions: Actions = { ...windows, quit: () => void askToQuit(words, end) };
  setMenu(words, actions, log);
  const tray = createTray(icon, words, actions);
  app.on("second-instance", windows.show);
  app.on("activate", windows.show);
  // Closing the window leaves the site running in the tray.
  app.on("window-all-closed", () => undefined);
  app.on("before-quit", (event) => {
    event.preventDefault();
    end();
  });
  powerSaveBlocker.start("prevent-app-suspension");
  windows.show();
  tray.follow(await running);
}

async function startSite(
  data: string,
  resources: string,
  args: ServeArgs,
  words: Words,
  log: Log,
): Promise<Application> {
  const siteFile = await readSiteFile(args.site);
  if (!siteFile.ok) return refuse(words, siteFile.message);
  const started = await createApplication({
    version: app.getVersion(),
    headless: false,
    dataFolder: data,
    resources,
    siteFile: siteFile.yaml,
    demo: args.demo,
    speed: args.speed,
    seed: DEMO_SEED,
    ocpp: { host: args.ocppHost, port: args.ocppPort },
    log,
  });
  return started.ok ? started.application : refuse(words, startFailureWords(started, args.site));
}

/** Says why there is no site and leaves; nothing that waits for the site goes on. */
function refuse(words: Words, message: string): Promise<never> {
  process.stderr.write(`${message}\n`);
  dialog.showErrorBox(words.cannotStart, message);
  app.exit(CANNOT_RUN);
  return new Promise(() => undefined);
}

/** Everything after the package's own path is ours; before it may stand switches for Electron itself. */
function argumentsOf(argv: readonly string[]): readonly string[] {
  const own = argv.findIndex((argument) => resolve(argument) === resolve(app.getAppPath()));
  return argv.slice(app.isPackaged ? 1 : own + 1);
}

/** Each data folder has its own window profile, and so its own single instance. */
function useDataFolder({ data, demo }: ServeArgs): string {
  const folder = data === null ? join(app.getPath("userData"), demo ? "demo" : "site") : resolve(data);
  const profile = join(folder, "window");
  mkdirSync(profile, { recursive: true });
  app.setPath("userData", profile);
  return folder;
}

/** Returns how to end: the site is closed first, then the app. Signals and faults of our own code take the same way. */
function endWith(running: Promise<Application>, log: Log): () => void {
  const { ended, end } = watchEnding(log, async () => {
    await (await running).close();
  });
  void ended.then((code) => {
    app.exit(code);
  });
  return end;
}

async function askToQuit(words: Words, end: () => void): Promise<void> {
  const QUIT = 1;
  const { response } = await dialog.showMessageBox({
    type: "warning",
    title: words.quitTitle,
    message: words.quitTitle,
    detail: words.quitText,
    buttons: [words.cancel, words.quitConfirm],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  });
  if (response === QUIT) end();
}
