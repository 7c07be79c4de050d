// @ts-check
// What one decision costs: allocator and guard together, warm, on a tree of depth 4 with 30 % of three-phase chargers.
import { acknowledged, allocate, plan, sent, settled, shed, unknownEntry } from "../../../src/core/balancing/index.ts";
import { createChance } from "../../../src/core/replay/channel-random.ts";
import { epochMs, milliamp, millisecond, wattHour } from "../../../src/core/units/index.ts";

const START_ms = 1_760_000_000_000;
const WARM_UP = 60;
const PHASES = /** @type {const} */ (["L1", "L2", "L3"]);

/** How often the machine gave our processor to somebody else: such a decision was not slow, it was not running. */
const interrupted = () => process.resourceUsage().involuntaryContextSwitches;

/** In so many decisions one finds the main fuse overloaded and takes it back from whom it can. */
const OVERLOADED_EVERY = 10;
const OVER_mA = milliamp(5_000);
const NOTHING_mA = milliamp(0);

/** @typedef {ReturnType<typeof bay>} Bay */
/** @typedef {ReturnType<typeof treeOf>} Circuits */

/** Milliseconds of each of up to `rounds` decisions that ran through, the building moving between them. @param {number} chargers @param {number} rounds */
export function decisions_ms(chargers, rounds) {
  const chance = createChance(chargers, 1);
  const circuits = treeOf(chargers);
  const leaves = circuits.slice(-Math.max(1, Math.ceil(chargers / 10)));
  const bays = Array.from({ length: chargers }, (_, index) => bay(index, leaves[index % leaves.length]?.id ?? "main"));
  const took_ms = [];
  for (let round = 0; round < WARM_UP + rounds; round += 1) {
    const now_ms = epochMs(START_ms + round * 1_000);
    const other = milliamp(Math.floor(chance.between([0, chargers * 800])));
    const loaded = circuits.map((circuit) =>
      circuit.parent === null ? { ...circuit, otherLoad_mA: /** @type {const} */ ([other, other, other]) } : circuit,
    );
    const before = interrupted();
    const from_ms = performance.now();
    const commands = decide(bays, loaded, now_ms, round % OVERLOADED_EVERY === 0);
    const one_ms = performance.now() - from_ms;
    if (round >= WARM_UP && interrupted() === before) took_ms.push(one_ms);
    const byId = new Map(commands.map((command) => [command.evse, command.current_mA]));
    for (const one of bays) {
      const current_mA = byId.get(one.id);
      if (current_mA === undefined) continue;
      one.entry = acknowledged(sent(one.entry, current_mA, now_ms), current_mA, now_ms);
      one.box = { ...one.box, drawn_mA: current_mA, drawn_at_ms: now_ms };
    }
  }
  return took_ms;
}

/** What the site does each second: the account settles, the allocator shares, an overload is shed, commands are planned. @param {Bay[]} bays @param {Circuits} circuits @param {import("../../../src/core/units/index.ts").EpochMs} now_ms @param {boolean} overloaded */
function decide(bays, circuits, now_ms, overloaded) {
  for (const one of bays) one.entry = settled(one.entry, one.box, now_ms);
  const { grants } = allocate({
    now_ms,
    policy: { share: "need", per: "current", hold_ms: millisecond(3_600_000) },
    voltage_V: 230,
    circuits,
    evses: bays.map((one, index) => ({
      ...one,
      max_mA: milliamp(index % 2 === 0 ? 32_000 : 16_000),
      weight: 1,
      plugged_at_ms: epochMs(START_ms - index * 1_000),
      charging_since_ms: null,
      attained_Wh: wattHour(index),
      needed_Wh: wattHour(10_000 + 50 * (index % 400)),
      departure_ms: epochMs(START_ms + 7_200_000 + index * 10_000),
    })),
  });
  const participants = bays.map((one, index) => {
    const target_mA = grants[index]?.current_mA ?? NOTHING_mA;
    return { ...one, target_mA, booked_mA: target_mA, commandable: true, rank: index };
  });
  const over = /** @type {const} */ ([OVER_mA, OVER_mA, OVER_mA]);
  const asked = shed(circuits, participants, {
    now_ms,
    voltage_V: 230,
    over_mA: (circuitId) => (overloaded && circuitId === "main" ? over : null),
  });
  return plan(circuits, asked, { now_ms, voltage_V: 230, shared: circuits, raisesAllowed: () => true });
}

/** @param {number} index @param {string} circuit */
function bay(index, circuit) {
  /** @type {import("../../../src/core/balancing/index.ts").BoxView} */
  const box = {
    online: true,
    unplugged: false,
    drawn_mA: null,
    drawn_at_ms: null,
    max_mA: milliamp(32_000),
    fallback_mA: milliamp(6_000),
  };
  return {
    id: `P${String(index)}`,
    circuit,
    phases: index % 10 < 3 ? PHASES : [PHASES[index % 3] ?? "L1"],
    min_mA: milliamp(6_000),
    step_mA: milliamp(1_000),
    box,
    entry: unknownEntry({ max_mA: milliamp(32_000) }),
  };
}

/** Main, two halves, floors, and a circuit for each ten chargers. @param {number} chargers */
function treeOf(chargers) {
  /** @param {string} id @param {string | null} parent @param {number} limit_mA */
  const circuit = (id, parent, limit_mA) => {
    const limit = milliamp(Math.round(limit_mA));
    const none = milliamp(0);
    return {
      id,
      parent,
      limit_mA: /** @type {const} */ ([limit, limit, limit]),
      otherLoad_mA: /** @type {const} */ ([none, none, none]),
    };
  };
  const leaves = Math.max(1, Math.ceil(chargers / 10));
  const floors = Math.max(1, Math.ceil(leaves / 5));
  return [
    circuit("main", null, chargers * 5_000 + 20_000),
    ...[0, 1].map((half) => circuit(`H${String(half)}`, "main", chargers * 3_000 + 20_000)),
    ...Array.from({ length: floors }, (_, floor) =>
      circuit(`F${String(floor)}`, `H${String(floor % 2)}`, (chargers / floors) * 6_000 + 20_000),
    ),
    ...Array.from({ length: leaves }, (_, leaf) => circuit(`L${String(leaf)}`, `F${String(leaf % floors)}`, 63_000)),
  ];
}
