import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { flatTariff } from "../../src/core/tariff/index.ts";
import { basisPoint, epochMs } from "../../src/core/units/index.ts";
import { createClock } from "../../src/main/site/clock.ts";
import { exportSiteFile } from "../../src/main/site/site-file/index.ts";
import { startWorld } from "../../src/main/simulator/index.ts";
import { checkDataFolder, openDataFolder } from "../../src/main/storage/index.ts";
import { car } from "./cars.ts";
import { until } from "./site-under-test.ts";

// The stations live in this process and go on while the server is killed, as real ones would.

const CARS = 20;
const cli = join(import.meta.dirname, "../../out/main/cli.js");
const readyLine = z.object({ event: z.literal("ready"), url: z.url(), ocppUrl: z.string() });

type Server = { readonly child: ChildProcess; readonly url: string; readonly ocppUrl: string };

async function serve(data: string, siteFile: string, ocppPort: number): Promise<Server> {
  const child = spawn(
    process.execPath,
    [
      cli,
      "serve",
      "--data",
      data,
      "--site",
      siteFile,
      "--port",
      "0",
      "--ocpp-host",
      "127.0.0.1",
      "--ocpp-port",
      String(ocppPort),
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    const { url, ocppUrl } = readyLine.parse(JSON.parse(line));
    return { child, url, ocppUrl };
  }
  throw new Error("the server ended before it was ready");
}

const ended = (child: ChildProcess): Promise<void> => new Promise((resolve) => child.once("exit", () => resolve()));

const liveSchema = z.object({
  stations: z.array(
    z.object({
      stationId: z.string(),
      session: z.object({ sessionId: z.string(), energy_Wh: z.number().nullable() }).nullable(),
    }),
  ),
});
const running = async (url: string): Promise<Map<string, number>> => {
  const live = liveSchema.parse(await (await fetch(new URL("/api/live", url))).json());
  return new Map(
    live.stations.flatMap((station) =>
      station.session === null ? [] : [[station.session.sessionId, station.session.energy_Wh ?? 0] as const],
    ),
  );
};

let data: string;
const stop: (() => Promise<void>)[] = [];
beforeAll(() => {
  data = mkdtempSync(join(tmpdir(), "chargehand-kill-"));
});
afterAll(async () => {
  for (const end of stop.reverse()) await end();
  rmSync(data, { recursive: true, force: true });
});

test(
  "kill -9 during twenty running sessions loses none, doubles none, and bills what the registers prove",
  { timeout: 240_000 },
  async () => {
    const clock = createClock({ speed: 1 });
    const world = await startWorld({ clock, points: CARS, mixed: true, seed: 7, arrivals: false });
    stop.push(async () => {
      await world.close();
      clock.close();
    });
    const siteFile = join(data, "site.yaml");
    const tariff = flatTariff({
      id: "t",
      name: "Standard",
      currency: "EUR",
      perKWh: "0.42",
      vat_bp: basisPoint(1900),
      valid_from_ms: epochMs(0),
    });
    writeFileSync(siteFile, exportSiteFile({ ...world.site, demo: false }, tariff));

    const first = await serve(data, siteFile, 0);
    world.connect(first.ocppUrl);
    for (const { id } of world.site.model.stations)
      world.simulated.world.plugIn(id, { model: car(), soc_permille: 200, seed: 1 }, `CARD-${id}`);
    let before = new Map<string, number>();
    await until(
      () => before.size === CARS && [...before.values()].every((energy) => energy > 0),
      "twenty sessions charge",
      {
        real_ms_max: 120_000,
        look: async () => {
          before = await running(first.url);
        },
      },
    );
    first.child.kill("SIGKILL");
    await ended(first.child);

    const ocppPort = Number(new URL(first.ocppUrl.replace("ws:", "http:")).port);
    const second = await serve(data, siteFile, ocppPort);
    stop.push(async () => {
      second.child.kill("SIGTERM");
      await ended(second.child);
    });
    let after = new Map<string, number>();
    await until(
      () => after.size === CARS && [...after].every(([id, energy]) => energy > (before.get(id) ?? 0)),
      "the same sessions go on and their registers rise",
      {
        real_ms_max: 120_000,
        look: async () => {
          after = await running(second.url);
        },
      },
    );
    expect([...after.keys()].sort()).toEqual([...before.keys()].sort());

    for (const { id } of world.site.model.stations) world.simulated.world.unplug(id);
    let left = CARS;
    await until(() => left === 0, "all sessions end", {
      real_ms_max: 120_000,
      look: async () => {
        left = (await running(second.url)).size;
      },
    });
    second.child.kill("SIGTERM");
    await ended(second.child);
    stop.pop();

    const folder = openDataFolder(data, { now_ms: () => Date.now() });
    if (!folder.ok) throw new Error(folder.message);
    const { rows } = folder.stores.sessions.list(
      { from_ms: null, to_ms: null, stationIds: [], customerId: null, state: "all", text: "" },
      { cursor: null, limit: 500 },
    );
    expect(rows).toHaveLength(CARS);
    expect(new Set(rows.map((row) => row.id))).toEqual(new Set(before.keys()));
    const truth = new Map(world.truth().stations.map((station) => [station.stationId, station.delivered_Wh]));
    for (const row of rows) {
      expect(row.energy_Wh).toBe((row.stop_Wh ?? Number.NaN) - (row.start_Wh ?? Number.NaN));
      expect(row.cost?.gross_minor).toBeGreaterThanOrEqual(0);
      expect(Math.abs((row.energy_Wh ?? 0) - (truth.get(row.stationId) ?? 0))).toBeLessThanOrEqual(ENERGY_SLACK_WH);
    }
    folder.close();
    expect(checkDataFolder(data)).toEqual([]);
  },
);

/** Registers are whole Wh, and a Modbus box's last value is read up to one slow poll before the plug is pulled. */
const ENERGY_SLACK_WH = 60;
