import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "../setup/tools.ts";
import { openPage, seriousViolations } from "./browse.ts";
import { type DemoSite, startDemoSite } from "./demo-site.ts";

/** A month of the demo is lived through several times in another thread. */
const ADVISED_WITHIN_ms = 60_000;

describeWith("chromium", "the phases page, on the built program", (executablePath) => {
  let site: DemoSite;
  let browser: Browser;

  beforeAll(async () => {
    [site, browser] = await Promise.all([
      startDemoSite(),
      chromium.launch({ executablePath, args: ["--headless", "--no-sandbox", "--disable-gpu"] }),
    ]);
  });
  afterAll(async () => {
    await browser.close();
    await site.stop();
  });

  test("names every bay with its phases, says what is known of them, and keeps nobody out", async () => {
    const page = await openPage(browser, new URL("/#/settings?page=phases", site.url).href);
    await page.getByRole("button", { name: "Test Bay 1", exact: true }).waitFor();
    expect(await page.getByRole("row").count()).toBe(13);
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByRole("button", { name: "Work it out" }).click();
    const told = page.getByText(/Nothing to gain|more energy/u);
    await told.waitFor({ timeout: ADVISED_WITHIN_ms });
    expect(await told.textContent()).toMatch(/From [\d,]+ sessions/u);
    expect(await seriousViolations(page)).toEqual([]);
  });
});
