// @ts-check
// Takes pictures of every screen of a running site, for people to look at:
//   node scripts/screenshots.mjs http://127.0.0.1:8080 pictures [only]
// `only` keeps the views whose name contains it, such as "live" or "dark".
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [url, folder, only = ""] = process.argv.slice(2);
if (url === undefined || folder === undefined) {
  process.stderr.write("usage: node scripts/screenshots.mjs URL FOLDER [only]\n");
  process.exit(2);
}

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const SETTLE_ms = 1_500;
const LOAD_TIMEOUT_ms = 20_000;
const DESK = { width: 1280, height: 800 };
const WIDE = { width: 1920, height: 1080 };
const PHONE = { width: 390, height: 844 };
const FOUR_K = { width: 3840, height: 2160 };

/**
 * @typedef {{ name: string, path: string, size?: { width: number, height: number }, theme?: string, language?: string,
 *   media?: "print", steps?: (page: import("playwright-core").Page) => Promise<void> }} View
 */

/** Opens the panel of the first charger that is limited, else of the first one. @param {import("playwright-core").Page} page */
const openWhy = async (page) => {
  const why = page.locator("main button[data-why]").first();
  await ((await why.count()) > 0 ? why : page.locator("main li button").first()).click();
  await page.waitForTimeout(SETTLE_ms);
};
/** @param {import("playwright-core").Page} page */
const openCharger = async (page) => {
  await openWhy(page);
  await page.getByRole("tab").first().click();
  await page.waitForTimeout(SETTLE_ms);
};

/** Opens the page of the first charger on a bus. @param {import("playwright-core").Page} page */
const openDevice = async (page) => {
  const row = page.locator("tbody tr", { hasText: /add?ress/iu });
  await row.first().locator("a").first().click();
  await page.waitForTimeout(SETTLE_ms);
};
/** @param {import("playwright-core").Page} page */
const openMessages = async (page) => {
  await openDevice(page);
  await page.locator("button[aria-expanded=false]").last().click();
  await page.waitForTimeout(SETTLE_ms);
  await page.locator("ol li").first().scrollIntoViewIfNeeded();
};

const SCREENS = ["live", "sessions", "billing", "history", "alerts", "settings"];
/** @type {View[]} */
const VIEWS = [
  ...SCREENS.flatMap((name) =>
    ["light", "dark"].flatMap((theme) => [
      { name: `${name}-${theme}-1280`, path: `/#/${name}`, theme, size: DESK },
      { name: `${name}-${theme}-1920`, path: `/#/${name}`, theme, size: WIDE },
    ]),
  ),
  { name: "live-why-light-1280", path: "/#/live", size: DESK, steps: openWhy },
  { name: "live-why-dark-1920", path: "/#/live", size: WIDE, theme: "dark", steps: openWhy },
  { name: "live-charger-light-1280", path: "/#/live", size: DESK, steps: openCharger },
  { name: "live-charger-dark-1920", path: "/#/live", size: WIDE, theme: "dark", steps: openCharger },
  { name: "live-sun-1280", path: "/#/live", size: DESK, theme: "sun" },
  { name: "live-german-1280", path: "/#/live", size: DESK, language: "de" },
  { name: "live-phone", path: "/#/live", size: PHONE },
  { name: "live-4k", path: "/#/live", size: FOUR_K },
  { name: "live-1024", path: "/#/live", size: { width: 1024, height: 768 } },
  { name: "live-print", path: "/#/live", size: { width: 1060, height: 750 }, media: "print" },
  { name: "settings-devices-light-1280", path: "/#/settings?page=devices", size: DESK },
  ...["light", "dark"].flatMap((theme) => [
    { name: `commissioning-${theme}-1280`, path: "/#/settings?page=commissioning", theme, size: DESK },
    { name: `commissioning-${theme}-1920`, path: "/#/settings?page=commissioning", theme, size: WIDE },
    { name: `limits-${theme}-1280`, path: "/#/settings?page=limits", theme, size: DESK },
    { name: `limits-${theme}-1920`, path: "/#/settings?page=limits", theme, size: WIDE },
    { name: `devices-${theme}-1280`, path: "/#/devices", theme, size: DESK },
    { name: `devices-${theme}-1920`, path: "/#/devices", theme, size: WIDE },
    { name: `devices-one-${theme}-1280`, path: "/#/devices", theme, size: DESK, steps: openDevice },
    { name: `devices-one-${theme}-1920`, path: "/#/devices", theme, size: WIDE, steps: openDevice },
    { name: `devices-box-${theme}-1280`, path: "/#/devices?kind=station&device=P01&box=settings", theme, size: DESK },
    {
      name: `devices-box-files-${theme}-1920`,
      path: "/#/devices?kind=station&device=P01&box=files",
      theme,
      size: WIDE,
    },
    { name: `devices-find-${theme}-1280`, path: "/#/devices?find=true", theme, size: DESK },
    { name: `devices-add-${theme}-1280`, path: "/#/devices?add=true", theme, size: DESK },
    {
      name: `devices-change-${theme}-1920`,
      path: "/#/devices?kind=station&device=P05&change=true",
      theme,
      size: WIDE,
    },
  ]),
  { name: "devices-raw-light-1280", path: "/#/devices", size: DESK, steps: openMessages },
  { name: "devices-raw-dark-1920", path: "/#/devices", size: WIDE, theme: "dark", steps: openMessages },
  { name: "devices-one-german-1280", path: "/#/devices", size: DESK, language: "de", steps: openDevice },
  { name: "kiosk-1920", path: "/kiosk", size: WIDE },
];

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
try {
  for (const view of VIEWS.filter(({ name }) => name.includes(only))) await take(view);
} finally {
  await browser.close();
}

/** @param {View} view */
async function take({ name, path, size = DESK, theme = "light", language = "en", media, steps }) {
  const context = await browser.newContext({ viewport: size, reducedMotion: "reduce" });
  await context.addInitScript((stored) => {
    localStorage.setItem("chargehand.preferences", stored);
  }, JSON.stringify({ theme, language }));
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error") process.stderr.write(`${name}: ${message.text()}\n`);
  });
  page.on("pageerror", (error) => process.stderr.write(`${name}: ${error.message}\n`));
  await page.goto(new URL(path, url).href, { timeout: LOAD_TIMEOUT_ms });
  await page.waitForTimeout(SETTLE_ms);
  await steps?.(page);
  if (media !== undefined) await page.emulateMedia({ media });
  const file = join(folder ?? ".", `${name}.png`);
  await page.screenshot({ path: file });
  process.stdout.write(`${file}\n`);
  await context.close();
}
