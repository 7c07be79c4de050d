// @ts-check
// A site in this process whose main circuit a caller may limit, with a car at each charger that takes what it is offered.
import { join } from "node:path";
import { flatTariff } from "../../../src/core/tariff/index.ts";
import { basisPoint, epochMs, milliamp } from "../../../src/core/units/index.ts";
import { createLog } from "../../../src/main/log.ts";
import { createClock } from "../../../src/main/site/clock.ts";
import { startEngine } from "../../../src/main/site/engine.ts";
import { startWorld } from "../../../src/main/simulator/index.ts";
import { openDataFolder } from "../../../src/main/storage/index.ts";
import { ROOT } from "../../lib/runtime.mjs";
import { CAR } from "./bench-car.mjs";
import { awaitValue, sleep } from "./figures.mjs";
import { temporaryFolder } from "./processes.mjs";

const START_ms = Date.UTC(2026, 5, 10, 6, 0, 0);
const SIGNAL_ID = "caller";
const CHARGES_mA = 5_000;
const ALL_CHARGE_ms_max = 120_000;
/** Of the site's time, until nobody is raised any more. */
const SETTLE_ms = 60_000;

/** @param {{ points: number, speed: number, counts: "all" | "cars", tokenHash: string }} options */
export async function startLimited({ points, speed, counts, tokenHash }) {
  const temporary = temporaryFolder();
  const folder = openDataFolder(temporary.path, { now_ms: () => Date.now() });
  if (!folder.ok) throw new Error(folder.message);
  const clock = createClock({ speed, start_ms: START_ms });
  const world = await startWorld({ clock, points, mixed: true, seed: 1, arrivals: false });
  const stored = limited(world.site, counts, tokenHash);
  folder.stores.site.save(stored, clock.now_ms(), "bench");
  folder.stores.tariffs.add(tariff());
  const engine = await startEngine({
    folder,
    stored,
    clock,
    speed,
    resources: join(ROOT, "resources"),
    ownProfiles: join(temporary.path, "devices"),
    dataFolder: temporary.path,
    ocpp: { host: "127.0.0.1", port: 0 },
    log: createLog({ write: () => true }),
  });
  if (engine.ocppUrl !== null) world.connect(engine.ocppUrl);
  for (const { id } of stored.model.stations)
    world.simulated.world.plugIn(id, { model: CAR, soc_permille: 100, seed: 1 }, `CARD-${id}`);
  const cars_mA = () => Math.max(...[0, 1, 2].map((phase) => carsOn(engine.live().stations, phase)));
  /** What the limit bounds, on the phase with the most. */
  const flows_mA = () => {
    if (counts === "cars") return cars_mA();
    return Math.max(...(engine.live().circuits.find(({ parentId }) => parentId === null)?.total_mA ?? [0]));
  };
  return {
    engine,
    signalId: SIGNAL_ID,
    flows_mA,
    /** What cars draw on the phase where they draw most. */
    cars_mA,
    /** Waits until every car charges and nobody is raised any more, and says what flows then. */
    settled: async () => {
      await awaitValue(
        () =>
          engine.live().stations.filter(({ drawn_mA }) => drawn(drawn_mA) < CHARGES_mA).length === 0 ? true : null,
        "everybody charges",
        ALL_CHARGE_ms_max,
      );
      await sleep(SETTLE_ms / speed);
      return flows_mA();
    },
    close: async () => {
      await engine.close();
      await world.close();
      clock.close();
      folder.close();
      temporary.remove();
    },
  };
}

/** @param {readonly (number | null)[]} current_mA */
const drawn = (current_mA) => Math.max(...current_mA.map((current) => current ?? 0));

/** @param {readonly { drawn_mA: readonly (number | null)[] }[]} stations @param {number} phase */
const carsOn = (stations, phase) => stations.reduce((sum, { drawn_mA }) => sum + (drawn_mA[phase] ?? 0), 0);

/**
 * @param {import("../../../src/main/storage/types.ts").StoredSite} site @param {"all" | "cars"} counts
 * @param {string} tokenHash @returns {import("../../../src/main/storage/types.ts").StoredSite}
 */
function limited(site, counts, tokenHash) {
  const main = site.model.circuits.find(({ parentId }) => parentId === null);
  if (main === undefined) throw new Error("a site has a main circuit");
  const none = { limit_mA: milliamp(32_000), limit_W: null };
  return {
    ...site,
    access: { cards: "any" },
    model: {
      ...site.model,
      signals: [
        {
          id: SIGNAL_ID,
          name: "Caller",
          circuitId: main.id,
          rule: "limit",
          counts,
          limit: none,
          failSafe: none,
          debounce_ms: 0,
          minimum_ms: 0,
          source: { kind: "http", tokenHash },
        },
      ],
    },
  };
}

const tariff = () =>
  flatTariff({
    id: "t1",
    name: "Standard",
    currency: "EUR",
    perKWh: "0.42",
    vat_bp: basisPoint(1900),
    valid_from_ms: epochMs(0),
  });
