import { expect, onTestFinished, test } from "vitest";
import type { BayPhases } from "../../src/contract/index.ts";
import { car } from "./cars.ts";
import { startSite, until } from "./site-under-test.ts";

const SPEED = 15;
const RIGHT = "L1L2L3";
const WRONG = "L3L1L2";

/** Two bays on Modbus wires and a main meter; the site file has the first bay's phases wrong. */
async function wrongSite() {
  const site = await startSite({
    points: 2,
    mixed: true,
    seed: 4,
    speed: SPEED,
    arrivals: false,
    told: ({ stations: [first, ...others], ...model }) => {
      if (first === undefined) throw new Error("a site has bays");
      expect(first.rotation).toBe(RIGHT);
      return { ...model, stations: [{ ...first, rotation: WRONG }, ...others] };
    },
  });
  onTestFinished(() => site.close());
  const { engine, world, folder, cycles } = site;
  const id = world.site.model.stations[0]?.id ?? "";
  const bay = (): BayPhases => {
    const found = engine.phases.list().bays.find(({ stationId }) => stationId === id);
    if (found === undefined) throw new Error("the bay is in the list");
    return found;
  };
  const counted = () => cycles.at(-1)?.request.evses.find((evse) => evse.id === id)?.phases;
  return { engine, world, folder, id, bay, counted };
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
