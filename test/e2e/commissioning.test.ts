import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { z } from "zod";
import { describeWith } from "../setup/tools.ts";
import { seriousViolations } from "./browse.ts";
import { type DemoSite, startDemoSite, startSiteFile } from "./demo-site.ts";
import { onScreen } from "./on-screen.ts";

const PAGE = "/#/settings?page=commissioning";
const SITE_CHANGES_WITHIN_ms = 60_000;

const status = z.object({
  state: z.string(),
  fallbacks: z.array(z.object({ stationId: z.string(), promised_mA: z.number(), provenBy: z.string().nullable() })),
  override: z.object({ reason: z.string() }).nullable(),
  running: z.object({ stationId: z.string(), stage: z.string() }).nullable(),
});
const live = z.object({
  stations: z.array(z.object({ stationId: z.string(), drawn_mA: z.array(z.number().nullable()) })),
});

const rowOf = (page: Page, bay: string) =>
  page.getByRole("row").filter({ has: page.getByRole("checkbox", { name: bay, exact: true }) });

describeWith("chromium", "commissioning of the demo, on the built program", (executablePath) => {
  const { ask, open } = onScreen(executablePath, startDemoSite);

  test("a trial run is said calmly on Live, and the page behind it names what is missing", async () => {
    const page = await open("/#/live");
    await page.getByText(/Trial run: \d+ of 12 chargers/u).waitFor();
    await page.getByRole("link", { name: "Commissioning" }).click();
    const verdict = page.getByRole("region", { name: "May this site be left to itself?" });
    await verdict.getByText("Trial run", { exact: true }).waitFor();
    await verdict.getByText(/Not yet shown: .*Bay \d+/u).waitFor();
    expect(status.parse(await ask("/commissioning")).state).toBe("trial");
    expect(await seriousViolations(page)).toEqual([]);
  });

  test("what somebody saw is entered by keyboard alone and changes how it is known", async () => {
    const { fallbacks } = status.parse(await ask("/commissioning"));
    const unproven = fallbacks.find(({ provenBy, promised_mA }) => provenBy === null && promised_mA > 0);
    const bay = `Bay ${String(Number(unproven?.stationId.slice(1)))}`;
    const page = await open(PAGE);
    await rowOf(page, bay).getByText("not proven").waitFor();
    await page.getByRole("button", { name: `I saw it myself at ${bay}`, exact: true }).press("Enter");
    const dialog = page.getByRole("dialog", { name: `What ${bay} keeps, seen by you` });
    await dialog.getByLabel("Current seen, per phase").press("Enter");
    await dialog.getByText("A current from 0 to 100 A.").waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await page.keyboard.type("6");
    await page.keyboard.press("Enter");
    await rowOf(page, bay)
      .getByText(/seen by somebody on/u)
      .waitFor();
    await rowOf(page, bay)
      .getByText(/seen to keep 6.A/u)
      .waitFor();
  });

  test("a test says step by step what to do, and can be cancelled", async () => {
    const { fallbacks } = status.parse(await ask("/commissioning"));
    const promised_mA = new Map(fallbacks.map((bay) => [bay.stationId, bay.promised_mA]));
    const testable = async (): Promise<string | undefined> =>
      live
        .parse(await ask("/live"))
        .stations.find(
          ({ stationId, drawn_mA }) =>
            Math.max(...drawn_mA.map((one) => one ?? 0)) > (promised_mA.get(stationId) ?? Infinity) + 4_000,
        )?.stationId;
    await expect.poll(testable, { timeout: SITE_CHANGES_WITHIN_ms }).toBeDefined();
    const bay = `Bay ${String(Number((await testable())?.slice(1)))}`;
    const page = await open(PAGE);
    await page.getByRole("button", { name: `Test ${bay}`, exact: true }).click();
    const running = page.getByRole("region", { name: `${bay} is being tested` });
    await running.getByText(/^Pull the network cable .* now, by \d\d:\d\d:\d\d at the latest/u).waitFor();
    await running.getByText(/min left|sec left/u).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await running.getByRole("button", { name: "Cancel test" }).click();
    await running.waitFor({ state: "detached" });
    await expect.poll(async () => status.parse(await ask("/commissioning")).running).toBeNull();
  });
});

/** Nobody answers at these addresses: the sums are the site file's own. */
const TOO_SMALL = `
site: { name: Small fuse, timezone: Europe/Berlin, currency: EUR, country: DE }
circuits:
  - { id: main, name: Main fuse, fuse_A: 32, margin_A: 2 }
stations:
${[1, 2, 3, 4, 5, 6]
  .map(
    (n) =>
      `  - { id: P0${String(n)}, name: Bay ${String(n)}, circuit: main, phases: 3, rotation: L1L2L3, max_A: 32, fallback_A: 6, ocpp: CP-${String(n)} }`,
  )
  .join("\n")}
access: { cards: any }
tariff: { per_kWh: "0.42", vat_percent: 19 }
`;

/** The site in a file that goes with it. */
async function startTooSmall(): Promise<DemoSite> {
  const folder = await mkdtemp(join(tmpdir(), "chargehand-small-"));
  const file = join(folder, "site.yaml");
  await writeFile(file, TOO_SMALL);
  const site = await startSiteFile(file);
  return {
    ...site,
    stop: async () => {
      await site.stop();
      await rm(folder, { recursive: true });
    },
  };
}

describeWith("chromium", "a site that does not fit its fuse, on the built program", (executablePath) => {
  const { ask, open } = onScreen(executablePath, startTooSmall);

  test("says so on Live, takes no short reason, and runs on the owner's word until he takes it back", async () => {
    const page = await open("/#/live");
    await page.getByText(/This site is not released: .* Main fuse \(L1 L2 L3: 36.A of 30.A\)/u).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByRole("link", { name: "Commissioning" }).click();
    await page.getByText("At most 5 of these 6 chargers may keep 6 A.").waitFor();
    await page.getByText("Run it all the same").press("Enter");
    const form = page.getByRole("form", { name: "Run it all the same" });
    await form.getByLabel("Why may it run all the same?").fill("because");
    await form.getByRole("button", { name: "Take it on…" }).press("Enter");
    await form.getByText("Give the reason in at least 10 characters.").waitFor();
    expect(status.parse(await ask("/commissioning")).override).toBeNull();
    expect(await seriousViolations(page)).toEqual([]);

    await form.getByLabel("Why may it run all the same?").fill("The fuse is being replaced tomorrow.");
    await form.getByRole("button", { name: "Take it on…" }).click();
    const dialog = page.getByRole("dialog", { name: "Take this on?" });
    await dialog.getByText(/Main fuse L1 L2 L3: 36.A of 30.A/u).waitFor();
    await dialog.getByRole("button", { name: "I take this on" }).click();
    await page.getByText("Runs on a person's word", { exact: true }).waitFor();
    expect(status.parse(await ask("/commissioning")).state).toBe("overridden");
    expect(await seriousViolations(page)).toEqual([]);

    await page.getByRole("button", { name: "Take it back" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Take it back" }).click();
    await page.getByText("Not released", { exact: true }).waitFor();
    const log = page.getByRole("region", { name: "Decisions" }).first();
    await log.getByRole("row").filter({ hasText: "Taken back" }).waitFor();
    await log.getByRole("row").filter({ hasText: "The fuse is being replaced tomorrow." }).waitFor();
  });

  test("a proposal fills the form, says what would fit, and the change settles it", async () => {
    const page = await open(PAGE);
    await page.getByRole("button", { name: "Propose a change for Main fuse L1 L2 L3" }).click();
    const form = page.getByRole("form", { name: "Change the safe current" });
    await form.getByText(/Main fuse L1 L2 L3: 36.A → 30.A of 30.A, fits/u).waitFor();
    expect(await form.getByLabel("They keep, per phase").inputValue()).toBe("0 A");
    expect(await seriousViolations(page)).toEqual([]);
    await form.getByRole("button", { name: "Change safe current" }).click();
    await form.getByText(/^Changed\./u).waitFor();
    await page.getByText("Trial run", { exact: true }).waitFor();
    expect(status.parse(await ask("/commissioning")).state).toBe("trial");
  });
});
