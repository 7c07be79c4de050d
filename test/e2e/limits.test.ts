import { expect, test } from "vitest";
import { z } from "zod";
import { describeWith } from "../setup/tools.ts";
import { seriousViolations } from "./browse.ts";
import { startDemoSite } from "./demo-site.ts";
import { found, onScreen } from "./on-screen.ts";

const SPEED = 20;
const LIMIT_W = 14_000;
const SITE_FOLLOWS_WITHIN_ms = 60_000;
const LOOK_EVERY_ms = 250;
/** How long one look takes at the most; after that another car is looked for. */
const DRAWN_WITHIN_ms = 10_000;

const live = z.object({
  site: z.object({ evPower_W: z.int().nullable() }),
  stations: z.array(
    z.object({
      stationId: z.string(),
      granted_mA: z.int(),
      because: z.array(z.object({ kind: z.string(), ref: z.string() })),
    }),
  ),
});
const signals = z.array(z.object({ id: z.string(), active: z.object({ limit_W: z.int().nullable() }).nullable() }));
const settings = z.object({ limits: z.array(z.object({ id: z.string() })), circuits: z.array(z.unknown()) });

describeWith("chromium", "limits and prices, on the built program", (executablePath) => {
  const { site, ask, open } = onScreen(executablePath, () => startDemoSite(SPEED));
  const now = async (): Promise<z.infer<typeof live>> => live.parse(await ask("/live"));
  const imposed = async (): Promise<z.infer<typeof signals>> => signals.parse(await ask("/signals"));
  const heldBy = async (ref: string): Promise<string | null> =>
    (await now()).stations.find(({ because }) => because.some((rung) => rung.ref === ref))?.stationId ?? null;

  test("a time window is said in a sentence, kept by the site and named by the ladder, and lifted when it is removed", async () => {
    await found(async () => ((await now()).site.evPower_W ?? 0) > LIMIT_W || null, "cars draw more than the limit");
    const page = await open("/#/settings?page=limits");
    await page.getByText("No limit is set.").waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByRole("button", { name: "Add a limit" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByText("Nothing was saved.").waitFor();
    await dialog.getByText("Fill this in.").first().waitFor();
    expect(settings.parse(await ask("/limits")).limits).toEqual([]);

    await dialog.getByLabel("Name").fill("Evening peak");
    await dialog.getByLabel("What counts").click();
    await page.getByRole("option", { name: "Cars only" }).click();
    await dialog.getByLabel("Sat, row 1").check();
    await dialog.getByLabel("Sun, row 1").check();
    await dialog.getByLabel("From").fill("0:00");
    await dialog.getByLabel("To", { exact: true }).fill("25:00");
    await dialog.getByText("A time such as 17:00.").waitFor();
    await dialog.getByLabel("To", { exact: true }).fill("24:00");
    await dialog.getByLabel("Power").fill("999");
    await dialog.getByText("a higher limit would change nothing").waitFor();
    await dialog.getByLabel("Power").fill("14");
    await dialog.getByText("At all times: all cars together take at most 14 kW.").waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved and in force.").waitFor();
    await page.getByText("In force: 14 kW").waitFor();
    expect(await imposed()).toMatchObject([{ id: "Evening-peak", active: { limit_W: LIMIT_W } }]);

    await expect
      .poll(async () => (await now()).site.evPower_W, { timeout: SITE_FOLLOWS_WITHIN_ms, interval: LOOK_EVERY_ms })
      .toSatisfy((power_W) => power_W !== null && Number(power_W) <= LIMIT_W);
    const why = await open("/#/live");
    // Another limit may bind a car by the next second: then the next look is at another one.
    const answers = async (): Promise<number> => {
      const stationId = await found(() => heldBy("Evening-peak"), "a car is held by the limit");
      await why.goto(new URL(`/#/live?station=${stationId}&panel=why`, site().url).href);
      await why.getByRole("region", { name: "What if…" }).waitFor({ timeout: DRAWN_WITHIN_ms });
      return why.getByText(/the schedule Evening-peak allows/u).count();
    };
    await expect.poll(answers, { timeout: SITE_FOLLOWS_WITHIN_ms, interval: LOOK_EVERY_ms }).toBeGreaterThan(0);

    await page.getByRole("button", { name: "Remove Evening peak" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await page.getByText("Removed; it limits nothing any more.").waitFor();
    expect(await imposed()).toEqual([]);
    await expect
      .poll(async () => (await now()).site.evPower_W ?? 0, {
        timeout: SITE_FOLLOWS_WITHIN_ms,
        interval: LOOK_EVERY_ms,
      })
      .toBeGreaterThan(LIMIT_W);
    expect(await heldBy("Evening-peak")).toBeNull();
  });

  test("a program's password is shown once, and prices are said in sentences", async () => {
    const page = await open("/#/settings?page=limits");
    await page.getByRole("button", { name: "Add a limit" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("radio", { name: "When a program asks for it" }).check();
    await dialog.getByLabel("Name").fill("Energy manager");
    await dialog.getByLabel("Power").fill("11");
    await dialog.getByText("If nothing is heard from there for 2 min: at most 11 kW.").waitFor();
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByRole("dialog", { name: "Password for Energy manager" }).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    const password = await dialog.locator("code").textContent();
    expect(password).toMatch(/^[\w-]{24}$/u);
    await dialog.getByRole("button", { name: "Done" }).click();
    await dialog.waitFor({ state: "detached" });

    await page.getByRole("button", { name: "Change prices" }).click();
    await dialog.getByLabel("A kWh costs").fill("0.32");
    await dialog.getByRole("button", { name: "Add hours" }).click();
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByText("Fill this in.").waitFor();
    await dialog.getByLabel("Price of a kWh").fill("0.19");
    await dialog.getByText("Every day 22:00–06:00 €0.19; at all other hours €0.32 for a kWh.").waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved and in force.").waitFor();
    expect(await ask("/planning")).toMatchObject({ prices: "hours" });
  });
});
