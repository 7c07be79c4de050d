import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Desktop, waysToRun } from "./driver.ts";

const ways = waysToRun();

describe.skipIf(ways.length === 0).each(ways)("the desktop app in $name", ({ name, launch }) => {
  let folder: string;
  let desktop: Desktop;
  let page: Page;
  const flags = (): string[] => ["--demo", "--data", join(folder, "site"), "--ocpp-port", "0"];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "chargehand-desktop-"));
    desktop = await launch(flags());
    page = await desktop.page("/");
  });
  afterAll(async () => {
    desktop.kill();
    await desktop.ended;
    await rm(folder, { recursive: true, force: true });
  });

  test("the window shows our own page under our own scheme, with nothing allowed that it does not need", async () => {
    await vi.waitFor(async () => {
      const urls = await desktop.inMain(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows().map(({ webContents }) => webContents.getURL()),
      );
      expect(urls).toEqual([expect.stringMatching(/^app:\/\/chargehand\/(?:#.*)?$/u)]);
    }, WAIT);
    const hasRun = await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "document.documentElement.dataset.injected = 'yes'";
      document.body.append(script);
      script.remove();
      return "injected" in document.documentElement.dataset;
    });
    expect(hasRun).toBe(false);
    expect(
      await page.evaluate(() =>
        fetch("https://example.org/").then(
          () => "sent",
          () => "refused",
        ),
      ),
    ).toBe("refused");
    expect(await page.evaluate(() => fetch("/../package.json").then(({ status }) => status))).toBe(404);
  });

  test("the page reaches the engine through its port and shows the live site", async () => {
    const answer = await page.evaluate(askOverPort, "/live/snapshot");
    expect(answer).toContain("Parkhaus Nord");
    await vi.waitFor(async () => {
      expect(await page.evaluate(() => document.body.innerText)).toContain("Parkhaus Nord");
    }, WAIT);
  });

  test("rubbish and unknown calls on a port harm nobody", async () => {
    expect(await page.evaluate(askOverPort, "/no/such")).toContain('"s":404');
    await page.evaluate(sendRubbish);
    expect(await page.evaluate(askOverPort, "/app/info")).toContain('"demo":true');
  });

  test("the preload puts nothing into the page", async () => {
    const found = await page.evaluate(() =>
      ["require", "process", "module", "electron", "ipcRenderer", "Buffer", "global"].filter((name) => name in window),
    );
    expect(found).toEqual([]);
  });

  test("permissions are denied", async () => {
    expect(await page.evaluate(() => Notification.requestPermission())).toBe("denied");
    expect(
      await page.evaluate(() => navigator.permissions.query({ name: "geolocation" }).then(({ state }) => state)),
    ).toBe("denied");
  });

  test("the page cannot be led away, nor open other windows", async () => {
    const before = page.url();
    const opened = await page.evaluate(() => {
      const other = window.open("https://example.org/");
      window.location.assign("https://example.org/");
      return other;
    });
    expect(opened).toBeNull();
    expect(await page.evaluate(askOverPort, "/app/info")).toContain('"demo":true');
    expect(page.url()).toBe(before);
    expect(await desktop.inMain(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
    await vi.waitFor(() => {
      expect(desktop.stderr()).toContain("a page tried to open another window");
      expect(desktop.stderr()).toContain("a page tried to leave");
    }, WAIT);
  });

  test("the kiosk window calls as kiosk: bays and price, but no customer", async () => {
    await desktop.inMain(({ Menu }) => {
      Menu.getApplicationMenu()?.getMenuItemById("kiosk")?.click();
    });
    const kiosk = await desktop.page("/kiosk");
    expect(await kiosk.evaluate(askOverPort, "/kiosk/state")).toContain("Parkhaus Nord");
    expect(await kiosk.evaluate(askOverPort, "/billing/customers")).toContain("FORBIDDEN");
    await desktop.inMain(({ Menu }) => {
      Menu.getApplicationMenu()?.getMenuItemById("kiosk")?.click();
    });
    await vi.waitFor(async () => {
      expect(await desktop.inMain(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
    }, WAIT);
  });

  // The real tray cannot be asked what it shows.
  test.runIf(name.includes("stand-in"))("the tray says how the site does and brings the window back", async () => {
    const tray = await desktop.tray?.();
    expect(tray?.toolTip).toMatch(/^Chargehand: \d+ charging, \d+ faults, (?:—|\d+\.\d) kW$/u);
    expect(tray?.labels).toEqual([
      tray?.toolTip.replace("Chargehand: ", ""),
      "Show Chargehand",
      "Open kiosk window",
      "Quit",
    ]);
  });

  test("a second start on the same data ends by itself and brings the first one's window back", async () => {
    await desktop.inMain(({ BrowserWindow }) => {
      for (const window of BrowserWindow.getAllWindows()) window.close();
    });
    await vi.waitFor(async () => {
      expect(await desktop.inMain(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(0);
    }, WAIT);
    const second = await launch(flags(), { second: true });
    expect(await second.ended).toBe(0);
    page = await desktop.page("/");
    expect(await page.evaluate(askOverPort, "/app/info")).toContain('"demo":true');
  });

  test("quitting asks first, says that balancing stops, and then closes the site before the app", async () => {
    const asked = await desktop.inMain(async ({ Menu, dialog }) => {
      let text = "";
      dialog.showMessageBox = (options: unknown) => {
        text = JSON.stringify(options);
        return Promise.resolve({ response: 0, checkboxChecked: false });
      };
      Menu.getApplicationMenu()?.getMenuItemById("quit")?.click();
      await new Promise((resolve) => setTimeout(resolve, 0));
      return text;
    });
    expect(asked).toContain("every charger falls back to its safe current");
    expect(await page.evaluate(askOverPort, "/app/info")).toContain('"demo":true');
    await desktop.inMain(({ Menu, dialog }) => {
      dialog.showMessageBox = () => Promise.resolve({ response: 1, checkboxChecked: false });
      Menu.getApplicationMenu()?.getMenuItemById("quit")?.click();
    });
    expect(await desktop.ended).toBe(0);
  });
});

const WAIT = { timeout: 30_000, interval: 100 };

/**
 * In the page: asks for a port of its own, as our client does, and calls one procedure through it. A page has one port, so
 * our client may take it back in the same moment: then it asks again.
 */
function askOverPort(path: string): Promise<string> {
  return new Promise((resolve) => {
    const onMessage = ({ data, ports: [port] }: MessageEvent<unknown>): void => {
      if (data !== "chargehand:port" || port === undefined) return;
      port.onmessage = (reply: MessageEvent<unknown>) => {
        if (!String(reply.data).includes('"t1"')) return;
        window.removeEventListener("message", onMessage);
        clearInterval(again);
        resolve(String(reply.data));
      };
      port.postMessage(JSON.stringify({ i: "t1", p: { u: path } }));
    };
    const ask = (): void => {
      window.postMessage("chargehand:port-wanted", window.origin);
    };
    const again = setInterval(ask, 1000);
    window.addEventListener("message", onMessage);
    ask();
  });
}

function sendRubbish(): Promise<void> {
  return new Promise((resolve) => {
    const onMessage = ({ data, ports: [port] }: MessageEvent<unknown>): void => {
      if (data !== "chargehand:port" || port === undefined) return;
      window.removeEventListener("message", onMessage);
      for (const rubbish of ["not json", "{}", "[]", JSON.stringify({ i: "x", p: { u: "http://[" } }), 7, null])
        port.postMessage(rubbish);
      resolve();
    };
    window.addEventListener("message", onMessage);
    window.postMessage("chargehand:port-wanted", window.origin);
  });
}
