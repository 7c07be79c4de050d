import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { simulate, type Simulated } from "../doctor/doctor-run.ts";
import { describeWith } from "../setup/tools.ts";
import { seriousViolations } from "./browse.ts";
import { startSiteFile } from "./demo-site.ts";
import { onScreen } from "./on-screen.ts";

const SITE = `site: {name: Yard, timezone: Europe/Berlin, currency: EUR, country: DE}
circuits: [{id: main, name: Main fuse, fuse_A: 63}]
tariff: {per_kWh: "0.42", vat_percent: 19}
`;

describeWith("chromium", "adopting a device that a search found, on the built program", (executablePath) => {
  let folder: string;
  let charger: Simulated;
  const { site, open } = onScreen(executablePath, async () => {
    folder = await mkdtemp(join(tmpdir(), "chargehand-adopt-"));
    const file = join(folder, "site.yaml");
    await writeFile(file, SITE);
    return startSiteFile(file);
  });

  beforeAll(async () => {
    charger = await simulate(["abb-terra-ac", "--port", "0", "--framing", "mbap"]);
  });
  afterAll(async () => {
    await charger.stop();
    await rm(folder, { recursive: true });
  });

  test("search, form with its mistakes, and the charger answers as part of the site", async () => {
    const page = await open("/#/devices?find=true");
    await page.getByRole("textbox", { name: "Network" }).fill("127.0.0.1/32");
    await page.getByRole("textbox", { name: "Ports" }).fill(String(charger.port));
    await page.getByRole("button", { name: "Look", exact: true }).click();
    await page.getByText("Everything was looked at.").waitFor();
    await page.getByRole("button", { name: "Adopt …" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox", { name: "Id", exact: true }).waitFor();
    const profile = dialog.getByLabel("Device profile").first();
    if ((await profile.inputValue()) === "") {
      await profile.click();
      await page.getByRole("option", { name: "abb-terra-ac" }).click();
    }
    await dialog.getByLabel("Safe current").fill("40");
    await dialog.getByRole("button", { name: "Adopt" }).click();
    await dialog.getByText("From 0 A to the charger's maximum.").waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    // What only the engine knows is said by it, in the words of the site file.
    await dialog.getByLabel("Safe current").fill("3");
    await dialog.getByRole("button", { name: "Adopt" }).click();
    await dialog.getByText("0 or at least 6 A").waitFor();
    await dialog.getByLabel("Safe current").fill("6");
    await dialog.getByRole("textbox", { name: "Name of the bay" }).fill("Bay by the gate");
    await dialog.getByRole("button", { name: "Adopt" }).click();
    await page.getByText("Adopted.").waitFor();
    await page.goto(new URL("/#/devices", site().url).href);
    const row = page.locator("tbody tr", { hasText: "Bay by the gate" });
    await row.getByText("Answers").waitFor();
  });
});
