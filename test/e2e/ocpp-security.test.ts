import { readFile } from "node:fs/promises";
import { connect } from "node:tls";
import { expect, test } from "vitest";
import { z } from "zod";
import { describeWith } from "../setup/tools.ts";
import { seriousViolations } from "./browse.ts";
import { startDemoSite } from "./demo-site.ts";
import { onScreen } from "./on-screen.ts";

const door = z.object({ tlsUrl: z.string(), ca: z.object({ pem: z.string(), fingerprint: z.string() }) });
const security = z.object({ requiresTls: z.boolean(), came: z.object({ encrypted: z.boolean() }) });

describeWith("chromium", "the pages of encrypted chargers, on the built program", (executablePath) => {
  const { ask, open } = onScreen(executablePath, startDemoSite);

  test.each(["light", "dark"])("both addresses stand there with the certificate to save (%s)", async (theme) => {
    const { tlsUrl, ca } = door.parse(await ask("/ocpp/door"));
    const page = await open("/#/settings?page=devices", { theme });
    await page.getByText(tlsUrl, { exact: true }).waitFor();
    await page.getByText(tlsUrl.replace("wss:", "ws:"), { exact: true }).waitFor();
    await page.getByText(ca.fingerprint, { exact: true }).waitFor();
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save the certificate for chargers" }).click();
    expect(await readFile(await (await saved).path(), "utf8")).toBe(ca.pem);
    expect(await seriousViolations(page)).toEqual([]);
  });

  test("who does not trust the certificate is named with what to do", async () => {
    const { port } = new URL(door.parse(await ask("/ocpp/door")).tlsUrl);
    const page = await open("/#/settings?page=devices");
    const stranger = connect({ host: "127.0.0.1", port: Number(port), maxVersion: "TLSv1.2" });
    stranger.on("error", () => undefined);
    await page.getByText("Could not agree on encryption").waitFor();
    await page.getByText(/load the one above into it/iu).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
  });

  test("a charger says how it comes, may be let in only encrypted, and takes the certificate", async () => {
    const page = await open("/#/devices?kind=station&device=P01");
    await page.getByText("encrypted, without a password").waitFor();
    await page.getByRole("switch", { name: "Let it in only when encrypted (wss://)" }).click();
    await expect
      .poll(async () => security.parse(await ask("/ocpp/CP-0001/security")))
      .toEqual({ requiresTls: true, came: { encrypted: true } });
    await page.getByRole("button", { name: "Send it the certificate" }).click();
    await page.getByText("The charger has taken the certificate.").waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByRole("link", { name: "Addresses and certificate" }).click();
    await page.getByText("Where chargers call in").waitFor();
  });
});
