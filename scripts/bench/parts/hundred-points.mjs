// @ts-check
// A site whose devices live in this process and whose engine runs in another: every instant at which something reaches
// a box or leaves the meter can be seen from here, and only the engine is measured there.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createClock } from "../../../src/main/site/clock.ts";
import { startWorld } from "../../../src/main/simulator/index.ts";
import { onInterrupt } from "../../lib/runtime.mjs";
import { CAR } from "./bench-car.mjs";
import { monotonic_ms } from "./figures.mjs";
import { temporaryFolder } from "./processes.mjs";

const LOOK_EVERY_ms = 1;
const NOMINAL_V = 230;

/** @typedef {{ at_ms: number, took_us: number, commands: readonly { evse: string, kind: "decrease" | "increase" | "repeat" }[] }} Cycle */
/** @typedef {{ stationId: string, at_ms: number }} Arrival a new limit has reached a box */

/** Starts devices, engine and the watch over both. @param {number} points */
export async function startHundred(points) {
  const temporary = temporaryFolder();
  const clock = createClock({ speed: 1 });
  const world = await startWorld({ clock, points, mixed: true, seed: 1, arrivals: false });
  const extra = addLoad(world.simulated.world);
  const child = fork(fileURLToPath(new URL("./engine-process.mjs", import.meta.url)));
  const forget = onInterrupt(() => child.kill("SIGKILL"));
  /** @type {Cycle[]} */
  const cycles = [];
  const ocppUrl = await new Promise((resolve, reject) => {
    child.once("exit", () => reject(new Error("the engine ended")));
    child.on("message", (/** @type {{ cycle?: Cycle, ocppUrl?: string }} */ message) => {
      if (message.cycle !== undefined) cycles.push(message.cycle);
      if (message.ocppUrl !== undefined) resolve(message.ocppUrl);
    });
    child.send({ data: temporary.path, stored: world.site });
  });
  const watch = watchBoxes(world.simulated);
  world.connect(ocppUrl);
  return {
    stations: world.site.model.stations,
    world: world.simulated.world,
    ocpp: world.simulated.ocpp,
    cycles,
    ...watch,
    ...extra,
    plugIn: (/** @type {string} */ stationId) =>
      world.simulated.world.plugIn(stationId, { model: CAR, soc_permille: 100, seed: 1 }, `CARD-${stationId}`),
    close: async () => {
      watch.stopWatching();
      forget();
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.disconnect();
      await ended;
      await world.close();
      clock.close();
      temporary.remove();
    },
  };
}

/**
 * Lets something heavy switch on behind the main meter, and tells when the meter first said so.
 * @param {import("../../../src/main/simulator/index.ts").SimulatedSite["world"]} world
 */
function addLoad(world) {
  let extra_mA = 0;
  /** @type {number | null} */
  let told_at_ms = null;
  const answer = world.meter.bind(world);
  world.meter = (meterId) => {
    const truth = answer(meterId);
    if (truth === null || extra_mA === 0) return truth;
    told_at_ms ??= monotonic_ms();
    const [a, b, c] = truth.current_mA;
    const [p, q, r] = truth.power_mW;
    const more_mW = extra_mA * NOMINAL_V;
    return {
      ...truth,
      current_mA: [a + extra_mA, b + extra_mA, c + extra_mA],
      power_mW: [p + more_mW, q + more_mW, r + more_mW],
    };
  };
  return {
    setExtra: (/** @type {number} */ current_mA) => {
      extra_mA = current_mA;
      told_at_ms = null;
    },
    toldAt_ms: () => told_at_ms,
  };
}

/**
 * Notes when a box begins a transaction and when a new limit reaches it.
 * @param {import("../../../src/main/simulator/index.ts").SimulatedSite} simulated
 */
function watchBoxes({ ocpp, modbus }) {
  /** @type {Arrival[]} */
  const arrivals = [];
  /** @type {Arrival[]} */
  const starts = [];
  /** @type {Map<string, unknown>} */
  const limits = new Map();
  /** @type {Set<string>} */
  const running = new Set();
  const look = () => {
    const at_ms = monotonic_ms();
    /** @param {string} stationId @param {unknown} limit */
    const note = (stationId, limit) => {
      if (limits.has(stationId) && limits.get(stationId) !== limit) arrivals.push({ stationId, at_ms });
      limits.set(stationId, limit);
    };
    for (const [stationId, box] of ocpp) {
      note(stationId, box.profiles);
      if (box.transaction === null) running.delete(stationId);
      else if (!running.has(stationId)) {
        running.add(stationId);
        starts.push({ stationId, at_ms });
      }
    }
    for (const [stationId, box] of modbus) note(stationId, box.bank.offered_mA());
  };
  const timer = setInterval(look, LOOK_EVERY_ms);
  return { arrivals, starts, stopWatching: () => clearInterval(timer) };
}
