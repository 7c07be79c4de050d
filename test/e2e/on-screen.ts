import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { type Look, openPage } from "./browse.ts";
import type { DemoSite } from "./demo-site.ts";

const FOUND_WITHIN_ms = 60_000;
const LOOK_EVERY_ms = 100;

export type OnScreen = {
  readonly site: () => DemoSite;
  /** One call of the program's REST API, with the answer as it came. */
  readonly ask: DemoSite["ask"];
  /** A page of the program, in a context of its own. */
  readonly open: (path: string, look?: Look) => Promise<Page>;
};

/** The built program and a browser for the tests of a file: both are there before the first and end after the last. */
export function onScreen(executablePath: string, start: () => Promise<DemoSite>): OnScreen {
  let site: DemoSite;
  let browser: Browser;
  beforeAll(async () => {
    [site, browser] = await Promise.all([
      start(),
      chromium.launch({ executablePath, args: ["--headless", "--no-sandbox", "--disable-gpu"] }),
    ]);
  });
  afterAll(async () => {
    await browser.close();
    await site.stop();
  });
  return {
    site: () => site,
    ask: (path, body) => site.ask(path, body),
    open: (path, look) => openPage(browser, new URL(path, site.url).href, look),
  };
}

/** The first answer of `look` that is something. What was found then is used as it was: the next look may find nothing. */
export async function found<T>(look: () => Promise<T | null>, what: string): Promise<T> {
  const deadline = performance.now() + FOUND_WITHIN_ms;
  for (;;) {
    const answer = await look();
    if (answer !== null) return answer;
    if (performance.now() > deadline) throw new Error(`never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_ms));
  }
}
