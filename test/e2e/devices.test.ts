import { expect, test } from "vitest";
import { z } from "zod";
import { describeWith } from "../setup/tools.ts";
import { seriousViolations } from "./browse.ts";
import { startDemoSite } from "./demo-site.ts";
import { onScreen } from "./on-screen.ts";

const listed = z.array(z.object({ kind: z.string(), id: z.string(), linkId: z.string().nullable() }));

describeWith("chromium", "the devices screens, on the built program", (executablePath) => {
  const { ask, open } = onScreen(executablePath, startDemoSite);

  test.each(["light", "dark"])("a device opens by keyboard, shows its values and its messages (%s)", async (theme) => {
    const page = await open("/#/devices", { theme });
    const row = page.locator("tbody tr", { hasText: /address \d+/u }).first();
    await row.waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await row.getByRole("link").first().focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "What to do" }).waitFor();
    await page.getByText("Voltage L1").first().waitFor();
    const show = page.getByRole("button", { name: "Show" });
    await show.focus();
    await page.keyboard.press("Enter");
    const messages = page.getByRole("region", { name: "Messages on the wire" }).last();
    await messages
      .getByText(/^FC[34] unit \d+ address \d+ × \d+$/u)
      .first()
      .waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByLabel("Only problems").focus();
    await page.keyboard.press("Space");
    await expect.poll(() => page.getByLabel("Only problems").isChecked()).toBe(true);
  });

  test("looking for devices says what is missing, shows how far it is, and can be stopped", async () => {
    const page = await open("/#/devices?find=true");
    await page.getByRole("button", { name: "Look", exact: true }).click();
    await page.getByText("Fill this in first.").waitFor();
    await page.getByRole("textbox", { name: "Network" }).fill("not a network");
    await page.getByRole("button", { name: "Look", exact: true }).click();
    await page.getByText(/This is no network/u).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    // Our own machine only; nothing else is ever asked by a test.
    await page.getByRole("textbox", { name: "Network" }).fill("127.0.0.1/32");
    await page.getByRole("button", { name: "Look", exact: true }).click();
    await page.getByText(/devices? found|Nothing found/u).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
  });

  test("the password of an OCPP station is set on its page, and what is wrong with it is said", async () => {
    const station = listed
      .parse(await ask("/devices/list"))
      .find(({ kind, linkId }) => kind === "station" && linkId === "ocpp");
    const page = await open(`/#/devices?kind=station&device=${station?.id ?? ""}`);
    const label = page.getByLabel("New password");
    await label.fill("too short");
    const save = page.getByRole("button", { name: "Set password" });
    await save.click();
    await page.getByText(/A charger takes 16 to 40 letters/u).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await label.fill("abcDEF0123456789");
    await save.click();
    await page.getByText("The new password holds.").waitFor();
    await expect.poll(() => label.inputValue()).toBe("");
    await page.getByRole("button", { name: "Ask for none" }).click();
    await page.getByText("The charger is let in without a password.").waitFor();
    expect(await seriousViolations(page)).toEqual([]);
  });

  test("a device that is not there is said in words", async () => {
    const page = await open("/#/devices?kind=meter&device=nobody");
    await page
      .getByRole("button", { name: /NOT_FOUND/u })
      .first()
      .waitFor();
    expect(await seriousViolations(page)).toEqual([]);
  });
});
