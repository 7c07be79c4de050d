import { afterEach, describe, expect, test } from "vitest";
import { createBusOwner, type BusOwner, type BusPriority, type BusReply } from "../../../src/main/links/bus.ts";
import { createTcpLink } from "../../../src/main/links/tcp-link.ts";
import { listenTcp, type ServerConnection } from "../../../src/main/links/tcp-server.ts";
import { encodeMbap, encodeRtu } from "../../../src/main/protocol/modbus/index.ts";
import {
  createMemoryBank,
  createModbusServer,
  type ModbusServer,
  type RegisterBank,
} from "../../../src/main/simulator/modbus/index.ts";

const TIMEOUT_ms = 100;
/** Where a wire's milliseconds are what is tested, a machine that stands still for as long shows nothing: it is asked again. */
const IN_REAL_TIME = { retry: 2 };
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const registers = new Map(Array.from({ length: 100 }, (_, i) => [i, 1000 + i]));
const value = (...words: number[]): unknown => ({ ok: true, reply: { kind: "registers", fc: 3, registers: words } });

/** A bus to `port`; `speed` is how fast the app's clock runs. */
async function busTo(port: number, framing: "rtu" | "mbap" = "rtu", speed = 1): Promise<BusOwner> {
  const link = createTcpLink({ host: "127.0.0.1", port });
  const bus = createBusOwner({ link, framing, real_ms: (duration_ms) => duration_ms / speed, baud: null });
  cleanups.push(() => bus.close());
  await stateOf(bus, "up");
  return bus;
}

const stateOf = (bus: BusOwner, kind: "up" | "down"): Promise<void> =>
  new Promise((resolve) => {
    if (bus.link.state.kind === kind) resolve();
    bus.link.onState((state) => {
      if (state.kind === kind) resolve();
    });
  });

async function serve(units: ReadonlyMap<number, RegisterBank>, framing: "rtu" | "mbap" = "rtu"): Promise<ModbusServer> {
  const server = await createModbusServer({ transport: { kind: "tcp", port: 0, framing }, units });
  cleanups.push(() => server.close());
  return server;
}

const read = (
  bus: BusOwner,
  address: number,
  options: { unitId?: number; priority?: BusPriority; gap_ms?: number } = {},
): Promise<BusReply> =>
  bus.transact({
    unitId: options.unitId ?? 1,
    request: { fc: 3, address, count: 1 },
    priority: options.priority ?? "state",
    timeout_ms: TIMEOUT_ms,
    gap_ms: options.gap_ms ?? 0,
  });

const codeOf = (reply: BusReply): string => (reply.ok ? "ok" : reply.code);

/** A peer that only does what a test lets it do with each piece it hears. */
async function scripted(heard: (connection: ServerConnection, bytes: Uint8Array) => void): Promise<number> {
  const server = await listenTcp({ host: "127.0.0.1", port: 0 }, (connection) => {
    connection.onData((bytes) => {
      heard(connection, bytes);
    });
  });
  cleanups.push(() => server.close());
  return server.port;
}

/** A bank that notes when it was asked. */
function timed(): RegisterBank & { readonly asked_at_ms: number[] } {
  const memory = createMemoryBank(registers);
  const asked_at_ms: number[] = [];
  return {
    asked_at_ms,
    answer: (request) => {
      asked_at_ms.push(performance.now());
      return memory.answer(request);
    },
  };
}

describe("a bus whose callers and devices are in a hurry", () => {
  test("many callers at once each get their own answer, one request on the line at a time", async () => {
    const pending = { now: 0, most: 0 };
    const port = await scripted((connection, bytes) => {
      pending.now += 1;
      pending.most = Math.max(pending.most, pending.now);
      setTimeout(() => {
        pending.now -= 1;
        connection.write(encodeRtu(bytes[0] ?? 0, Uint8Array.of(3, 2, 0, bytes[3] ?? 0)));
      }, 2);
    });
    const bus = await busTo(port);
    const replies = await Promise.all(Array.from({ length: 20 }, (_, i) => read(bus, 10 + i)));
    expect(replies).toEqual(Array.from({ length: 20 }, (_, i) => value(10 + i)));
    expect(pending.most).toBe(1);
  });

  test("a device that needs silence before each request gets it", async () => {
    const bank = timed();
    const { port } = await serve(new Map([[1, bank]]));
    const bus = await busTo(port);
    for (let i = 0; i < 4; i += 1) await read(bus, i, { gap_ms: 40 });
    const gaps = bank.asked_at_ms.slice(1).map((at_ms, i) => at_ms - (bank.asked_at_ms[i] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(40);
  });

  test("between two units there is silence even where neither asks for it; within one there need not be", async () => {
    const [one, two] = [timed(), timed()];
    const { port } = await serve(
      new Map([
        [1, one],
        [2, two],
      ]),
    );
    const bus = await busTo(port);
    for (const unitId of [1, 2, 1, 2]) await read(bus, 0, { unitId });
    const asked = [...one.asked_at_ms, ...two.asked_at_ms].sort((a, b) => a - b);
    const gaps = asked.slice(1).map((at_ms, i) => at_ms - (asked[i] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(20);
  });
});

describe("a device slower than its time-out", IN_REAL_TIME, () => {
  test("is learned from its late answers, and then waited for", async () => {
    const server = await serve(new Map([[1, createMemoryBank(registers)]]));
    const bus = await busTo(server.port);
    server.faults.set({ kind: "delay", delay_ms: 1.4 * TIMEOUT_ms }, { times: 2 });
    expect(await read(bus, 10)).toEqual({ ok: false, code: "timeout" });
    // The late answer comes while nobody asks.
    while (bus.health().total.latency_ms_max === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await read(bus, 10)).toEqual(value(1010));
    expect(bus.health().units.get(1)).toMatchObject({ replies: 1, timeouts: 1, failedInARow: 0 });
  });

  test("is not waited for longer than four of its time-outs", async () => {
    const server = await serve(new Map([[1, createMemoryBank(registers)]]));
    const bus = await busTo(server.port);
    server.faults.set({ kind: "delay", delay_ms: 3.5 * TIMEOUT_ms }, { times: 1 });
    await read(bus, 10);
    while (bus.health().total.latency_ms_max === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await read(bus, 10)).toEqual(value(1010));
    server.faults.set({ kind: "drop" });
    const began_ms = performance.now();
    expect(await read(bus, 10)).toEqual({ ok: false, code: "timeout" });
    const waited_ms = performance.now() - began_ms;
    expect(waited_ms).toBeGreaterThan(3.9 * TIMEOUT_ms);
    expect(waited_ms).toBeLessThan(6.5 * TIMEOUT_ms);
  });
});

describe("an answer that comes in small pieces, as adapters deliver it", IN_REAL_TIME, () => {
  const dripping = (pause_ms: number): Promise<number> =>
    scripted((connection, bytes) => {
      const reply = encodeRtu(bytes[0] ?? 0, Uint8Array.of(3, 2, 0, 111));
      reply.forEach((byte, i) => setTimeout(() => connection.write(Uint8Array.of(byte)), i * pause_ms));
    });

  test("is waited for beyond its time-out while bytes keep coming, whatever the pauses between them", async () => {
    const bus = await busTo(await dripping(40));
    const asked_at_ms = performance.now();
    expect(await read(bus, 1)).toEqual(value(111));
    expect(performance.now() - asked_at_ms).toBeGreaterThan(TIMEOUT_ms);
    expect(bus.health().total).toMatchObject({ crcErrors: 0, retries: 0 });
  });

  test("is not waited for longer than a second beyond its time-out, however it drips", async () => {
    const endless: NodeJS.Timeout[] = [];
    const bus = await busTo(
      await scripted((connection) => {
        endless.push(setInterval(() => connection.write(Uint8Array.of(1)), 20));
      }),
    );
    cleanups.push(() => {
      for (const timer of endless) clearInterval(timer);
      return Promise.resolve();
    });
    const asked_at_ms = performance.now();
    expect(codeOf(await read(bus, 1))).toBe("garbled");
    // Asked twice; each time its time-out, the second, and a line that does not become quiet.
    expect(performance.now() - asked_at_ms).toBeLessThan(2 * (TIMEOUT_ms + 1_000 + 700));
  });
});

describe("a device that hangs", IN_REAL_TIME, () => {
  test("costs the others one time-out a second, however often it is asked", async () => {
    const server = await serve(new Map([[1, createMemoryBank(registers)]]));
    const bus = await busTo(server.port);
    await read(bus, 0);
    const dead = Array.from({ length: 4 }, () => read(bus, 0, { unitId: 9 }));
    const began_ms = performance.now();
    let answered = 0;
    while (performance.now() - began_ms < 600) if ((await read(bus, 10)).ok) answered += 1;
    expect(bus.health().units.get(9)?.frames).toBe(2);
    expect(answered).toBeGreaterThan(10);
    await bus.close();
    expect((await Promise.all(dead)).slice(2)).toEqual(Array(2).fill({ ok: false, code: "line-down" }));
  });

  test("two dead ones share the one probe a second, and who comes back is served at once", async () => {
    const units = new Map<number, RegisterBank>();
    const server = await serve(units);
    const bus = await busTo(server.port, "rtu", 10);
    for (const unitId of [1, 2]) await read(bus, 0, { unitId });
    const began_ms = performance.now();
    await Promise.all([1, 2, 1, 2].map((unitId) => read(bus, 0, { unitId })));
    expect(performance.now() - began_ms).toBeGreaterThan(4 * TIMEOUT_ms);
    units.set(1, createMemoryBank(registers));
    expect(await read(bus, 10, { unitId: 1 })).toEqual(value(1010));
    const back_ms = performance.now();
    for (let i = 0; i < 10; i += 1) await read(bus, 10, { unitId: 1 });
    expect(performance.now() - back_ms).toBeLessThan(5 * TIMEOUT_ms);
  });

  test("a scan of an empty line neither restarts it nor makes anyone dead", async () => {
    const { port } = await serve(new Map([[1, createMemoryBank(registers)]]));
    const bus = await busTo(port);
    let restarts = 0;
    bus.link.onState((state) => {
      if (state.kind === "down") restarts += 1;
    });
    const scanned = Array.from({ length: 25 }, (_, i) =>
      bus.transact({
        unitId: 100 + i,
        request: { fc: 3, address: 0, count: 1 },
        priority: "scan",
        timeout_ms: 10,
        gap_ms: 0,
      }),
    );
    expect(await read(bus, 10)).toEqual(value(1010));
    expect((await Promise.all(scanned)).every((reply) => !reply.ok)).toBe(true);
    expect(restarts).toBe(0);
    expect(bus.health().hints).toEqual([]);
  });
});

describe("what one device does wrong stays with it", () => {
  test("a question repeated instead of answered does not cost the others their single writes", async () => {
    let mutters = true;
    const port = await scripted((connection, bytes) => {
      const isMuttering = mutters;
      mutters = false;
      const pdu = bytes[1] === 6 ? bytes.subarray(1, 6) : Uint8Array.of(3, 2, 0, bytes[3] ?? 0);
      connection.write(isMuttering ? Uint8Array.from(bytes) : encodeRtu(bytes[0] ?? 0, pdu));
    });
    const bus = await busTo(port);
    expect(codeOf(await read(bus, 10))).toBe("timeout");
    const write = { unitId: 2, request: { fc: 6, address: 5, value: 7 }, priority: "safety" } as const;
    expect(codeOf(await bus.transact({ ...write, timeout_ms: TIMEOUT_ms, gap_ms: 0 }))).toBe("ok");
    expect(bus.health().total.echoes).toBe(1);
  });

  test("a line that has stopped to repeat what we send is noticed with the next read", async () => {
    let repeats = 2;
    const port = await scripted((connection, bytes) => {
      repeats -= 1;
      const pdu = bytes[1] === 6 ? bytes.subarray(1, 6) : Uint8Array.of(3, 2, 0, bytes[3] ?? 0);
      const echo = repeats >= 0 ? bytes : [];
      connection.write(Uint8Array.from([...echo, ...encodeRtu(bytes[0] ?? 0, pdu)]));
    });
    const bus = await busTo(port);
    for (let i = 0; i < 3; i += 1) expect(await read(bus, i)).toEqual(value(i));
    const write = { unitId: 1, request: { fc: 6, address: 5, value: 7 }, priority: "safety" } as const;
    expect(codeOf(await bus.transact({ ...write, timeout_ms: TIMEOUT_ms, gap_ms: 0 }))).toBe("ok");
  });

  test("a question that waits for the late answer to another is not kept waiting by that other being asked again", async () => {
    let heard = 0;
    const port = await scripted((connection, bytes) => {
      heard += 1;
      if (heard !== 2) connection.write(encodeRtu(bytes[0] ?? 0, Uint8Array.of(3, 2, 0, bytes[3] ?? 0)));
    });
    const bus = await busTo(port);
    // It has answered before, so that its silence does not make it dead.
    await read(bus, 10);
    expect(codeOf(await read(bus, 10))).toBe("timeout");
    const waiting = { isOver: false };
    const other = read(bus, 20).finally(() => {
      waiting.isOver = true;
    });
    while (!waiting.isOver) await read(bus, 10);
    expect(await other).toEqual(value(20));
  });

  test("the late answer to a write is not taken as the answer to the next, which wrote something else", async () => {
    const late: Uint8Array[] = [];
    const port = await scripted((connection, bytes) => {
      if (bytes[1] !== 6) connection.write(encodeRtu(1, Uint8Array.of(3, 2, 0, bytes[3] ?? 0)));
      else if (late.length === 0) late.push(Uint8Array.from(bytes));
      else connection.write(late[0] ?? bytes);
    });
    const bus = await busTo(port);
    await read(bus, 10);
    const set = (limit: number): Promise<BusReply> =>
      bus.transact({
        unitId: 1,
        request: { fc: 6, address: 261, value: limit },
        priority: "safety",
        timeout_ms: TIMEOUT_ms,
        gap_ms: 0,
      });
    expect(codeOf(await set(160))).toBe("timeout");
    expect(codeOf(await set(60))).not.toBe("ok");
  });
});

describe("a peer out of step", () => {
  test("surplus bytes behind an answer never reach the next request, however many follow", async () => {
    const port = await scripted((connection, bytes) => {
      const answer = encodeRtu(1, Uint8Array.of(3, 2, 0, bytes[3] ?? 0));
      const surplus = encodeRtu(1, Uint8Array.of(3, 2, 0xba, 0xad));
      connection.write(Uint8Array.from([...answer, ...surplus, ...surplus]));
    });
    const bus = await busTo(port);
    for (let i = 0; i < 10; i += 1) expect(await read(bus, i)).toEqual(value(i));
    expect(bus.health().total).toMatchObject({ timeouts: 0, retries: 0, staleBytes: 10 * 14 });
  });

  test("that answers nothing usable any more is connected to anew, and then works", async () => {
    let connections = 0;
    const server = await listenTcp({ host: "127.0.0.1", port: 0 }, (connection) => {
      connections += 1;
      const isStuck = connections === 1;
      connection.onData((bytes) => {
        // The first connection is stuck one answer behind, with somebody else's.
        const unitId = isStuck ? 99 : (bytes[0] ?? 0);
        connection.write(encodeRtu(unitId, Uint8Array.of(3, 2, 0, bytes[3] ?? 0)));
      });
    });
    cleanups.push(() => server.close());
    const bus = await busTo(server.port, "rtu", 1000);
    const codes: string[] = [];
    while (bus.link.state.kind === "up") codes.push(await read(bus, codes.length).then((reply) => codeOf(reply)));
    expect(codes).toEqual(Array(20).fill("garbled"));
    await stateOf(bus, "up");
    expect(await read(bus, 7)).toEqual(value(7));
    expect(bus.health().recentLosses).toBe(0);
  });

  test("whose transaction ids are one behind is connected to anew before it has cost much", async () => {
    let connections = 0;
    const server = await listenTcp({ host: "127.0.0.1", port: 0 }, (connection) => {
      connections += 1;
      const behind = connections === 1 ? 1 : 0;
      connection.onData((bytes) => {
        const transactionId = ((bytes[0] ?? 0) << 8) + (bytes[1] ?? 0) - behind;
        connection.write(
          encodeMbap({ transactionId, unitId: bytes[6] ?? 0, pdu: Uint8Array.of(3, 2, 0, bytes[9] ?? 0) }),
        );
      });
    });
    cleanups.push(() => server.close());
    const bus = await busTo(server.port, "mbap", 1000);
    const codes: string[] = [];
    while (bus.link.state.kind === "up") codes.push(codeOf(await read(bus, codes.length)));
    expect(codes).toEqual(["garbled", "garbled", "garbled"]);
    await stateOf(bus, "up");
    expect(await read(bus, 7)).toEqual(value(7));
  });

  test.each(["rtu", "mbap"] as const)(
    "that is silent in %s may be a dead connection, and is connected to anew",
    async (framing) => {
      let [connections, asked] = [0, 0];
      const server = await listenTcp({ host: "127.0.0.1", port: 0 }, (connection) => {
        connections += 1;
        const isDeaf = connections === 1;
        connection.onData((bytes) => {
          asked += 1;
          const pdu = Uint8Array.of(3, 2, 0, bytes[framing === "rtu" ? 3 : 9] ?? 0);
          const transactionId = ((bytes[0] ?? 0) << 8) + (bytes[1] ?? 0);
          const reply = framing === "rtu" ? encodeRtu(1, pdu) : encodeMbap({ transactionId, unitId: 1, pdu });
          if (!isDeaf || asked === 1) connection.write(reply);
        });
      });
      cleanups.push(() => server.close());
      const bus = await busTo(server.port, framing, 1000);
      expect(await read(bus, 7)).toEqual(value(7));
      const codes: string[] = [];
      while (bus.link.state.kind === "up") codes.push(codeOf(await read(bus, 7)));
      expect(codes).toEqual(Array(5).fill("timeout"));
      await stateOf(bus, "up");
      expect(await read(bus, 7)).toEqual(value(7));
      expect(bus.health().recentLosses).toBe(0);
    },
  );

  test("that ends our connection again and again is named in the hints", async () => {
    const port = await scripted((connection) => {
      connection.end();
    });
    const bus = await busTo(port, "mbap");
    for (let i = 0; i < 3; i += 1) {
      expect(await read(bus, 0)).toEqual({ ok: false, code: "line-down" });
      await stateOf(bus, "up");
    }
    expect(bus.health().hints).toEqual([{ code: "another-client", losses: 3 }]);
  });

  test("that ends every connection after its time, as its document says, has no other client", async () => {
    const connections: ServerConnection[] = [];
    const server = await listenTcp({ host: "127.0.0.1", port: 0 }, (connection) => {
      connections.push(connection);
    });
    cleanups.push(() => server.close());
    const bus = await busTo(server.port, "mbap");
    bus.expectEndAfter(0);
    for (let i = 0; i < 4; i += 1) {
      await stateOf(bus, "up");
      await expect.poll(() => connections.length).toBe(i + 1);
      const lost = stateOf(bus, "down");
      connections[i]?.end();
      await lost;
    }
    expect(bus.health().recentLosses).toBe(0);
  });
});
