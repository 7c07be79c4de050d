import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { z } from "zod";
import { describeWith } from "../setup/tools.ts";
import { seriousViolations } from "./browse.ts";
import { startDemoSite } from "./demo-site.ts";
import { onScreen } from "./on-screen.ts";

const totals = z.object({
  totals: z.object({ sessions: z.int(), held: z.int(), energy_Wh: z.int(), cost: z.object({ gross_minor: z.int() }) }),
});
const drafts = z.object({ drafts: z.array(z.object({ customerId: z.string(), gross_minor: z.int() })) });
const invoices = z.array(z.object({ number: z.string(), month: z.string(), gross_minor: z.int() }));
const summary = z.object({ ev_Wh: z.int(), sessions: z.int() });

const kWh = (energy_Wh: number, decimals: number): string =>
  new Intl.NumberFormat("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(
    energy_Wh / 1000,
  );
const euro = (amount_minor: number): string =>
  new Intl.NumberFormat("en", { style: "currency", currency: "EUR" }).format(amount_minor / 100);

/** The month before this one in the site's zone, as 2026-10, and its bounds. */
function lastMonth(): { month: string; at: string; from_ms: number; to_ms: number } {
  const month = Temporal.Now.plainDateISO("Europe/Berlin").toPlainYearMonth().subtract({ months: 1 });
  const instant = (day: Temporal.PlainDate): number => day.toZonedDateTime("Europe/Berlin").epochMilliseconds;
  const first = month.toPlainDate({ day: 1 });
  return {
    month: month.toString(),
    at: first.toString(),
    from_ms: instant(first),
    to_ms: instant(first.add({ months: 1 })),
  };
}

describeWith("chromium", "screens that show money, on the built program", (executablePath) => {
  const { ask, open } = onScreen(executablePath, startDemoSite);

  test("the totals of the session list are the engine's, and its CSV has a line for every session", async () => {
    const { at, from_ms, to_ms } = lastMonth();
    const asked = totals.parse(await ask("/sessions/query", { from_ms, to_ms, limit: 1 })).totals;
    expect(asked.sessions).toBeGreaterThan(100);
    const page = await open(`/#/sessions?period=month&at=%22${at}%22`);
    const row = page.locator("[data-totals]").first();
    await row.waitFor();
    await expect
      .poll(() => row.locator("[data-total=sessions]").innerText())
      .toBe(`${String(asked.sessions)} sessions`);
    await expect.poll(() => row.locator("[data-total=energy]").innerText()).toBe(kWh(asked.energy_Wh, 2));
    await expect.poll(() => row.locator("[data-total=gross]").innerText()).toBe(euro(asked.cost.gross_minor));

    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "CSV" }).click(),
    ]);
    const lines = (await readFile(await download.path(), "utf8")).trimEnd().split("\r\n");
    expect(download.suggestedFilename()).toMatch(/^sessions_.*\.csv$/u);
    expect(lines[0]?.replace("\ufeff", "")).toMatch(/^id,station,/u);
    expect(lines.length - 1).toBe(asked.sessions);
  });

  test("a held session opens with its doubt in words and the registers behind it", async () => {
    const page = await open("/#/sessions?period=all&state=held");
    await page.locator("tr[data-session]").first().click();
    const drawer = page.getByRole("complementary", { name: /Session at/u });
    await drawer.getByText("End not reported").waitFor();
    await drawer.getByText("Register at end").first().waitFor();
    await drawer.getByText("Left off invoices").first().waitFor();
    await page.keyboard.press("Escape");
    await drawer.waitFor({ state: "detached" });
  });

  test("an invoice run issues what it previewed, once, and its document opens as a PDF", async () => {
    const { month } = lastMonth();
    const before = invoices.parse(await ask("/invoices"));
    const run = drafts.parse(await ask(`/invoice-runs/${month}`));
    const [draft] = run.drafts;
    expect(draft).toBeDefined();
    const page = await open(`/#/billing?month=%22${month}%22`);
    // All but one are left out, so that others find something to bill.
    const boxes = page.getByRole("checkbox");
    await boxes.first().waitFor();
    for (let index = 1; index < run.drafts.length; index += 1) await boxes.nth(index).uncheck();
    await page.getByRole("button", { name: "Issue 1 invoice" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Issue 1 invoice" }).click();
    const issued = page.locator("[data-issued] tr[data-invoice]");
    await issued.waitFor();

    const after = invoices.parse(await ask("/invoices"));
    const known = new Set(before.map(({ number }) => number));
    const fresh = after.filter(({ number }) => !known.has(number));
    expect(fresh).toHaveLength(1);
    expect(fresh[0]).toMatchObject({ month, gross_minor: draft?.gross_minor });
    await expect.poll(() => issued.innerText()).toContain(fresh[0]?.number);
    const again = drafts.parse(await ask(`/invoice-runs/${month}`));
    expect(again.drafts.map(({ customerId }) => customerId)).not.toContain(draft?.customerId);

    await issued.getByRole("button").click();
    const frame = page.locator("iframe");
    await frame.waitFor();
    await expect.poll(() => frame.getAttribute("src")).toMatch(/^blob:/u);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save PDF" }).click(),
    ]);
    expect((await readFile(await download.path())).subarray(0, 5).toString()).toBe("%PDF-");
    expect(download.suggestedFilename()).toContain(fresh[0]?.number ?? "?");
  });

  test("history shows the engine's sums, and each chart leaves as picture and as numbers", async () => {
    const { at, from_ms, to_ms } = lastMonth();
    const asked = summary.parse(await ask(`/history/summary?from_ms=${String(from_ms)}&to_ms=${String(to_ms)}`));
    const page = await open(`/#/history?period=month&at=%22${at}%22`);
    await expect.poll(() => page.locator("[data-kpi=energy]").innerText()).toContain(kWh(asked.ev_Wh, 1));
    await expect
      .poll(() => page.locator("[data-kpi=sessions]").innerText())
      .toBe(new Intl.NumberFormat("en").format(asked.sessions));
    for (const id of ["energy", "power", "week-energy"]) {
      const card = page.locator(`[data-chart=${id}]`);
      await expect.poll(() => card.locator("canvas").getAttribute("aria-label")).toMatch(/Highest: /u);
      const save = async (item: string): Promise<Buffer> => {
        await card.getByRole("button", { name: /: more$/u }).click();
        const [download] = await Promise.all([
          page.waitForEvent("download"),
          page.getByRole("menuitem", { name: item }).click(),
        ]);
        return readFile(await download.path());
      };
      const picture = await save("Save as PNG");
      expect(picture.subarray(1, 4).toString()).toBe("PNG");
      expect([picture.readUInt32BE(16), picture.readUInt32BE(20)]).toEqual([3200, 1800]);
      expect((await save("Save as CSV")).toString("utf8").split("\r\n").length).toBeGreaterThan(7);
    }
    const spoken = async (): Promise<string> => {
      await page.locator("[data-chart=energy] [role=group]").press("End");
      return page.locator("[data-chart=energy] [aria-live]").innerText();
    };
    await expect.poll(spoken).toMatch(/Charging: .*kWh/u);
  });

  test("the kiosk shows every bay and the price, in the language that is touched, and nobody's card", async () => {
    const page = await open("/kiosk?lang=en", { size: { width: 1920, height: 1080 } });
    await expect.poll(() => page.locator(".bay").count()).toBe(12);
    await expect.poll(() => page.locator(".price").innerText()).toMatch(/€0\.4998\s*per kWh/u);
    await page.getByRole("button", { name: "Deutsch" }).click();
    await page.getByText("So geht es los").waitFor();
    await page.locator(".bay").first().click();
    await page.getByRole("dialog").waitFor();
    const shown = await page.locator("body").innerText();
    expect(shown).not.toMatch(/…[0-9A-F]{4}/u);
    expect(shown).toContain("DEMO");
  });

  test.each(["light", "dark"])("no screen has a serious barrier for anybody (%s)", async (theme) => {
    const paths = [
      "sessions",
      "history",
      ...["run", "invoices", "customers", "tariff", "seller"].map((tab) => `billing?tab=${tab}`),
    ];
    for (const path of paths) {
      const page = await open(`/#/${path}`, { theme });
      await page.locator("main h1").waitFor();
      await page.locator("main :is(table, canvas, form)").first().waitFor();
      expect(await seriousViolations(page), path).toEqual([]);
      await page.context().close();
    }
  });

  test("the kiosk has no serious barrier either", async () => {
    const page = await open("/kiosk?lang=en", { size: { width: 1080, height: 1920 } });
    await page.locator(".bay").first().waitFor();
    expect(await seriousViolations(page)).toEqual([]);
  });
});
