// @ts-check
// Two hundred OCPP boxes with all bad habits mixed, one simulated hour at ×60: is any session lost or told twice?
import { join } from "node:path";
import { minutesToRun } from "./parts/figures.mjs";
import { ROOT } from "../lib/runtime.mjs";
import { createClock } from "../../src/main/site/clock.ts";
import { soakOcpp } from "../../test/protocol/ocpp/soak.ts";

const STATIONS = 200;
const SPEED = 60;
/** One simulated hour. */
const MINUTES = 1;
const START_MS = Date.UTC(2026, 5, 10, 6, 0, 0);
/** On average every box has two cars in the hour. */
const TRANSACTIONS_PER_HOUR_min = 2 * STATIONS;
const MEMORY_MB_max = 250;
const MB = 1_000_000;

export const bench = {
  name: "ocpp",
  run: async () => {
    const minutes = minutesToRun(MINUTES);
    const clock = createClock({ speed: SPEED, start_ms: START_MS });
    const rss = process.memoryUsage().rss;
    const cpu = process.cpuUsage();
    const start_ms = performance.now();
    const result = await soakOcpp({
      count: STATIONS,
      duration_ms: minutes * SPEED * 60_000,
      clock,
      seed: 1,
      vendorFile: join(ROOT, "resources", "devices", "ocpp-vendors.yaml"),
    });
    clock.close();
    const { user, system } = process.cpuUsage(cpu);
    const took_ms = performance.now() - start_ms;
    for (const one of [...result.examples, ...result.faults]) process.stderr.write(`${one}\n`);
    const least = Math.floor(TRANSACTIONS_PER_HOUR_min * minutes);
    const name = `${String(STATIONS)} boxes, ${String(minutes)} h at ×${String(SPEED)}`;
    return [
      { figure: `${name}: transactions`, value: result.transactions, unit: "", limit: least, atLeast: true },
      { figure: "sessions lost", value: result.lost, unit: "", limit: 0 },
      { figure: "sessions told twice", value: result.duplicated, unit: "", limit: 0 },
      { figure: "sessions with other registers than the box's", value: result.wrong, unit: "", limit: 0 },
      { figure: "faults of ours", value: result.faults.length, unit: "", limit: 0 },
      { figure: "lines broken and mended", value: result.breaks, unit: "", limit: null },
      { figure: "limits set", value: result.limits, unit: "", limit: null },
      { figure: "limits not confirmed (line down, stubborn)", value: result.limitsFailed, unit: "", limit: null },
      {
        figure: "kinds of box seen not to follow, beside the stubborn one",
        value: result.notFollowing.filter((one) => one !== "stubborn").length,
        unit: "",
        limit: null,
      },
      {
        figure: "processor, boxes and server together",
        value: (user + system) / 10 / took_ms,
        unit: "% of a core",
        limit: null,
      },
      {
        figure: "memory grown by boxes and server",
        value: (process.memoryUsage().rss - rss) / MB,
        unit: "MB",
        limit: MEMORY_MB_max,
      },
    ];
  },
};
