// @ts-check
// One full serial line: 32 devices at 19 200 baud, 8E1, with the time each character takes on the wire.
import { UNIT_CHANGE_GAP_ms } from "../../src/main/links/bus-owner.ts";
import { createBusOwner } from "../../src/main/links/bus.ts";
import { createTcpLink } from "../../src/main/links/tcp-link.ts";
import { createMemoryBank, createModbusServer } from "../../src/main/simulator/modbus/index.ts";
import { awaitValue, sleep } from "./parts/figures.mjs";

const DEVICES = 32;
/** Answers nothing, and is asked like the others. */
const DEAD_UNIT = 33;
const BAUD = 19_200;
/** Start, 8 data, parity, 1 stop. */
const BITS_PER_CHARACTER = 11;
const CHARACTER_ms = (1000 * BITS_PER_CHARACTER) / BAUD;
/** Between two frames (Modbus over Serial Line 2.5.1.1). */
const SILENCE_ms = 3.5 * CHARACTER_ms;
/** What a box takes before it answers. */
const TURNAROUND_ms = 15;
const TIMEOUT_ms = 500;
const STATE_REGISTERS = 15;
const LIMIT_REGISTER = 261;
const ROUNDS = 3;
const POLLED_ms = 10_000;
const PROBED_ms = 10_000;
const CYCLE_ms = 1_000;
const LATE_max = 1.3;
const USED_percent_min = 90;

/** @typedef {import("../../src/main/links/bus.ts").BusOwner} Bus */

/** Time of the wire itself for one exchange after another unit was asked. @param {number} request_bytes @param {number} reply_bytes */
const own_ms = (request_bytes, reply_bytes) =>
  (request_bytes + reply_bytes) * CHARACTER_ms + TURNAROUND_ms + SILENCE_ms + Math.max(UNIT_CHANGE_GAP_ms, SILENCE_ms);
const POLL_ms = own_ms(8, 5 + 2 * STATE_REGISTERS);
const REWRITE_ms = own_ms(8, 8) + own_ms(8, 7);

export const bench = {
  name: "modbus",
  run: async () => {
    const unitIds = Array.from({ length: DEVICES }, (_, index) => index + 1);
    const units = new Map(unitIds.map((unitId) => [unitId, createMemoryBank()]));
    const server = await createModbusServer({
      transport: { kind: "tcp", port: 0, framing: "rtu" },
      units,
      turnaround_ms: TURNAROUND_ms,
      uart: { baud: BAUD, bitsPerCharacter: BITS_PER_CHARACTER },
    });
    const link = createTcpLink({ host: "127.0.0.1", port: server.port });
    const bus = createBusOwner({ link, framing: "rtu", real_ms: (/** @type {number} */ ms) => ms, baud: BAUD });
    try {
      await awaitValue(() => (link.state.kind === "up" ? true : null), "the line is up", 5_000, 1);
      const idle_ms = await rewritten(bus, unitIds);
      const polling = startPolling(bus, unitIds);
      const before = answered(bus);
      await sleep(POLLED_ms);
      const used_percent = (100 * (answered(bus) - before) * POLL_ms) / POLLED_ms;
      const rewrites_ms = [];
      for (let round = 0; round < ROUNDS; round += 1) rewrites_ms.push(await rewritten(bus, unitIds));
      const dead = startPolling(bus, [DEAD_UNIT]);
      const asked = bus.health().units.get(DEAD_UNIT)?.frames ?? 0;
      await sleep(PROBED_ms);
      const probes = (bus.health().units.get(DEAD_UNIT)?.frames ?? 0) - asked;
      polling.stop();
      dead.stop();
      return rows({ used_percent, idle_ms, worst_ms: Math.max(...rewrites_ms), probes });
    } finally {
      await bus.close();
      await server.close();
    }
  },
};

/** @param {{ used_percent: number, idle_ms: number, worst_ms: number, probes: number }} measured @returns {import("../bench.mjs").Row[]} */
function rows({ used_percent, idle_ms, worst_ms, probes }) {
  const wire_ms = DEVICES * REWRITE_ms;
  return [
    { figure: `wire's own time for ${String(DEVICES)} limits, read back`, value: wire_ms, unit: "ms", limit: null },
    { figure: "all limits rewritten on an idle line", value: idle_ms / wire_ms, unit: "times it", limit: LATE_max },
    {
      figure: `the same while all are polled, worst of ${String(ROUNDS)}`,
      value: worst_ms / wire_ms,
      unit: "times it",
      limit: LATE_max,
    },
    {
      figure: `polls done of those possible, ${String(STATE_REGISTERS)} registers`,
      value: used_percent,
      unit: "%",
      limit: USED_percent_min,
      atLeast: true,
    },
    {
      figure: "requests to a dead device a cycle",
      value: Math.max(0, probes - 1) / (PROBED_ms / CYCLE_ms),
      unit: "probes",
      limit: 1,
    },
  ];
}

/** @param {Bus} bus */
const answered = (bus) => bus.health().total.replies;

/** How long until every box has a new limit and has said so. @param {Bus} bus @param {readonly number[]} unitIds */
async function rewritten(bus, unitIds) {
  const from_ms = performance.now();
  await Promise.all(
    unitIds.map(async (unitId) => {
      const write = /** @type {const} */ ({ fc: 6, address: LIMIT_REGISTER, value: 60 });
      const job = /** @type {const} */ ({ unitId, priority: "safety", timeout_ms: TIMEOUT_ms, gap_ms: 0 });
      const written = await bus.transact({ ...job, request: write });
      const read = await bus.transact({ ...job, request: { fc: 3, address: LIMIT_REGISTER, count: 1 } });
      if (!written.ok || !read.ok) throw new Error(`unit ${String(unitId)} did not take its limit`);
    }),
  );
  return performance.now() - from_ms;
}

/** Each device is asked again as soon as it has answered: the line is never idle. @param {Bus} bus @param {readonly number[]} unitIds */
function startPolling(bus, unitIds) {
  let isRunning = true;
  const request = /** @type {const} */ ({ fc: 4, address: 0, count: STATE_REGISTERS });
  for (const unitId of unitIds) void poll(unitId);
  /** @param {number} unitId */
  async function poll(unitId) {
    while (isRunning) {
      const reply = await bus.transact({ unitId, request, priority: "state", timeout_ms: TIMEOUT_ms, gap_ms: 0 });
      if (!reply.ok && reply.code === "line-down") return;
    }
  }
  return {
    stop: () => {
      isRunning = false;
    },
  };
}
