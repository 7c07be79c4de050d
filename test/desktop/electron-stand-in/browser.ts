import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";

// Chromium knows no app: scheme, so our pages have an https address there; everything else sees app:// as in Electron.

const APP = "app://chargehand";
const WEB = "https://chargehand.invalid";

export const toApp = (address: string): string => address.replace(WEB, APP);
export const toWeb = (address: string): string => address.replace(APP, WEB);
export const WEB_ORIGIN = WEB;

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--remote-debugging-port=0",
];

/** Headless Chromium with a profile of its own below `folder`; its debugging address is where a test looks at the pages. */
export async function launchBrowser(folder: string): Promise<{ context: BrowserContext; endpoint: string }> {
  const profile = join(folder, "chromium");
  mkdirSync(profile, { recursive: true });
  const executablePath = process.env["CHARGEHAND_CHROMIUM"] ?? "chromium";
  const context = await chromium.launchPersistentContext(profile, { executablePath, headless: true, args: FLAGS });
  const [port = ""] = readFileSync(join(profile, "DevToolsActivePort"), "utf8").split("\n");
  return { context, endpoint: `http://127.0.0.1:${port}` };
}
