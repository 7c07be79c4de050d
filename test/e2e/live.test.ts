import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { z } from "zod";
import { describeWith } from "../setup/tools.ts";
import { seriousViolations } from "./browse.ts";
import { newestFirst, startDemoSite } from "./demo-site.ts";
import { found, onScreen } from "./on-screen.ts";
import { callInAs } from "./unknown-station.ts";

/** Twenty site seconds in one: cars come and go while a test looks on. */
const SPEED = 20;
const SITE_CHANGES_WITHIN_ms = 60_000;
/** After this long without news nobody may take what stands on the screen for true. */
const STALE_WITHIN_ms = 30_000;
/** A picture of the page stands for at least as long, so that what was opened has time to be drawn. */
const LOOK_EVERY_ms = 500;
/** A bay may stop being limited while it is clicked on; then another one is looked for. */
const CLICK_WITHIN_ms = 5_000;
const SCREENS = ["live", "sessions", "billing", "history", "alerts", "settings"];

const station = z.object({
  stationId: z.string(),
  state: z.string(),
  granted_mA: z.int(),
  session: z.object({ sessionId: z.string(), started_at_ms: z.int() }).nullable(),
});
const live = z.object({ stations: z.array(station) });
const ocppConnection = z.object({ kind: z.literal("ocpp"), identity: z.string(), protocol: z.string() });
const detail = z.object({ live: station, connection: z.union([ocppConnection, z.object({ kind: z.string() })]) });
const waiting = z.array(z.object({ identity: z.string() }));

/** "12.7 A" as the page writes it; no other text is a current. */
function ampere(text: string): number {
  const read = /^(\d+(?:\.\d+)?)\s*A$/u.exec(text.trim())?.[1];
  if (read === undefined) throw new Error(`"${text}" is no current`);
  return Number(read);
}

type Rung = { readonly value: string; readonly step: readonly string[] | null; readonly isResult: boolean };

/**
 * Looks at the ladder of a limited bay, at all of it in one moment: the next second may bring another grant, and the car may
 * leave, whose bay then has no ladder. In that case the reason of the next limited bay is clicked on, to be seen at the next look.
 */
function limitedLadder(page: Page): () => Promise<readonly Rung[]> {
  const ladder = page.getByRole("region", { name: "From the maximum to the grant" });
  const reasons = page.locator("button[data-why]");
  let turn = 0;
  return async () => {
    const rungs = await ladder.locator("li").evaluateAll((items) =>
      items.map((item) => ({
        value: item.firstElementChild?.textContent ?? "",
        step: /([\d.]+\s*A) → ([\d.]+\s*A)/u.exec(item.textContent)?.slice(1) ?? null,
        isResult: item.hasAttribute("data-result"),
      })),
    );
    if (rungs.length > 2) return rungs;
    const nth = turn % Math.max(1, await reasons.count());
    turn += 1;
    await reasons.nth(nth).click({ timeout: CLICK_WITHIN_ms });
    return [];
  };
}

describeWith("chromium", "the live screen, on the built program", (executablePath) => {
  const { site, ask, open } = onScreen(executablePath, () => startDemoSite(SPEED));
  const stations = async (): Promise<readonly z.infer<typeof station>[]> => live.parse(await ask("/live")).stations;

  test("every charger has a tile, and the reason of a limited one is one click away, in numbers that chain", async () => {
    const page = await open("/#/live");
    await page.getByRole("button", { name: /^Bay 12, /u }).waitFor();
    await expect.poll(() => page.getByRole("button", { name: /^Bay \d+, /u }).count()).toBe(12);

    const ladder = limitedLadder(page);
    let rungs: readonly Rung[] = [];
    await expect
      .poll(async () => (rungs = await ladder()).length, { timeout: SITE_CHANGES_WITHIN_ms, interval: LOOK_EVERY_ms })
      .toBeGreaterThan(2);
    const values = rungs.map(({ value }) => ampere(value));
    rungs.forEach(({ step }, index) => {
      if (step === null) return;
      expect(step.map(ampere)).toEqual([values[index - 1], values[index]]);
    });
    expect(rungs.at(-1)?.isResult).toBe(true);
    expect(values.at(-1)).toBe(values.at(-2));

    const shownBeyondGranted = async (): Promise<number | null> => {
      const shown = (await ladder()).find(({ isResult }) => isResult);
      const stationId = /station=(P\d+)/u.exec(page.url())?.[1];
      const granted_mA = (await stations()).find((one) => one.stationId === stationId)?.granted_mA;
      return shown === undefined || granted_mA === undefined
        ? null
        : ampere(shown.value) - Math.floor(granted_mA / 100) / 10;
    };
    await expect.poll(shownBeyondGranted, { timeout: SITE_CHANGES_WITHIN_ms }).toBe(0);
  });

  test("a stop asks first, then the session ends", async () => {
    const byOcpp = async (): Promise<{ stationId: string; sessionId: string; told: string } | null> => {
      for (const { stationId, session, state } of newestFirst(await stations())) {
        if (session === null || (state !== "charging" && state !== "limited")) continue;
        const { connection } = detail.parse(await ask(`/stations/${stationId}`));
        if (!("protocol" in connection)) continue;
        return {
          stationId,
          sessionId: session.sessionId,
          told: `${connection.protocol}, identity ${connection.identity}`,
        };
      }
      return null;
    };
    const chosen = await found(byOcpp, "a car charges at an OCPP station");
    const page = await open(`/#/live?station=${chosen.stationId}`);
    const panel = page.getByRole("complementary", { name: /^Charger /u });
    await panel.getByText("Connection and device").waitFor();
    expect(chosen.told).toMatch(/^ocpp\d\.\d(\.\d)?, identity CP-/u);
    await panel.getByText(chosen.told).waitFor();

    await panel.getByRole("button", { name: "Stop" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("The running session ends and is priced.").waitFor();
    await dialog.getByRole("button", { name: "Stop charging" }).click();
    await panel.getByText(/Stop.*accepted/u).waitFor();
    await expect
      .poll(
        async () => (await stations()).find(({ stationId }) => stationId === chosen.stationId)?.session?.sessionId,
        { timeout: SITE_CHANGES_WITHIN_ms },
      )
      .not.toBe(chosen.sessionId);
  });

  test("an address that leads nowhere says so, with the way back", async () => {
    const page = await open("/#/devices/station/P01");
    await page.getByText("There is no such page").waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByRole("main").getByRole("link", { name: "Live" }).click();
    await page.getByRole("button", { name: /^Bay 12, /u }).waitFor();
  });

  test("look and language change at a click and stay after a reload", async () => {
    const page = await open("/#/live");
    await page.getByRole("button", { name: "Appearance" }).click();
    await page.getByRole("menuitemradio", { name: "Dark" }).click();
    await expect.poll(() => page.locator("html").getAttribute("data-theme")).toBe("dark");
    await page.getByRole("button", { name: "Language" }).click();
    await page.getByRole("menuitemradio", { name: "Deutsch" }).click();
    await page.getByRole("link", { name: "Ladevorgänge" }).waitFor();
    await page.reload();
    await page.getByRole("link", { name: "Ladevorgänge" }).waitFor();
    expect(await page.locator("html").getAttribute("data-theme")).toBe("dark");
    expect(await page.locator("html").getAttribute("lang")).toBe("de");
  });

  test.each(["light", "dark", "sun"])(
    "every screen says DEMO, scrolls in one direction, keeps nobody out (%s)",
    async (theme) => {
      for (const path of [...SCREENS, "settings?page=devices", "live?station=P02", "live?station=P02&panel=why"]) {
        const page = await open(`/#/${path}`, { theme });
        await page.locator("main h1, main h2").first().waitFor();
        await page.getByText("DEMO", { exact: true }).first().waitFor();
        expect(await seriousViolations(page), path).toEqual([]);
        const beyond = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
        expect(beyond, path).toBe(0);
        await page.context().close();
      }
    },
  );

  test("a box that nobody knows appears among the devices and gets a place", async () => {
    const box = await callInAs("ACME-4711", site().ocppUrl);
    try {
      const page = await open("/#/settings?page=devices");
      await page.getByText("ACME-4711").waitFor();
      await page.getByRole("button", { name: "Adopt" }).click();
      const form = page.getByRole("dialog");
      await form.getByLabel("Id").fill("P 13");
      await form.getByRole("button", { name: "Adopt charger" }).click();
      await form.getByText("Only letters, digits, - and _").waitFor();
      await form.getByLabel("Id").fill("P13");
      await form.getByLabel("Name of the bay").fill("Visitors");
      expect(await seriousViolations(page)).toEqual([]);
      await form.getByRole("button", { name: "Adopt charger" }).click();
      await form.waitFor({ state: "detached" });
      await expect.poll(async () => waiting.parse(await ask("/waiting-stations"))).toEqual([]);
      await expect.poll(async () => (await stations()).map(({ stationId }) => stationId)).toContain("P13");
      await page.goto(new URL("/#/live", site().url).href);
      await page.getByRole("button", { name: /^Visitors, /u }).waitFor();
    } finally {
      box.close();
    }
  });

  test("values of an engine that is gone are marked as old", async () => {
    const page = await open("/#/live");
    await page.getByRole("button", { name: /^Bay 1, /u }).waitFor();
    // What a page fetches ahead is there when nothing has been under way for half a second.
    await page.waitForLoadState("networkidle");
    await expect.poll(() => page.getByText(/^Old values/u).count()).toBe(0);
    await site().kill();
    await page.getByText(/^Old values/u).waitFor({ timeout: STALE_WITHIN_ms });
    expect(await page.getByRole("button", { name: /^Bay 1, /u }).count()).toBe(1);
    await page.getByRole("button", { name: /^Bay 1, /u }).click();
    const stop = page.getByRole("complementary").getByRole("button", { name: /^(Start|Stop)$/u });
    await expect.poll(() => stop.isDisabled()).toBe(true);
  });
});
