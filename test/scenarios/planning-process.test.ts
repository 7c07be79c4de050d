import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startSite } from "./site-under-test.ts";

/** On a slow machine; what leaks a thread never ends. */
const ENDS_MS = 100_000;

test(
  "a site that planned leaves nothing behind when it is closed: its process ends by itself",
  { timeout: ENDS_MS },
  async () => {
    const child = spawn(process.execPath, [fileURLToPath(new URL("./planning-child.ts", import.meta.url))], {
      stdio: ["ignore", "pipe", "inherit"],
      timeout: ENDS_MS,
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (more: string) => {
      text += more;
    });
    await once(child, "close");
    expect(child.exitCode).toBe(0);
    expect(JSON.parse(text)).toEqual({ status: "good", prices: "hours", cars: 2 });
  },
);

test("a site without prices, price of the peak and quarter-hour limit plans nothing", { timeout: 60_000 }, async () => {
  const site = await startSite({ points: 1, mixed: false, seed: 3, speed: 30, arrivals: false });
  expect(site.engine.planning()).toMatchObject({ status: "off", prices: "none", quarter: null, cars: [] });
  await site.close();
});
