import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { BayPhases } from "../../src/contract/index.ts";
import { flatTariff } from "../../src/core/tariff/index.ts";
import { basisPoint, epochMs } from "../../src/core/units/index.ts";
import type { CycleReport } from "../../src/main/site/control-loop.ts";
import { createClock } from "../../src/main/site/clock.ts";
import { startEngine } from "../../src/main/site/engine.ts";
import { startWorld } from "../../src/main/simulator/index.ts";
import { openDataFolder } from "../../src/main/storage/index.ts";
import { car } from "./cars.ts";
import { quietLog, resources, START_MS, until } from "./site-under-test.ts";

const SPEED = 15;
const RIGHT = "L1L2L3";
const WRONG = "L3L1L2";

/** Two bays on Modbus wires and a main meter; the site file has the first bay's phases wrong. */
async function wrongSite() {
  const path = mkdtempSync(join(tmpdir(), "chargehand-phases-"));
  const folder = openDataFolder(path, { now_ms: () => Date.now() });
  if (!folder.ok) throw new Error(folder.message);
  const clock = createClock({ speed: SPEED, start_ms: START_MS });
  const world = await startWorld({ clock, points: 2, mixed: true, seed: 4, arrivals: false });
  const right = { ...world.site, access: { cards: "any" } } as const;
  const [first, ...others] = right.model.stations;
  if (first === undefined) throw new Error("a site has bays");
  expect(first.rotation).toBe(RIGHT);
  const stored = { ...right, model: { ...right.model, stations: [{ ...first, rotation: WRONG } as const, ...others] } };
  folder.stores.site.save(stored, clock.now_ms(), "test");
  folder.stores.tariffs.add(
    flatTariff({
      id: "t1",
      name: "Standard",
      currency: "EUR",
      perKWh: "0.42",
      vat_bp: basisPoint(1900),
      valid_from_ms: epochMs(0),
    }),
  );
  const cycles: CycleReport[] = [];
  const engine = await startEngine({
    folder,
    stored,
    clock,
    speed: SPEED,
    resources,
    ownProfiles: join(path, "devices"),
    ocpp: { host: "127.0.0.1", port: 0 },
    log: quietLog(),
    onCycle: (report) => cycles.push(report),
  });
  if (engine.ocppUrl !== null) world.connect(engine.ocppUrl);
  onTestFinished(async () => {
    await engine.close();
    await world.close();
    clock.close();
    folder.close();
    rmSync(path, { recursive: true, force: true });
  });
  const bay = (): BayPhases => {
    const found = engine.phases.list().bays.find(({ stationId }) => stationId === first.id);
    if (found === undefined) throw new Error("the bay is in the list");
    return found;
  };
  const counted = () => cycles.at(-1)?.request.evses.find(({ id }) => id === first.id)?.phases;
  return { engine, world, folder, id: first.id, bay, counted };
}

test(
  "a wrong map is found by the test, counted on all phases, told, and put right by the owner's word",
  { timeout: 120_000 },
  async () => {
    const { engine, world, folder, id, bay, counted } = await wrongSite();
    expect(engine.phases.test("nowhere", "owner")).toBe("not-found");
    expect(bay()).toMatchObject({ state: "unknown", countsOnAll: false });
    await until(() => engine.phases.test(id, "owner") === "no-car", "bay and meter are there");
    world.simulated.world.plugIn(id, { model: car({ phases: 1 }), soc_permille: 200, seed: 1 }, "CARD-1");
    const drawn = () => engine.live().stations.find(({ stationId }) => stationId === id)?.drawn_mA ?? [];
    await until(() => drawn().some((current) => (current ?? 0) > 5_000), "the car charges");
    await until(() => engine.phases.test(id, "owner") === "ok", "the test begins");
    expect(engine.phases.test(id, "owner")).toBe("busy");
    await until(() => engine.phases.list().running === null, "the test ends", { real_ms_max: 80_000 });
    expect(bay()).toMatchObject({ state: "disagrees", countsOnAll: true, lastTest: { outcome: "disagrees" } });
    expect(bay().open).toContain(RIGHT);
    expect(bay().open).not.toContain(WRONG);
    await until(() => counted()?.length === 3, "the bay is counted on all phases");
    await until(
      () => folder.stores.alerts.open().some(({ code, ref }) => code === "phase-map-differs" && ref === id),
      "an alert is raised",
    );
    expect(engine.phases.accept(id, "L1", "owner")).toBeNull();
    expect(engine.phases.accept(id, RIGHT, "owner")).toMatchObject({ configured: RIGHT, countsOnAll: false });
    expect(folder.stores.site.load()?.model.stations[0]?.rotation).toBe(RIGHT);
    await until(() => folder.stores.alerts.open().every(({ code }) => code !== "phase-map-differs"), "the alert ends");
    await until(() => counted()?.join() === "L1", "the car has shown the phase it is really on");
    expect(folder.stores.phases.lastFinding(id)).toMatchObject({
      method: "accepted",
      outcome: "changed",
      configured: WRONG,
    });
  },
);

test("a test that is cancelled gives the bay its whole share back", { timeout: 60_000 }, async () => {
  const { engine, world, id, bay } = await wrongSite();
  const live = () => engine.live().stations.find(({ stationId }) => stationId === id);
  await until(() => live()?.online === true, "the bay is there");
  world.simulated.world.plugIn(id, { model: car({ phases: 1 }), soc_permille: 200, seed: 1 }, "CARD-1");
  await until(() => (live()?.granted_mA ?? 0) > 12_000, "the bay has its share");
  await until(() => engine.phases.test(id, "owner") === "ok", "the test begins");
  await until(() => (live()?.granted_mA ?? 0) <= 10_000, "the bay is bounded");
  await engine.phases.cancel();
  expect(engine.phases.list().running).toBeNull();
  await until(() => (live()?.granted_mA ?? 0) > 12_000, "the bay has its share again");
  expect(bay().lastTest).toMatchObject({ outcome: "cancelled" });
});
