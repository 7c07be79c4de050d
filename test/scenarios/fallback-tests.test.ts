import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Connection, SiteModel, Station } from "../../src/core/site/index.ts";
import { flatTariff } from "../../src/core/tariff/index.ts";
import { basisPoint, epochMs, milliamp, wattHour } from "../../src/core/units/index.ts";
import { createClock } from "../../src/main/site/clock.ts";
import { startEngine } from "../../src/main/site/engine.ts";
import type { Engine } from "../../src/main/site/engine.types.ts";
import { OcppStation } from "../../src/main/simulator/ocpp-station.ts";
import { simulateSite, type SimulatedSite } from "../../src/main/simulator/simulated-site.ts";
import { World } from "../../src/main/simulator/world.ts";
import { openDataFolder } from "../../src/main/storage/index.ts";
import { car } from "./cars.ts";
import { quietLog, resources, START_MS, until } from "./site-under-test.ts";

// Two bays on real sockets of this machine: an OCPP box that is told to fall back and cannot show that it would, and one
// on the web that goes on with its last limit for ever. The test pulls their links as a technician would.

const SPEED = 60;
const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const REAL_MS_MAX = 18_000;
const LOOPBACK = "127.0.0.1";
const PROMISED_MA = 6_000;
/** Carries both cars, and both safe currents, and not one box at its maximum beside the other's safe current. */
const FUSE_MA = milliamp(32_000);

const station = (id: string, connection: Connection): Station => ({
  id,
  name: id,
  circuitId: "main",
  phaseCount: 3,
  rotation: "L1L2L3",
  current_mA_min: milliamp(6_000),
  current_mA_max: milliamp(32_000),
  step_mA: milliamp(1_000),
  fallback_mA: milliamp(PROMISED_MA),
  priority: 1,
  connection,
});
const OCPP = station("ocpp", { kind: "ocpp", identity: "CP-1", connectorId: 1 });
const WEB = station("web", { kind: "profile", profileId: "goe-http", linkId: "web", unitId: 1 });
const MODEL: SiteModel = {
  identity: { name: "Cut", timezone: "Europe/Berlin", currency: "EUR", country: "DE", nominal_V: 230 },
  circuits: [
    {
      id: "main",
      name: "Main",
      parentId: null,
      fuse_mA: [FUSE_MA, FUSE_MA, FUSE_MA],
      margin_mA: milliamp(0),
      meterId: null,
      limit_W: null,
      otherLoad_mA_max: [milliamp(0), milliamp(0), milliamp(0)],
    },
  ],
  links: [{ id: "web", kind: "http", host: LOOPBACK, port: 0 }],
  meters: [],
  stations: [OCPP, WEB],
};

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Site = {
  readonly engine: Engine;
  readonly box: OcppStation;
  readonly web: SimulatedSite;
  readonly plugIn: (stationId: string, current_mA_max?: number) => void;
  readonly unplug: (stationId: string) => void;
};

async function start(speed = SPEED): Promise<Site> {
  const path = mkdtempSync(join(tmpdir(), "chargehand-cut-"));
  cleanups.push(() => {
    rmSync(path, { recursive: true, force: true });
  });
  const folder = openDataFolder(path, { now_ms: () => Date.now() });
  if (!folder.ok) throw new Error(folder.message);
  cleanups.push(() => {
    folder.close();
  });
  const clock = createClock({ speed, start_ms: START_MS });
  cleanups.push(() => {
    clock.close();
  });
  const web = await simulateSite({ clock, seed: 5, site: { ...MODEL, stations: [WEB] } });
  cleanups.push(() => web.close());
  // A box of this make is told what to keep, and its schedule is not asked for.
  const made = { vendor: "go-e", model: "Gemini", identity: "CP-1", current_mA_max: 32_000, unmanaged_mA: 32_000 };
  const box = new OcppStation({ ...made, clock, phases: 3, register_Wh: wattHour(5_000) });
  cleanups.push(() => box.close());
  const inWorld = { stationId: "ocpp", evse: box.evse };
  const world = new World({
    clock,
    seed: 5,
    site: MODEL,
    boxes: [
      {
        ...inWorld,
        tick: (now_ms) => {
          box.tick(now_ms);
        },
        plugIn: (one, idToken) => {
          box.plugIn(one, idToken);
        },
        unplug: () => {
          box.unplug();
        },
      },
    ],
    buildingCircuitId: null,
  });
  const lived = world.run(() => undefined);
  cleanups.push(async () => {
    world.close();
    await lived;
  });
  const stored = { model: { ...MODEL, links: web.site.links }, access: { cards: "any" }, demo: false } as const;
  const { stores } = folder;
  stores.site.save(stored, clock.now_ms(), "test");
  const price = { currency: "EUR", perKWh: "0.42", vat_bp: basisPoint(1900), valid_from_ms: epochMs(0) };
  stores.tariffs.add(flatTariff({ id: "t1", name: "Standard", ...price }));
  const ownProfiles = join(path, "devices");
  const ocpp = { host: LOOPBACK, port: 0 };
  const log = quietLog();
  const engine = await startEngine({ folder, stored, clock, speed, resources, ownProfiles, ocpp, log });
  cleanups.push(() => engine.close());
  if (engine.ocppUrl !== null) box.connect(engine.ocppUrl);
  const worldOf = (stationId: string): World => (stationId === "ocpp" ? world : web.world);
  return {
    engine,
    box,
    web,
    plugIn: (stationId, current_mA_max = 16_000) => {
      const model = car({ current_mA_max: milliamp(current_mA_max) });
      worldOf(stationId).plugIn(stationId, { model, soc_permille: 200, seed: 1 }, "CARD");
    },
    unplug: (stationId) => {
      worldOf(stationId).unplug(stationId);
    },
  };
}

const live = ({ engine }: Site, id: string) => engine.live().stations.find(({ stationId }) => stationId === id);
const running = ({ engine }: Site) => engine.commissioning.status().running;
const bay = ({ engine }: Site, id: string) =>
  engine.commissioning.status().fallbacks.find(({ stationId }) => stationId === id);
const outcome = (site: Site, id: string) => bay(site, id)?.lastTest?.outcome;

/** Its car draws what the two bays share, and its register is known. */
async function charging(site: Site, id: string, current_mA_max?: number): Promise<void> {
  await until(() => live(site, id)?.online === true, "it is there");
  site.plugIn(id, current_mA_max);
  const drawn_mA = (): number => Math.max(...(live(site, id)?.drawn_mA ?? []).map((one) => one ?? 0));
  await until(() => live(site, id)?.session !== null && drawn_mA() >= 15_000, "its car charges");
  // What it drew on its way up would be taken for what it drew before.
  await site.engine.clock.sleep(MINUTE_MS);
}

/** As when its plug is pulled: nothing is answered any more, nor reset by anybody in time. */
const cutWeb = ({ web }: Site): void => {
  web.network.get("web")?.faults.set({ kind: "reset" }, { times: Number.POSITIVE_INFINITY });
};
const mendWeb = ({ web }: Site): void => {
  web.network.get("web")?.faults.clear();
};

const reached = (site: Site, stage: "silent" | "reconnect"): Promise<void> =>
  until(() => running(site)?.stage === stage, `it comes to "${stage}"`, { real_ms_max: REAL_MS_MAX });
const over = (site: Site): Promise<void> =>
  until(() => running(site) === null, "it is over", { real_ms_max: REAL_MS_MAX });

test("an OCPP box that was cut off once and fell back is counted as proven from then on", async () => {
  const site = await start();
  await charging(site, "ocpp");
  expect(bay(site, "ocpp")).toMatchObject({ provenBy: null, promised_mA: PROMISED_MA });
  expect(site.engine.commissioning.test("ocpp", "technician")).toBe("ok");
  expect(running(site)).toMatchObject({ stationId: "ocpp", stage: "cut" });
  expect(site.engine.commissioning.test("ocpp", "technician")).toBe("busy");
  expect(site.engine.commissioning.test("web", "technician")).toBe("busy");
  await site.box.cut();
  await reached(site, "silent");
  // Silence proves nothing yet: what it had stays reserved for it.
  expect(live(site, "ocpp")?.granted_mA).toBeGreaterThanOrEqual(15_000);
  await reached(site, "reconnect");
  site.box.restore();
  await over(site);
  await until(() => bay(site, "ocpp")?.provenBy === "test", "the next decision counts with it");
  expect(bay(site, "ocpp")?.counted_mA).toBe(PROMISED_MA);
  const { lastTest } = bay(site, "ocpp") ?? {};
  expect(lastTest).toMatchObject({ author: "technician", outcome: "fell-back", kept_mA: PROMISED_MA });
  expect(lastTest?.before_mA).toBeGreaterThanOrEqual(15_000);
  // Real time, as boxes count it: six minutes at least, sixty times as fast.
  expect(lastTest?.silent_ms).toBeGreaterThanOrEqual((6 * MINUTE_MS) / SPEED);
  expect(lastTest?.silent_ms).toBeLessThan((15 * MINUTE_MS) / SPEED);
});

test("a box that went on with its last limit counts with its maximum, and the site no longer fits its fuse", async () => {
  const site = await start();
  await charging(site, "web");
  expect(bay(site, "web")).toMatchObject({ provenBy: null, counted_mA: PROMISED_MA });
  expect(site.engine.commissioning.status().problems).toEqual([]);
  expect(site.engine.commissioning.test("web", "technician")).toBe("ok");
  cutWeb(site);
  await reached(site, "silent");
  await reached(site, "reconnect");
  mendWeb(site);
  await over(site);
  expect(bay(site, "web")?.lastTest).toMatchObject({ outcome: "kept-last" });
  expect(bay(site, "web")?.lastTest?.kept_mA).toBeGreaterThan(14_000);
  await until(() => bay(site, "web")?.counted_mA === 32_000, "it counts with its maximum");
  await until(() => site.engine.commissioning.status().state === "blocked", "the site is held back");
  const [problem] = site.engine.commissioning.status().problems;
  expect(problem).toMatchObject({ circuitId: "main", sum_mA: 38_000, limit_mA: 32_000, stationIds: ["ocpp", "web"] });
});

test("a test in which nobody pulls the plug ends by itself, and takes nothing back of what an earlier one told", async () => {
  const site = await start();
  await charging(site, "web");
  site.engine.commissioning.witness("web", 6_000, "technician");
  expect(site.engine.commissioning.test("web", "technician")).toBe("ok");
  const { until_ms = 0, started_at_ms = 0 } = running(site) ?? {};
  expect(until_ms - started_at_ms).toBe(5 * MINUTE_MS);
  await over(site);
  expect(site.engine.clock.now_ms()).toBeGreaterThanOrEqual(until_ms);
  expect(outcome(site, "web")).toBe("witnessed");
  const last = site.engine.stores.commissioning.lastTests().get("web");
  expect(last?.outcome).toBe("witnessed");
  // Its bay has its whole share again.
  expect(site.engine.commissioning.test("web", "technician")).toBe("ok");
});

test("a box that is connected again too soon has told nothing, nor has one whose test was cancelled", async () => {
  const site = await start();
  await charging(site, "ocpp");
  expect(site.engine.commissioning.test("ocpp", "technician")).toBe("ok");
  await site.box.cut();
  await reached(site, "silent");
  site.box.restore();
  await over(site);
  expect(bay(site, "ocpp")).toMatchObject({ provenBy: null, lastTest: { outcome: "too-short", kept_mA: null } });
  expect(bay(site, "ocpp")?.lastTest?.silent_ms).toBeGreaterThan(0);
  expect(bay(site, "ocpp")?.lastTest?.silent_ms).toBeLessThan((6 * MINUTE_MS) / SPEED);
  await until(() => (live(site, "ocpp")?.drawn_mA[0] ?? 0) >= 15_000, "it charges again");
  expect(site.engine.commissioning.test("ocpp", "technician")).toBe("ok");
  await site.engine.commissioning.cancel();
  expect(running(site)).toBeNull();
  expect(bay(site, "ocpp")).toMatchObject({ provenBy: null, lastTest: { outcome: "cancelled", silent_ms: null } });
  await site.engine.commissioning.cancel();
});

test("a car that leaves ends the test, before its box is cut off and meanwhile", async () => {
  const site = await start();
  await charging(site, "ocpp");
  expect(site.engine.commissioning.test("ocpp", "technician")).toBe("ok");
  site.unplug("ocpp");
  await over(site);
  expect(outcome(site, "ocpp")).toBe("car-stopped");
  await until(() => live(site, "ocpp")?.session === null, "its session is over");
  await charging(site, "ocpp");
  expect(site.engine.commissioning.test("ocpp", "technician")).toBe("ok");
  await site.box.cut();
  await reached(site, "reconnect");
  // What it took it took for reasons of its own.
  site.unplug("ocpp");
  site.box.restore();
  await over(site);
  expect(bay(site, "ocpp")).toMatchObject({ provenBy: null, lastTest: { outcome: "car-stopped", kept_mA: null } });
});

test("a box that does not come back is named, and the next test begins afresh", async () => {
  const site = await start(100);
  await charging(site, "ocpp");
  expect(site.engine.commissioning.test("ocpp", "technician")).toBe("ok");
  await site.box.cut();
  await reached(site, "reconnect");
  const { until_ms = 0 } = running(site) ?? {};
  await over(site);
  expect(site.engine.clock.now_ms()).toBeGreaterThanOrEqual(until_ms);
  expect(bay(site, "ocpp")).toMatchObject({ provenBy: null, lastTest: { outcome: "not-back", kept_mA: null } });
  expect(site.engine.commissioning.test("ocpp", "technician")).toBe("offline");
});

test("a test that could tell nothing does not begin", async () => {
  const site = await start();
  const begin = (id: string) => site.engine.commissioning.test(id, "technician");
  expect(begin("nobody")).toBe("not-found");
  expect(begin("ocpp")).toBe("offline");
  await until(() => live(site, "ocpp")?.online === true, "it is there");
  expect(begin("ocpp")).toBe("no-car");
  site.plugIn("ocpp", 8_000);
  await until(() => (live(site, "ocpp")?.drawn_mA[0] ?? 0) >= 7_000, "a small car charges");
  await site.engine.clock.sleep(20 * SECOND_MS);
  expect(begin("ocpp")).toBe("too-little");
});
