import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { simulate, type Simulated } from "../doctor/doctor-run.ts";
import { describeWith } from "../setup/tools.ts";
import { seriousViolations } from "./browse.ts";
import { startSiteFile } from "./demo-site.ts";
import { onScreen } from "./on-screen.ts";

const siteOn = (port: number): string => `site: {name: Yard, timezone: Europe/Berlin, currency: EUR, country: DE}
circuits: [{id: main, name: Main fuse, fuse_A: 63}]
links: [{id: l1, kind: modbus-tcp, host: 127.0.0.1, port: ${String(port)}}]
stations: [{id: P01, name: Bay 1, circuit: main, phases: 3, max_A: 16, fallback_A: 6, profile: abb-terra-ac, link: l1, unitId: 1}]
tariff: {per_kWh: "0.42", vat_percent: 19}
`;

describeWith("chromium", "devices by hand, on the built program", (executablePath) => {
  let folder: string;
  let charger: Simulated;
  let meter: Simulated;
  const { open } = onScreen(executablePath, async () => {
    folder = await mkdtemp(join(tmpdir(), "chargehand-by-hand-"));
    charger = await simulate(["abb-terra-ac", "--port", "0", "--framing", "mbap"]);
    const file = join(folder, "site.yaml");
    await writeFile(file, siteOn(charger.port));
    return startSiteFile(file);
  });

  beforeAll(async () => {
    meter = await simulate(["dsmr-p1", "--port", "0"]);
  });
  afterAll(async () => {
    await Promise.all([charger.stop(), meter.stop()]);
    await rm(folder, { recursive: true });
  });

  test("a meter that no search finds is described, tried out, added, and taken off again", async () => {
    const page = await open("/#/devices");
    await page.getByRole("link", { name: "Add by hand" }).click();
    await page.getByRole("button", { name: "Add device" }).click();
    await page.getByText("Something is missing above.").waitFor();
    const profile = page.getByLabel("Device profile").first();
    await profile.click();
    await profile.fill("dsmr");
    await page.getByRole("option", { name: /dsmr-p1/u }).click();
    await page.getByLabel("Wire", { exact: true }).first().click();
    await page.getByRole("option", { name: /gateway to a meter's telegrams/u }).click();
    await page.getByRole("textbox", { name: "Host" }).fill("127.0.0.1");
    await page.getByRole("textbox", { name: "Port" }).fill(String(meter.port));
    expect(await page.getByRole("textbox", { name: "Id", exact: true }).inputValue()).toBe("M01");
    await page.getByRole("button", { name: "Ask the device" }).click();
    await page.getByText("It answers:").waitFor();
    await page.getByText("voltage_mV").waitFor();
    await page.getByLabel("Measures").first().click();
    await page.getByRole("option", { name: "Main fuse" }).click();
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByRole("button", { name: "Add device" }).click();
    await page.getByRole("heading", { name: "What to do" }).waitFor();
    await page.getByText("Nothing. The device answers as it should.").waitFor();
    await page.getByRole("button", { name: "Remove" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Nobody watches what it measured from then on.").waitFor();
    await dialog.getByRole("button", { name: "Remove" }).click();
    await dialog.getByText("no meter watches it").waitFor();
    await dialog.getByLabel("Largest other load on Main fuse").fill("20");
    await dialog.getByRole("button", { name: "Remove" }).click();
    await page.getByRole("heading", { name: "All devices" }).waitFor();
    await expect.poll(() => page.getByText("M01").count()).toBe(0);
  });

  test("a charger is set anew, in the words of the site file where it does not fit, and stays while it charges", async () => {
    const page = await open("/#/devices?kind=station&device=P01");
    await page.getByRole("link", { name: "Change" }).click();
    const safe = page.getByLabel("Safe current");
    await safe.fill("3");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("0 or at least 6 A").waitFor();
    await safe.fill("8");
    await page.getByRole("textbox", { name: "Name of the bay" }).fill("Bay by the wall");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "Bay by the wall" }).waitFor();
    await page.getByRole("link", { name: "Change" }).click();
    await expect.poll(() => page.getByLabel("Safe current").inputValue()).toBe("8 A");
    await page.getByRole("link", { name: "Back to the device" }).click();
    await page.getByRole("button", { name: "Remove" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await page.getByText("A session runs at this charger.").waitFor();
  });
});
