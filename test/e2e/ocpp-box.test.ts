import { expect, test } from "vitest";
import { z } from "zod";
import { describeWith } from "../setup/tools.ts";
import { seriousViolations } from "./browse.ts";
import { startDemoSite } from "./demo-site.ts";
import { onScreen } from "./on-screen.ts";

const SPEED = 20;
const listed = z.array(
  z.object({ kind: z.string(), id: z.string(), linkId: z.string().nullable(), state: z.string() }),
);

describeWith("chromium", "settings and service of an OCPP box, on the built program", (executablePath) => {
  const { ask, open } = onScreen(executablePath, () => startDemoSite(SPEED));

  const station = async (): Promise<string> => {
    const found = async () =>
      listed
        .parse(await ask("/devices/list"))
        .find(({ kind, linkId, state }) => kind === "station" && linkId === "ocpp" && state === "online")?.id ?? "";
    await expect.poll(found, { timeout: 30_000 }).not.toBe("");
    return found();
  };

  test("a setting is found, changed after being asked again, and said to wait for a restart", async () => {
    const page = await open(`/#/devices?kind=station&device=${await station()}`);
    await page.getByRole("link", { name: "Settings and service" }).click();
    await page.getByText("HeartbeatInterval", { exact: true }).waitFor();
    expect(await page.getByText(/password|eyes/iu).count()).toBe(1);
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByRole("textbox", { name: "Search name or value" }).fill("zone");
    await expect.poll(() => page.getByText("HeartbeatInterval", { exact: true }).count()).toBe(0);
    await page.getByRole("button", { name: "Change TimeZone" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Send to the box" }).click();
    await dialog.getByText("This is the value it has.").waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await dialog.getByLabel("New value").fill("Europe/Vienna");
    await dialog.getByRole("button", { name: "Send to the box" }).click();
    await page.getByText("The box took the new value. It holds after the next restart of the box.").waitFor();
    await page.getByText("Holds only after a restart of the box: TimeZone").waitFor();
    await page.getByRole("cell", { name: "Europe/Vienna" }).waitFor();
    await page.getByRole("tab", { name: "Record" }).click();
    await page.getByText("TimeZone = Europe/Vienna").waitFor();
    expect(await seriousViolations(page)).toEqual([]);
  });

  test("the cards are sent, and the version that the box has is told", async () => {
    const page = await open(`/#/devices?kind=station&device=${await station()}&box=cards`);
    await page.getByText("not asked yet").waitFor();
    await page.getByRole("button", { name: "Send the cards" }).click();
    await page.getByText(/The box took \d+ cards as version \d+/u).waitFor();
    await page.getByRole("button", { name: "Ask for its version" }).click();
    await page.getByText(/The box has version [1-9]/u).waitFor();
    await page.getByRole("button", { name: "Reserve", exact: true }).click();
    await page.getByText("Fill this in first.").waitFor();
    expect(await seriousViolations(page)).toEqual([]);
  });

  test("new firmware is asked for only after its effect was said, and followed until it is in", async () => {
    const page = await open(`/#/devices?kind=station&device=${await station()}&box=files`);
    const form = page.getByRole("form", { name: "Firmware" });
    await form.getByLabel("Address of the firmware file").fill("https://192.0.2.1/firmware.bin");
    await form.getByText("Signed firmware").click();
    const signature = form.getByLabel("Signature of the file (Base64)");
    await signature.fill("c2lnbmF0dXJl");
    await form.getByRole("button", { name: "Update firmware" }).click();
    await form.getByText("Fill this in first.").waitFor();
    await signature.fill("");
    await form.getByRole("button", { name: "Update firmware" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText(/installs it and restarts/u).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Update firmware" }).click();
    await page.getByText("The box was told.").waitFor();
    await page.getByRole("list", { name: "How far it is" }).getByText("installed", { exact: true }).waitFor();
  });

  test("diagnostics are asked for, what cannot be an address is said, and the upload is followed", async () => {
    const page = await open(`/#/devices?kind=station&device=${await station()}&box=files`, { theme: "dark" });
    const form = page.getByRole("form", { name: "Diagnostics and logs" });
    await form.getByRole("button", { name: "Ask for the file" }).click();
    await form.getByText("Fill this in first.").waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    const address = form.getByLabel("Address where the file goes");
    await address.fill("file:///etc/passwd");
    await form.getByText("Boxes take http, https, ftp, ftps or sftp.").waitFor();
    // A simulated box talks of files and moves none.
    await address.fill("ftp://192.0.2.1/logs/");
    await form.getByRole("button", { name: "Ask for the file" }).click();
    await page.getByText(/The box sends .*diagnostics\.zip/u).waitFor();
    await page.getByRole("list", { name: "How far it is" }).getByText("uploaded", { exact: true }).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
  });
});
