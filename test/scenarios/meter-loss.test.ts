import { afterEach, expect, test } from "vitest";
import { car } from "./cars.ts";
import { startSite, until } from "./site-under-test.ts";
import type { SiteUnderTest } from "./site-under-test.ts";

/** Fallback is 6 A. */
const ABOVE_FALLBACK_MA = 8_000;

let site: SiteUnderTest;
afterEach(async () => {
  await site.close();
});

const granted = (): number[] => site.engine.live().stations.map((station) => station.granted_mA);
const offered = (): number[] => site.world.truth().stations.map((station) => station.offered_mA);
const mainMode = (): string | undefined =>
  site.engine.live().circuits.find((circuit) => circuit.parentId === null)?.mode;

test(
  "when the main meter falls silent everybody goes to the fallback current, says why, and comes back with the meter",
  { timeout: 120_000 },
  async () => {
    site = await startSite({ points: 4, mixed: true, seed: 3, speed: 10, arrivals: false });
    const stations = site.world.site.model.stations;
    for (const { id } of stations)
      site.world.simulated.world.plugIn(id, { model: car(), soc_permille: 200, seed: 1 }, `CARD-${id}`);
    await until(
      () => offered().every((current) => current > ABOVE_FALLBACK_MA),
      "everybody charges with more than the fallback",
      {
        real_ms_max: 60_000,
      },
    );

    const meterLink = site.world.site.model.meters[0]?.linkId ?? "";
    const server = site.world.simulated.servers.get(meterLink);
    expect(server).toBeDefined();
    server?.faults.set({ kind: "drop" }, { times: Number.MAX_SAFE_INTEGER });
    await until(() => mainMode() === "fallback", "the circuit is on fallback");
    await until(
      () =>
        stations.every(
          ({ id, fallback_mA }) =>
            (site.engine.live().stations.find((one) => one.stationId === id)?.granted_mA ?? 0) <= fallback_mA,
        ),
      "grants are at most the fallback",
    );
    expect(
      site.engine.live().stations.every((station) => station.because.some((rung) => rung.kind === "stale_meter")),
    ).toBe(true);
    await until(
      () => offered().every((current, index) => current <= (stations[index]?.fallback_mA ?? 0)),
      "and the boxes do it",
    );
    await until(
      () => site.engine.stores.alerts.open().some((alert) => alert.code === "meter-stale"),
      "the owner is told",
    );

    server?.faults.clear();
    await until(
      () => mainMode() === "measured" && granted().every((current) => current > ABOVE_FALLBACK_MA),
      "full current again",
      { real_ms_max: 60_000 },
    );
    await until(
      () => !site.engine.stores.alerts.open().some((alert) => alert.code === "meter-stale"),
      "and the alarm is over",
    );
  },
);
