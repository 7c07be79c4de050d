// @ts-check
// A year of a made-up site, to see how long a what-if replay takes.
import { replay } from "../../../src/core/replay/index.ts";

const BAYS = 40;
const DAYS = 365;
const DAY_ms = 86_400_000;
const HOUR_ms = 3_600_000;
const SECONDS_max = 20;
const SEED = 1;

/** Mulberry32: the same numbers for the same seed. @param {number} seed */
function chance(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** @returns {import("../../bench.mjs").Row} */
export function yearOfReplay() {
  const next = chance(SEED);
  /** @type {import("../../../src/core/replay/index.ts").ScenarioEvse[]} */
  const evses = Array.from({ length: BAYS }, (_, bay) => ({
    id: `P${String(bay)}`,
    circuit: bay < BAYS / 2 ? "A" : "B",
    phases: ["L1", "L2", "L3"],
    max_A: 32,
  }));
  /** @type {import("../../../src/core/replay/index.ts").ScenarioSession[]} */
  const sessions = [];
  for (let day = 0; day < DAYS; day += 1) {
    for (const { id } of evses) {
      if (next() < 0.2) continue;
      const arrival_ms = day * DAY_ms + Math.floor((7 + 4 * next()) * HOUR_ms);
      sessions.push({
        evse: id,
        arrival_ms,
        departure_ms: arrival_ms + Math.floor((3 + 8 * next()) * HOUR_ms),
        needed_Wh: Math.floor(5_000 + 30_000 * next()),
        phases: next() < 0.5 ? ["L1", "L2", "L3"] : ["L2"],
        max_A: 16,
        battery: { kind: "ideal" },
        declared: null,
        driver: `D${String(Math.floor(next() * 100))}`,
      });
    }
  }
  const from_ms = performance.now();
  replay({
    site: {
      voltage_V: 230,
      circuits: [
        { id: "main", parent: null, limit_A: [125, 125, 125], limit_W: null, system: "star" },
        { id: "A", parent: "main", limit_A: [80, 80, 80], limit_W: null, system: "star" },
        { id: "B", parent: "main", limit_A: [80, 80, 80], limit_W: null, system: "star" },
      ],
      evses,
      otherLoad: [],
    },
    sessions,
    history: null,
    tick_ms: 300_000,
    min_A: 6,
    step_A: 1,
    policy: { name: "chargehand", information: "history" },
    channel: null,
    seed: SEED,
  });
  return {
    figure: `a year of ${String(BAYS)} bays (${String(sessions.length)} sessions, seed ${String(SEED)}) replayed`,
    value: (performance.now() - from_ms) / 1000,
    unit: "s",
    limit: SECONDS_max,
  };
}
