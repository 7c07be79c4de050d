import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
/** How long a page may take until what a test waits for is there. */
const SETTLED_ms = 30_000;

export type Look = {
  readonly theme?: string;
  readonly size?: { readonly width: number; readonly height: number };
};

/** One page in a context of its own, in English. */
export async function openPage(browser: Browser, address: string, look: Look = {}): Promise<Page> {
  const context = await browser.newContext({
    viewport: look.size ?? { width: 1280, height: 800 },
    locale: "en",
    reducedMotion: "reduce",
    acceptDownloads: true,
  });
  // Only where nothing is chosen yet, so that what a test chooses outlives a reload.
  await context.addInitScript(
    (stored) => {
      const key = "chargehand.preferences";
      if (localStorage.getItem(key) === null) localStorage.setItem(key, stored);
    },
    JSON.stringify({ theme: look.theme ?? "light", language: "en" }),
  );
  const page = await context.newPage();
  page.setDefaultTimeout(SETTLED_ms);
  await page.goto(address);
  return page;
}

/** What keeps somebody out, by the rules of axe: only serious and critical findings, with the elements they are about. */
export async function seriousViolations(page: Page): Promise<readonly string[]> {
  // Put in from outside: the page's own policy allows no script but its own.
  await page.evaluate(await readFile(AXE, "utf8"));
  const results = await page.evaluate<AxeResults>("axe.run(document, { iframes: false })");
  return results.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary ?? ""}`).join(" | ")}`,
    );
}
