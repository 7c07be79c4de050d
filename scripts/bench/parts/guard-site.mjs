// @ts-check
// The site of the message-chaos bench: twelve three-phase chargers below one fuse, random arrivals, a building that stands
// still or steps. Everything follows from the seed.
import { createChance } from "../../../src/core/replay/channel-random.ts";

const CHARGERS = 12;
const FUSE_A = 63;
const HOURS = 6;
const HOUR_ms = 3_600_000;
const MINUTE_ms = 60_000;
const STILL_A = 15;
const STEPS_A = /** @type {const} */ ([5, 26]);
const STEPS_min = /** @type {const} */ ([1, 11]);
const PHASES = /** @type {const} */ (["L1", "L2", "L3"]);

/** @typedef {import("../../../src/core/replay/scenario.ts").Scenario} Scenario */
/** @typedef {import("../../../src/core/replay/scenario.ts").Channel} Channel */

/** @type {Readonly<Record<"ideal" | "real" | "bad", Channel>>} */
export const CHANNELS = {
  ideal: { loss: 0, latency_ms: [0, 0], ev_ms: [0, 0] },
  real: { loss: 0.05, latency_ms: [100, 3_000], ev_ms: [500, 5_000] },
  bad: { loss: 0.2, latency_ms: [100, 8_000], ev_ms: [500, 5_000] },
};

/** @param {{ seed: number, channel: Channel, base: "constant" | "steps", hours?: number, chargers?: number }} wish @returns {Scenario} */
export function chaosSite({ seed, channel, base, hours = HOURS, chargers = CHARGERS }) {
  const ids = Array.from({ length: chargers }, (_, index) => `C${String(index + 1).padStart(2, "0")}`);
  const end_ms = hours * HOUR_ms;
  return {
    site: {
      voltage_V: 230,
      circuits: [{ id: "main", parent: null, limit_A: [FUSE_A, FUSE_A, FUSE_A], limit_W: null, system: "star" }],
      evses: ids.map((id) => ({ id, circuit: "main", phases: PHASES, max_A: 32 })),
      otherLoad: building(seed, base, end_ms),
    },
    sessions: ids.flatMap((id, index) => visits(seed, id, index, end_ms)),
    history: null,
    tick_ms: 1_000,
    min_A: 6,
    step_A: 1,
    policy: { name: "max-min", information: "none" },
    channel,
    seed,
  };
}

/** @param {number} seed @param {string} evse @param {number} index @param {number} end_ms */
function visits(seed, evse, index, end_ms) {
  const chance = createChance(seed, 1_000 + index);
  const sessions = [];
  let at_ms = chance.between([0, 1.5 * HOUR_ms]);
  while (at_ms < end_ms) {
    const stay_ms = chance.between([0.5 * HOUR_ms, 4 * HOUR_ms]);
    sessions.push({
      evse,
      arrival_ms: Math.floor(at_ms),
      departure_ms: Math.floor(Math.min(end_ms, at_ms + stay_ms)),
      needed_Wh: Math.floor(chance.between([5_000, 40_000])),
      phases: PHASES,
      max_A: chance.happens(0.5) ? 16 : 32,
      battery: /** @type {const} */ ({ kind: "ideal" }),
      declared: null,
      driver: null,
    });
    at_ms += stay_ms + chance.between([1 * MINUTE_ms, 0.7 * HOUR_ms]);
  }
  return sessions;
}

/** @param {number} seed @param {"constant" | "steps"} base @param {number} end_ms */
function building(seed, base, end_ms) {
  const chance = createChance(seed, 999);
  /** @param {number} t_ms @param {number} load_A @returns {import("../../../src/core/replay/scenario.ts").OtherLoad} */
  const load = (t_ms, load_A) => ({ t_ms, circuit: "main", load_A: [load_A, load_A, load_A] });
  if (base === "constant") return [load(0, STILL_A), load(end_ms, STILL_A)];
  const loads = [load(0, STILL_A)];
  for (let at_ms = 0; at_ms < end_ms;) {
    at_ms += Math.floor(chance.between(STEPS_min) * MINUTE_ms);
    loads.push(load(Math.min(at_ms, end_ms), Math.round(chance.between(STEPS_A) * 1000) / 1000));
  }
  return loads;
}
