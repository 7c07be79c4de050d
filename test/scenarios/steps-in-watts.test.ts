import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Link, SiteModel, Station } from "../../src/core/site/index.ts";
import { milliamp } from "../../src/core/units/index.ts";
import { createClock } from "../../src/main/site/clock.ts";
import { startEngine } from "../../src/main/site/engine.ts";
import { simulateSite } from "../../src/main/simulator/simulated-site.ts";
import { openDataFolder } from "../../src/main/storage/index.ts";
import { car } from "./cars.ts";
import { quietLog, resources, START_MS, TARIFF, until } from "./site-under-test.ts";

// Boxes that are told watts in steps of 100: the 6 A that each of them could have are 4140 W, which is 41 steps or
// 5.94 A, and a box that is told less than 6 A pauses.

const IDS = ["A", "B", "C"] as const;
const three = (current_A: number) =>
  [milliamp(current_A * 1000), milliamp(current_A * 1000), milliamp(current_A * 1000)] as const;

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const stationOn = (id: string, profileId: string): Station => ({
  id,
  name: id,
  circuitId: "main",
  phaseCount: 3,
  rotation: "L1L2L3",
  current_mA_min: milliamp(6_000),
  current_mA_max: milliamp(16_000),
  step_mA: milliamp(100),
  fallback_mA: milliamp(0),
  priority: 1,
  connection: { kind: "profile", profileId, linkId: id, unitId: 1 },
});

function siteOf(profileId: string): SiteModel {
  return {
    identity: { name: "Watts", timezone: "Europe/Berlin", currency: "EUR", country: "DE", nominal_V: 230 },
    circuits: [
      {
        id: "main",
        name: "Main",
        parentId: null,
        fuse_mA: three(18),
        margin_mA: milliamp(0),
        meterId: null,
        limit_W: null,
        otherLoad_mA_max: three(0),
      },
    ],
    links: IDS.map((id): Link => ({ id, kind: "modbus-tcp", host: "127.0.0.1", port: 0 })),
    meters: [],
    stations: IDS.map((id) => stationOn(id, profileId)),
  };
}

test.each(["compleo-solo", "foxess-evc"])(
  "three %s on a fuse for three times 6 A: two charge and one waits its turn, rather than all being told a pause",
  { timeout: 120_000 },
  async (profileId) => {
    const path = mkdtempSync(join(tmpdir(), "chargehand-watts-"));
    cleanups.push(() => {
      rmSync(path, { recursive: true, force: true });
    });
    const folder = openDataFolder(path, { now_ms: () => Date.now() });
    if (!folder.ok) throw new Error(folder.message);
    cleanups.push(() => {
      folder.close();
    });
    const speed = 30;
    const clock = createClock({ speed, start_ms: START_MS });
    cleanups.push(() => {
      clock.close();
    });
    const simulated = await simulateSite({
      clock,
      seed: 5,
      site: siteOf(profileId),
      building_mA: () => [0, 0, 0] as const,
    });
    cleanups.push(() => simulated.close());
    const stored = { model: simulated.site, access: { cards: "any" }, demo: false } as const;
    folder.stores.site.save(stored, clock.now_ms(), "test");
    folder.stores.tariffs.add(TARIFF);
    const ocpp = { host: "127.0.0.1", port: 0 };
    const ownProfiles = join(path, "devices");
    const engine = await startEngine({ folder, stored, clock, speed, resources, ownProfiles, ocpp, log: quietLog() });
    cleanups.push(() => engine.close());
    await until(() => engine.live().stations.every(({ online }) => online), "all boxes are there");
    expect(engine.live().stations.map(({ min_mA }) => Math.ceil(min_mA / 100))).toEqual([61, 61, 61]);
    IDS.forEach((id, seed) => {
      simulated.world.plugIn(id, { model: car(), soc_permille: 200, seed }, `CARD-${id}`);
    });
    const drawn_mA = (): readonly number[] => simulated.world.truth().stations.map(({ current_mA }) => current_mA[0]);
    await until(() => drawn_mA().filter((current) => current > 6_000).length === 2, "two of three cars charge", {
      real_ms_max: 40_000,
    });
    expect(Math.max(...simulated.world.truth().circuits.map(({ longestOver_ms }) => Math.max(...longestOver_ms)))).toBe(
      0,
    );
  },
);
