import { expect, test } from "vitest";
import { describeWith } from "../setup/tools.ts";
import { seriousViolations } from "./browse.ts";
import { startDemoSite } from "./demo-site.ts";
import { onScreen } from "./on-screen.ts";

/** A month of the demo is lived through several times in another thread. */
const ADVISED_WITHIN_ms = 60_000;

describeWith("chromium", "the phases page, on the built program", (executablePath) => {
  const { open } = onScreen(executablePath, startDemoSite);

  test("names every bay with its phases, says what is known of them, and keeps nobody out", async () => {
    const page = await open("/#/settings?page=phases");
    await page.getByRole("button", { name: "Test Bay 1", exact: true }).waitFor();
    await expect.poll(() => page.getByRole("row").count()).toBe(13);
    expect(await seriousViolations(page)).toEqual([]);
    await page.getByRole("button", { name: "Work it out" }).click();
    const told = page.getByText(/Nothing to gain|more energy/u);
    await told.waitFor({ timeout: ADVISED_WITHIN_ms });
    expect(await told.textContent()).toMatch(/From [\d,]+ sessions/u);
    expect(await seriousViolations(page)).toEqual([]);
  });
});
