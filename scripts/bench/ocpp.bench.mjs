// @ts-check
// Two hundred OCPP boxes with all bad habits and both versions mixed, on a real site with its database, one simulated hour
// at ×60: is any session lost, stored twice, or other than what the car took?
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { minutesToRun } from "./parts/figures.mjs";
import { ROOT } from "../lib/runtime.mjs";
import { createClock } from "../../src/main/site/clock.ts";
import { SOAK_CREDIT_MS, soakOcpp } from "../../test/protocol/ocpp/soak.ts";

const STATIONS = 200;
const SPEED = 60;
/** One simulated hour. */
const MINUTES = 1;
const START_MS = Date.UTC(2026, 5, 10, 6, 0, 0);
/** On average every box has two cars in the hour. */
const TRANSACTIONS_PER_HOUR_min = 2 * STATIONS;
/** Of the cycles of one simulated second each; the rest of the time goes into boxes, cars and sockets on the same core. */
const CYCLES_PERCENT_min = 50;
/** The whole site and two hundred boxes with their cars: what is still held when an hour is over and the garbage is gone. */
const HELD_MB_max = 100;
const MB = 1_000_000;
setFlagsFromString("--expose-gc");
/** A whole collection, now. */
const collect = runInNewContext("gc");

export const bench = {
  name: "ocpp",
  run: async () => {
    const minutes = minutesToRun(MINUTES);
    const clock = createClock({ speed: SPEED, credit_ms_max: SOAK_CREDIT_MS, start_ms: START_MS });
    const held = held_B();
    const rss = process.memoryUsage().rss;
    const cpu = process.cpuUsage();
    const start_ms = performance.now();
    const result = await soakOcpp({
      count: STATIONS,
      duration_ms: minutes * SPEED * 60_000,
      clock,
      seed: 1,
      speed: SPEED,
      resources: join(ROOT, "resources"),
    });
    clock.close();
    const { user, system } = process.cpuUsage(cpu);
    const took_ms = performance.now() - start_ms;
    const resident = process.memoryUsage().rss - rss;
    for (const one of [...result.examples, ...result.faults]) process.stderr.write(`${one}\n`);
    const least = Math.floor(TRANSACTIONS_PER_HOUR_min * minutes);
    const name = `${String(STATIONS)} boxes, ${String(minutes)} h at ×${String(SPEED)}`;
    return [
      { figure: `${name}: transactions`, value: result.transactions, unit: "", limit: least, atLeast: true },
      { figure: "sessions lost", value: result.lost, unit: "", limit: 0 },
      { figure: "sessions stored twice", value: result.duplicated, unit: "", limit: 0 },
      { figure: "sessions with other registers than the box's", value: result.wrong, unit: "", limit: 0 },
      { figure: "sessions with other energy than the car took", value: result.unlikeCar, unit: "", limit: 0 },
      { figure: "faults of ours", value: result.faults.length, unit: "", limit: 0 },
      { figure: "speed reached", value: (minutes * SPEED * 60_000) / took_ms, unit: "×", limit: null },
      { figure: "lines broken and mended", value: result.breaks, unit: "", limit: null },
      {
        figure: "control cycles of those due",
        value: (100 * result.cycles) / (minutes * SPEED * 60),
        unit: "%",
        limit: CYCLES_PERCENT_min,
        atLeast: true,
      },
      { figure: "boxes whose facts are stored", value: result.known, unit: "", limit: STATIONS, atLeast: true },
      {
        figure: "processor, boxes and server together",
        value: (user + system) / 10 / took_ms,
        unit: "% of a core",
        limit: null,
      },
      { figure: "memory held by boxes and server", value: (held_B() - held) / MB, unit: "MB", limit: HELD_MB_max },
      // At × 60 a second makes the garbage of a minute, and nothing presses for its collection: `memory` has the real one.
      { figure: "resident memory grown, garbage included", value: resident / MB, unit: "MB", limit: null },
    ];
  },
};

/** Bytes in use on the heap and beside it, after a collection. */
function held_B() {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
