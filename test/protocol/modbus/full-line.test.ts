import { afterEach, expect, test } from "vitest";
import { createBusOwner, type BusOwner, type BusPriority, type BusReply } from "../../../src/main/links/bus.ts";
import { createTcpLink } from "../../../src/main/links/tcp-link.ts";
import type { ModbusRequest } from "../../../src/main/protocol/modbus/index.ts";
import { createMemoryBank, createModbusServer } from "../../../src/main/simulator/modbus/index.ts";

const BAUD = 115_200;
const UNITS = Array.from({ length: 32 }, (_, i) => i + 1);
const DEAD_UNIT = 33;
const LIMIT = 261;
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const ask = (bus: BusOwner, unitId: number, request: ModbusRequest, priority: BusPriority): Promise<BusReply> =>
  bus.transact({ unitId, request, priority, timeout_ms: 700, gap_ms: 0 });

test("32 devices that are polled without pause, one of them dead, all take a new limit before the next poll", async () => {
  const order: string[] = [];
  const banks = new Map(
    UNITS.map((unitId) => {
      const memory = createMemoryBank();
      return [
        unitId,
        {
          ...memory,
          answer: (request: ModbusRequest) => {
            order.push(request.fc === 6 ? "limit" : "poll");
            return memory.answer(request);
          },
        },
      ] as const;
    }),
  );
  const server = await createModbusServer({
    transport: { kind: "tcp", port: 0, framing: "rtu" },
    units: banks,
    turnaround_ms: 2,
    uart: { baud: BAUD, bitsPerCharacter: 11 },
  });
  cleanups.push(() => server.close());
  const link = createTcpLink({ host: "127.0.0.1", port: server.port });
  const bus = createBusOwner({ link, framing: "rtu", real_ms: (duration_ms) => duration_ms, baud: BAUD });
  cleanups.push(() => bus.close());
  await new Promise<void>((resolve) => {
    link.onState((state) => {
      if (state.kind === "up") resolve();
    });
  });
  const poll: ModbusRequest = { fc: 4, address: 0, count: 15 };
  const polled = [...UNITS, DEAD_UNIT, DEAD_UNIT].map((unitId) => ask(bus, unitId, poll, "state"));
  await polled[0];
  const already = order.length;
  const limits = await Promise.all(
    UNITS.map((unitId) => ask(bus, unitId, { fc: 6, address: LIMIT, value: unitId }, "safety")),
  );
  expect(limits.every((reply) => reply.ok)).toBe(true);
  expect(UNITS.map((unitId) => banks.get(unitId)?.get(LIMIT))).toEqual(UNITS);
  // The one poll that was already on the line is not cut short.
  expect(order.slice(already + 1, already + 1 + UNITS.length)).toEqual(Array(UNITS.length).fill("limit"));
  const replies = await Promise.all(polled);
  expect(replies.filter((reply) => reply.ok)).toHaveLength(UNITS.length);
  expect(bus.health().units.get(DEAD_UNIT)?.frames).toBe(2);
});
