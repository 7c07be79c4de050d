import { afterEach, describe, expect, test } from "vitest";
import { createBusOwner, type BusOwner, type BusPriority, type BusReply } from "../../../src/main/links/bus.ts";
import { createTcpLink } from "../../../src/main/links/tcp-link.ts";
import {
  createMemoryBank,
  createModbusServer,
  type Fault,
  type ModbusServer,
  type RegisterBank,
} from "../../../src/main/simulator/modbus/index.ts";

const TIMEOUT_ms = 200;
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const registers = new Map(Array.from({ length: 100 }, (_, i) => [i, 1000 + i]));

async function connect(
  framing: "rtu" | "ascii" | "mbap",
  units = new Map<number, RegisterBank>([
    [1, createMemoryBank(registers)],
    [2, createMemoryBank(new Map([[10, 2010]]))],
  ]),
): Promise<{ server: ModbusServer; bus: BusOwner }> {
  const server = await createModbusServer({ transport: { kind: "tcp", port: 0, framing }, units });
  cleanups.push(() => server.close());
  const bus = createBusOwner({
    link: createTcpLink({ host: "127.0.0.1", port: server.port }),
    framing,
    real_ms: (duration) => duration,
    baud: null,
  });
  cleanups.push(() => bus.close());
  await up(bus);
  return { server, bus };
}

const up = (bus: BusOwner): Promise<void> =>
  new Promise((resolve) => {
    if (bus.link.state.kind === "up") resolve();
    bus.link.onState((state) => {
      if (state.kind === "up") resolve();
    });
  });

const read = (
  bus: BusOwner,
  address: number,
  options: { unitId?: number; priority?: BusPriority; count?: number; timeout_ms?: number } = {},
): Promise<BusReply> =>
  bus.transact({
    unitId: options.unitId ?? 1,
    request: { fc: 3, address, count: options.count ?? 1 },
    priority: options.priority ?? "state",
    timeout_ms: options.timeout_ms ?? TIMEOUT_ms,
    gap_ms: 0,
  });
const value = (...words: number[]): unknown => ({ ok: true, reply: { kind: "registers", fc: 3, registers: words } });

describe.each(["rtu", "ascii", "mbap"] as const)("a bus over TCP with %s framing", (framing) => {
  const retried: readonly Fault[] = [{ kind: "bad-crc" }, { kind: "wrong-unit" }, { kind: "half-frame" }];
  test.each(retried)("$kind costs one retry and never a wrong value", async (fault) => {
    const { server, bus } = await connect(framing);
    server.faults.set(fault, { unitId: 1 });
    expect(await read(bus, 10)).toEqual(value(1010));
    expect(bus.health().units.get(1)).toMatchObject({ retries: 1, frames: 2 });
    expect(server.requests).toBe(2);
  });

  const tolerated: readonly Fault[] = [{ kind: "noise-before" }, { kind: "joined" }, { kind: "echo" }];
  test.each(tolerated)("$kind is seen through", async (fault) => {
    const { server, bus } = await connect(framing);
    server.faults.set(fault, { unitId: 1, times: 2 });
    expect(await read(bus, 10)).toEqual(value(1010));
    expect(await read(bus, 11)).toEqual(value(1011));
    expect(bus.health().total.retries).toBe(0);
  });

  test("two damaged answers in a row are reported as garbled, without a value", async () => {
    const { server, bus } = await connect(framing);
    server.faults.set({ kind: "bad-crc" }, { times: 2 });
    expect(await read(bus, 10)).toEqual({ ok: false, code: "garbled" });
    expect(await read(bus, 10)).toEqual(value(1010));
  });

  test("an exception is answered with its code and not retried", async () => {
    const { server, bus } = await connect(framing);
    server.faults.set({ kind: "exception", code: 2 });
    expect(await read(bus, 10)).toEqual({ ok: false, code: "exception", exception: 2 });
    expect(bus.health().total).toMatchObject({ exceptions: 1, retries: 0 });
  });

  test("a lost answer is a time-out without retry", async () => {
    const { server, bus } = await connect(framing);
    server.faults.set({ kind: "drop" });
    expect(await read(bus, 10)).toEqual({ ok: false, code: "timeout" });
    expect(server.requests).toBe(1);
  });

  test.each([1.3, 1.8, 2.5])(
    "an answer %f time-outs late never answers the next request of the same shape",
    async (late) => {
      const { server, bus } = await connect(framing);
      server.faults.set({ kind: "delay", delay_ms: late * TIMEOUT_ms });
      expect(await read(bus, 10)).toEqual({ ok: false, code: "timeout" });
      expect(await read(bus, 20)).toEqual(value(1020));
      expect(await read(bus, 30)).toEqual(value(1030));
    },
  );

  test("the same question asked again takes the late answer, and its own late answer spoils nothing", async () => {
    const { server, bus } = await connect(framing);
    server.faults.set({ kind: "delay", delay_ms: 1.6 * TIMEOUT_ms }, { times: 2 });
    expect(await read(bus, 10)).toEqual({ ok: false, code: "timeout" });
    const again = await read(bus, 10);
    if (again.ok) expect(again).toEqual(value(1010));
    expect(await read(bus, 20)).toEqual(value(1020));
  });

  test("a dead unit delays the others by its time-outs and no more", async () => {
    const { bus } = await connect(framing);
    await read(bus, 10);
    const dead = read(bus, 0, { unitId: 9 });
    expect(await read(bus, 10, { unitId: 2 })).toEqual(value(2010));
    expect(await dead).toEqual({ ok: false, code: "timeout" });
    expect(bus.health().units.get(9)).toMatchObject({ frames: 1, timeouts: 1 });
  });

  test("a safety write goes before everything that waits, and energy before identity", async () => {
    const { bus } = await connect(framing);
    const order: string[] = [];
    const blocked = read(bus, 0, { unitId: 9 });
    const jobs = (["identity", "energy", "power", "limit-up", "state", "heartbeat", "safety"] as const).map(
      (priority) => read(bus, 10, { priority }).then(() => order.push(priority)),
    );
    await Promise.all([blocked, ...jobs]);
    expect(order).toEqual(["safety", "heartbeat", "state", "limit-up", "power", "energy", "identity"]);
  });

  test("a write that its owner has thought better of while it waited never reaches the line", async () => {
    const { server, bus } = await connect(framing);
    const before = read(bus, 0);
    let isWanted = true;
    const request = { fc: 6, address: 5, value: 16_000 } as const;
    const void_ = bus.transact({
      unitId: 1,
      request,
      priority: "heartbeat",
      timeout_ms: TIMEOUT_ms,
      gap_ms: 0,
      isWanted: () => isWanted,
    });
    isWanted = false;
    await before;
    expect(await void_).toEqual({ ok: false, code: "expired" });
    expect(server.requests).toBe(1);
  });

  test("a line that is pulled fails at once, comes back by itself and works again", async () => {
    const units = new Map([[1, createMemoryBank(registers)]]);
    const { server, bus } = await connect(framing, units);
    const down = new Promise<void>((resolve) => {
      bus.link.onState((state) => {
        if (state.kind === "down") resolve();
      });
    });
    server.faults.set({ kind: "drop" });
    const under = read(bus, 10, { timeout_ms: 5_000 });
    while (server.requests === 0) await new Promise((resolve) => setImmediate(resolve));
    await server.close();
    expect(await under).toEqual({ ok: false, code: "line-down" });
    await down;
    expect(await read(bus, 10)).toEqual({ ok: false, code: "line-down" });
    const again = await createModbusServer({ transport: { kind: "tcp", port: server.port, framing }, units });
    cleanups.push(() => again.close());
    await up(bus);
    expect(await read(bus, 10)).toEqual(value(1010));
  });
});

test("a bus that is full turns away the newest of the least urgent jobs", async () => {
  const { bus } = await connect("rtu");
  void read(bus, 0, { unitId: 9 });
  const waiting = Array.from({ length: 256 }, () => read(bus, 10, { priority: "identity" }));
  const urgent = read(bus, 11, { priority: "safety" });
  expect(await waiting[255]).toEqual({ ok: false, code: "queue-full" });
  expect(await urgent).toEqual(value(1011));
});

test("on a line that repeats what we send, an unanswered single write is not taken as confirmed", async () => {
  const { server, bus } = await connect("rtu");
  server.faults.set({ kind: "echo" }, { times: 1 });
  await read(bus, 10);
  expect(bus.health().total.echoes).toBe(1);
  server.faults.set({ kind: "echo-only" });
  const write = {
    unitId: 1,
    request: { fc: 6 as const, address: 5, value: 7 },
    priority: "safety" as const,
    timeout_ms: TIMEOUT_ms,
    gap_ms: 0,
  };
  expect(await bus.transact(write)).toEqual({ ok: false, code: "timeout" });
});
