import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { describeWith } from "../setup/tools.ts";
import { openPage, seriousViolations } from "./browse.ts";
import { type DemoSite, startDemoSite } from "./demo-site.ts";

const SPEED = 20;
const SITE_CHANGES_WITHIN_ms = 60_000;

const live = z.object({
  stations: z.array(
    z.object({ stationId: z.string(), queuePlace: z.int().nullable(), session: z.object({}).nullable() }),
  ),
});
const settings = z.object({ site: z.object({ rule: z.string() }) });

describeWith("chromium", "how cars share, on the built program", (executablePath) => {
  let site: DemoSite;
  let browser: Browser;

  beforeAll(async () => {
    [site, browser] = await Promise.all([
      startDemoSite(SPEED),
      chromium.launch({ executablePath, args: ["--headless", "--no-sandbox", "--disable-gpu"] }),
    ]);
  });
  afterAll(async () => {
    await browser.close();
    await site.stop();
  });

  const open = (path: string): Promise<Page> => openPage(browser, new URL(path, site.url).href);
  const stationWith = async (holds: (one: z.infer<typeof live>["stations"][number]) => boolean): Promise<string> => {
    const find = async (): Promise<string | undefined> =>
      live.parse(await site.ask("/live")).stations.find(holds)?.stationId;
    await expect.poll(find, { timeout: SITE_CHANGES_WITHIN_ms }).toBeDefined();
    return (await find()) ?? "";
  };

  test("a rule is previewed, taken, and then a car that waits says its place and when its turn comes", async () => {
    await stationWith(({ session }) => session !== null);
    const page = await open("/#/settings?page=sharing");
    await page.getByRole("radio", { name: "Need first, then equal" }).waitFor();
    await page.getByRole("radio", { name: "First come, first served" }).check();
    await page.getByRole("columnheader", { name: "With this rule" }).waitFor();
    expect(settings.parse(await site.ask("/balancing")).site.rule).toBe("need");
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByRole("button", { name: "Use this rule" }).click();
    await page.getByText("The rule is in force.").waitFor();
    expect(settings.parse(await site.ask("/balancing")).site.rule).toBe("first-come");

    const stationId = await stationWith(({ queuePlace }) => queuePlace !== null);
    const why = await open(`/#/live?station=${stationId}&panel=why`);
    await why.getByRole("region", { name: "What if…" }).waitFor();
    await why
      .getByText(/in the queue\. (Its turn|It will|Nobody can)/u)
      .first()
      .waitFor();
    expect(await seriousViolations(why)).toEqual([]);
  });

  test("what is said of a stay is kept and can be taken back", async () => {
    const stationId = await stationWith(({ session }) => session !== null);
    const page = await open(`/#/live?station=${stationId}`);
    const form = page.getByRole("form", { name: "Say when it leaves" });
    await form.getByRole("button", { name: "Save" }).click();
    await form.getByRole("alert").waitFor();
    await form.getByLabel("Leaves in").fill("2");
    await form.getByLabel("Needs in all").fill("12");
    await form.getByRole("button", { name: "Save" }).click();
    await page.getByText(/^Said so far: .*12\.0.kWh/u).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await form.getByRole("button", { name: "Forget it" }).click();
    await page.getByText(/^Said so far/u).waitFor({ state: "detached" });
  });
});
