import { expect, test } from "vitest";
import { z } from "zod";
import { describeWith } from "../setup/tools.ts";
import { seriousViolations } from "./browse.ts";
import { newestFirst, startDemoSite } from "./demo-site.ts";
import { found, onScreen } from "./on-screen.ts";

const SPEED = 20;
const SITE_CHANGES_WITHIN_ms = 60_000;
/** How long one look takes at the most; after that another car is looked for. */
const DRAWN_WITHIN_ms = 10_000;
const LOOK_EVERY_ms = 500;

const live = z.object({
  stations: z.array(
    z.object({
      stationId: z.string(),
      queuePlace: z.int().nullable(),
      session: z.object({ started_at_ms: z.int() }).nullable(),
    }),
  ),
});
const settings = z.object({ site: z.object({ rule: z.string() }) });

describeWith("chromium", "how cars share, on the built program", (executablePath) => {
  const { site, ask, open } = onScreen(executablePath, () => startDemoSite(SPEED));
  const stations = async (): Promise<z.infer<typeof live>["stations"]> => live.parse(await ask("/live")).stations;
  const stationWithCar = (): Promise<string> =>
    found(async () => {
      const taken = newestFirst(await stations()).find(({ session }) => session !== null);
      return taken?.stationId ?? null;
    }, "a car has a session");

  test("a rule is previewed, taken, and then a car that waits says its place and when its turn comes", async () => {
    await stationWithCar();
    const page = await open("/#/settings?page=sharing");
    await page.getByRole("radio", { name: "Need first, then equal" }).waitFor();
    await page.getByRole("radio", { name: "First come, first served" }).check();
    await page.getByRole("columnheader", { name: "With this rule" }).waitFor();
    expect(settings.parse(await ask("/balancing")).site.rule).toBe("need");
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByRole("button", { name: "Use this rule" }).click();
    await page.getByText("The rule is in force.").waitFor();
    expect(settings.parse(await ask("/balancing")).site.rule).toBe("first-come");

    const why = await open("/#/live");
    // Whose turn has come waits no more: then the next look is at another car.
    const answers = async (): Promise<number> => {
      const waits = (await stations()).find(({ queuePlace }) => queuePlace !== null);
      if (waits === undefined) return 0;
      await why.goto(new URL(`/#/live?station=${waits.stationId}&panel=why`, site().url).href);
      await why.getByRole("region", { name: "What if…" }).waitFor({ timeout: DRAWN_WITHIN_ms });
      return why.getByText(/in the queue\. (Its turn|It will|Nobody can)/u).count();
    };
    await expect.poll(answers, { timeout: SITE_CHANGES_WITHIN_ms, interval: LOOK_EVERY_ms }).toBeGreaterThan(0);
    expect(await seriousViolations(why)).toEqual([]);
  });

  test("what is said of a stay is kept and can be taken back", async () => {
    const stationId = await stationWithCar();
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
