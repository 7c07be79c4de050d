import { milliamp } from "../../src/core/units/index.ts";
import { car } from "./cars.ts";
import { startSite, until } from "./site-under-test.ts";

// Run by planning-process.test.ts: a site that plans, and ends. Nothing here may end the process: it has to by itself.

const site = await startSite({
  points: 2,
  mixed: false,
  seed: 3,
  speed: 30,
  arrivals: false,
  planning: {
    prices: {
      otherwise_micro_per_kWh: 320_000,
      hours: [{ from_minute: 12 * 60, until_minute: 18 * 60, price_micro_per_kWh: 200_000 }],
    },
  },
});
for (const { id } of site.world.site.model.stations)
  site.world.simulated.world.plugIn(
    id,
    { model: car({ current_mA_max: milliamp(16_000) }), soc_permille: 300, seed: 1 },
    `CARD-${id}`,
  );
await until(() => site.engine.planning().status === "good", "there is a plan", { real_ms_max: 60_000 });
const { status, prices, cars } = site.engine.planning();
await site.close();
process.stdout.write(JSON.stringify({ status, prices, cars: cars.length }));
