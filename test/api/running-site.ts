import { createRouterClient } from "@orpc/server";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { afterEach, beforeEach } from "vitest";
import { createRouter } from "../../src/main/api/index.ts";
import { createLog } from "../../src/main/log.ts";
import { createApplication } from "../../src/main/site/application.ts";
import { folder, simulate, type Folder } from "../doctor/doctor-run.ts";

const RESOURCES = fileURLToPath(new URL("../../resources", import.meta.url));
/** Real time for devices that are asked anew on a loaded machine. */
export const SOON = { timeout: 20_000, interval: 50 };

/** Whole applications on simulated devices over real sockets; everything is closed and taken away after each test. */
export function runningSites(hooks: { readonly beforeEach: typeof beforeEach; readonly afterEach: typeof afterEach }) {
  const cleanups: (() => unknown)[] = [];
  let here: Folder;
  hooks.beforeEach(() => {
    here = folder();
  });
  hooks.afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    here.remove();
  });
  const simulated = async (profile: string, more: readonly string[] = ["--framing", "mbap"]): Promise<number> => {
    const device = await simulate([profile, "--port", "0", ...more]);
    cleanups.push(device.stop);
    return device.port;
  };
  /** A site with one simulated charger, P01, at which a car charges. */
  async function runningSite() {
    const port = await simulated("abb-terra-ac");
    const file = here.site(
      `{id: l1, kind: modbus-tcp, host: 127.0.0.1, port: ${String(port)}}`,
      "stations: [{id: P01, name: Bay 1, circuit: main, phases: 3, max_A: 16, fallback_A: 6, profile: abb-terra-ac, link: l1, unitId: 1}]",
    );
    const started = await createApplication({
      version: "test",
      headless: true,
      dataFolder: join(here.path, "data"),
      resources: RESOURCES,
      siteFile: readFileSync(file, "utf8"),
      demo: false,
      speed: 1,
      seed: 1,
      ocpp: { host: "127.0.0.1", port: 0 },
      log: createLog({ write: () => undefined }),
    });
    if (!started.ok) throw new Error(started.message);
    const { application } = started;
    cleanups.push(() => application.close());
    const router = createRouter(application, {
      onFault: ({ error }) => {
        throw error;
      },
      renderInvoice: () => Promise.reject(new Error("no invoice here")),
    });
    return {
      application,
      client: createRouterClient(router, { context: { role: "owner" } }),
      port,
      data: join(here.path, "data"),
    };
  }
  return { simulated, runningSite };
}
