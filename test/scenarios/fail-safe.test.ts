import { afterEach, expect, test } from "vitest";
import { car } from "./cars.ts";
import { startSite, until } from "./site-under-test.ts";
import type { SiteUnderTest } from "./site-under-test.ts";

/** Watchdogs of Modbus boxes count real time, as the wire does: up to 60 s where the profile says nothing else. */
const WATCHDOG_REAL_MS = 90_000;

let site: SiteUnderTest;
afterEach(async () => {
  await site.close();
});

test("when our process is gone every box ends at its fallback current by itself", { timeout: 120_000 }, async () => {
  site = await startSite({ points: 6, mixed: true, seed: 5, speed: 20, arrivals: false });
  const { stations } = site.world.site.model;
  for (const { id } of stations)
    site.world.simulated.world.plugIn(id, { model: car(), soc_permille: 200, seed: 1 }, `CARD-${id}`);
  const offered = (): number[] => site.world.truth().stations.map((station) => station.offered_mA);
  await until(() => offered().every((current) => current > 10_000), "everybody charges with more than the fallback", {
    real_ms_max: 60_000,
  });
  await site.engine.close();
  await until(
    () => offered().every((current, index) => current <= (stations[index]?.fallback_mA ?? 0)),
    "all boxes are at their fallback",
    { real_ms_max: WATCHDOG_REAL_MS },
  );
  expect(offered().every((current) => current > 0)).toBe(true);
});

test(
  "a box that falls silent keeps its last current reserved, and the others live with the rest",
  { timeout: 120_000 },
  async () => {
    site = await startSite({ points: 12, mixed: false, seed: 5, speed: 20, arrivals: false });
    const { stations } = site.world.site.model;
    for (const { id } of stations)
      site.world.simulated.world.plugIn(
        id,
        {
          model: car({ current_mA_max: stations[0]?.current_mA_max ?? car().current_mA_max }),
          soc_permille: 200,
          seed: 1,
        },
        `CARD-${id}`,
      );
    const live = (id: string) => site.engine.live().stations.find((station) => station.stationId === id);
    await until(() => site.world.truth().stations.every((station) => station.offered_mA >= 6000), "everybody charges", {
      real_ms_max: 60_000,
    });
    const silent = stations[0];
    if (silent === undefined) throw new Error("a site has stations");
    const before = live(silent.id)?.confirmed_mA ?? 0;
    await site.world.simulated.ocpp.get(silent.id)?.cut();
    await until(
      () => live(silent.id)?.because.at(-1)?.kind === "fallback",
      "the box is seen as silent and its reserve is booked",
    );
    expect(live(silent.id)?.state).toBe("offline");
    expect(live(silent.id)?.granted_mA).toBeGreaterThanOrEqual(
      Math.max(silent.fallback_mA, Math.min(before, silent.current_mA_max)),
    );
    for (const circuit of site.world.truth().circuits)
      expect(Math.max(...circuit.longestOver_ms)).toBeLessThanOrEqual(15_000);
  },
);
