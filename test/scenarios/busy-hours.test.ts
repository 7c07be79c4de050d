import { afterEach, expect, test } from "vitest";
import { car } from "./cars.ts";
import { startSite, until } from "./site-under-test.ts";
import type { SiteUnderTest } from "./site-under-test.ts";

let site: SiteUnderTest;
afterEach(async () => {
  await site.close();
});

/** Building steps are not ours; boxes and cars have 5 s each to follow, and the loop a second (balancing.md §5). */
const REACTION_MS = 15_000;
const WAVES = 3;
const WAVE_SIM_MS = 15 * 60_000;

test(
  "three waves of cars over OCPP, RTU and Modbus TCP: no fuse is overloaded, every session is priced, and all sums agree",
  { timeout: 180_000 },
  async () => {
    site = await startSite({ points: 12, mixed: true, seed: 11, speed: 60, arrivals: false });
    const { stations } = site.world.site.model;
    const { world } = site.world.simulated;
    const noCar = (): boolean => site.engine.live().stations.every((station) => station.session === null);
    for (let wave = 0; wave < WAVES; wave += 1) {
      stations.forEach(({ id }, index) => {
        const phases = index % 3 === 0 ? 1 : 3;
        world.plugIn(
          id,
          {
            model: car({
              phases,
              battery_Wh: 40_000,
              current_mA_max: stations[index]?.current_mA_max ?? car().current_mA_max,
            }),
            soc_permille: 300,
            seed: wave * 100 + index,
          },
          `CARD-${id}`,
        );
      });
      const end_ms = site.clock.now_ms() + WAVE_SIM_MS;
      let compared = 0;
      await until(
        () => {
          compared += sumsAgree() ? 1 : 0;
          return site.clock.now_ms() >= end_ms;
        },
        "the wave is over",
        { real_ms_max: 60_000 },
      );
      expect(compared).toBeGreaterThan(0);
      for (const { id } of stations) world.unplug(id);
      await until(noCar, "all sessions are closed");
    }
    for (const circuit of site.world.truth().circuits)
      expect(Math.max(...circuit.longestOver_ms)).toBeLessThanOrEqual(REACTION_MS);

    const { rows } = site.engine.stores.sessions.list(
      { from_ms: null, to_ms: null, stationIds: [], customerId: null, state: "all", text: "" },
      { cursor: null, limit: 500 },
    );
    expect(rows).toHaveLength(stations.length * WAVES);
    for (const row of rows) {
      expect(row.start_Wh).not.toBeNull();
      expect(row.energy_Wh).toBe((row.stop_Wh ?? Number.NaN) - (row.start_Wh ?? Number.NaN));
      expect(row.cost).not.toBeNull();
      expect(row.flags.filter((flag) => flag.severity === "B")).toEqual([]);
    }
    for (const { id } of stations) {
      const stored = rows.filter((row) => row.stationId === id).reduce((sum, row) => sum + (row.energy_Wh ?? 0), 0);
      const real = site.world
        .truth()
        .stays.filter((stay) => stay.stationId === id)
        .reduce((sum, stay) => sum + stay.received_Wh, 0);
      expect(stored).toBeGreaterThan(0);
      expect(Math.abs(stored - real)).toBeLessThanOrEqual(real * 0.02 + WAVES * REGISTER_SLACK_WH);
    }
  },
);

/** A Modbus box's register is read in its slow group; what flows between the last reading and the plug is not billed. */
const REGISTER_SLACK_WH = 100;

/** What Live shows for the main circuit is what the main meter reports, once its readings are a second old or less. */
function sumsAgree(): boolean {
  const live = site.engine.live();
  const main = live.circuits.find((circuit) => circuit.parentId === null);
  const meter = site.world.truth().meters[0];
  if (main?.mode !== "measured" || (main.meterAge_ms ?? Infinity) > 1500 || meter === undefined) return false;
  return main.total_mA.every(
    (total, index) =>
      Math.abs(total - (meter.current_mA[index] ?? 0)) <= Math.max(500, 0.02 * (meter.current_mA[index] ?? 0)),
  );
}
