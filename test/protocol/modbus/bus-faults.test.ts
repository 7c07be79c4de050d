import { spawn } from "node:child_process";
import { afterEach, describe, expect, test } from "vitest";
import { failuresOf } from "../../../src/main/links/bus.ts";
import { encodeRtu } from "../../../src/main/protocol/modbus/index.ts";
import { createMemoryBank, type RegisterBank } from "../../../src/main/simulator/modbus/index.ts";
import {
  busTo,
  cleanUp,
  cleanups,
  codeOf,
  read,
  registers,
  scripted,
  serve,
  TIMEOUT_ms,
  value,
} from "./bus-under-test.ts";

/** Where a wire's milliseconds are what is tested, a machine that stands still for as long shows nothing: it is asked again. */
const IN_REAL_TIME = { retry: 2 };
afterEach(cleanUp);

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

/** A peer in a process of its own, which goes on while ours stands still; it always answers 111. */
function spawnAnswering(): { readonly port: Promise<number>; readonly stop: () => Promise<void> } {
  const answer = encodeRtu(1, Uint8Array.of(3, 2, 0, 111));
  const source = `
    const server = require("node:net").createServer((socket) =>
      socket.on("error", () => {}).on("data", () => socket.write(Uint8Array.of(${answer.join()}))));
    server.listen(0, "127.0.0.1", () => console.log(server.address().port));
    process.stdin.on("end", () => process.exit()).resume();`;
  const child = spawn(process.execPath, ["-e", source], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => {
      resolve();
    });
  });
  return {
    port: new Promise((resolve) =>
      child.stdout.once("data", (text: Buffer) => {
        resolve(Number(text.toString()));
      }),
    ),
    stop: () => {
      child.stdin.end();
      return ended;
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

test("an answer that lies ready when the whole process has stood still longer than its time-out is taken", async () => {
  const server = spawnAnswering();
  cleanups.push(server.stop);
  const bus = await busTo(await server.port);
  expect(await read(bus, 1)).toEqual(value(111));
  const reply = read(bus, 1);
  // The request must have left before we stand still.
  await new Promise((resolve) => setImmediate(resolve));
  const until_ms = performance.now() + 5 * TIMEOUT_ms;
  while (performance.now() < until_ms);
  expect(await reply).toEqual(value(111));
  expect(bus.health().total).toMatchObject({ timeouts: 0, frames: 2 });
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

test.each([
  ["rtu", "bytes of another protocol", "HTTP/1.1 400 Bad Request\r\n\r\n"],
  ["mbap", "bytes of another protocol", "HTTP/1.1 400 Bad Request\r\n\r\n"],
  ["mbap", "our own question", null],
] as const)("over %s, %s are counted as no answer and told as what they are", async (framing, _, text) => {
  const port = await scripted((connection, bytes) => {
    connection.write(text === null ? bytes : new TextEncoder().encode(text));
  });
  const bus = await busTo(port, framing);
  expect(codeOf(await read(bus, 1))).toBe("garbled");
  expect(codeOf(await read(bus, 1))).toBe("garbled");
  const { total, hints } = bus.health();
  expect(failuresOf(total)).toBe(4);
  expect(hints).toEqual([{ code: "not-modbus", foreign: total.foreign, frames: 4 }]);
});

describe("a device that hangs", IN_REAL_TIME, () => {
  test("costs the others one time-out a second, however often it is asked", async () => {
    const server = await serve(new Map([[1, createMemoryBank(registers)]]));
    const bus = await busTo(server.port);
    await read(bus, 0);
    const dead = Array.from({ length: 4 }, () => read(bus, 0, { unitId: 9 }));
    const began_ms = performance.now();
    let answered = 0;
    while (performance.now() - began_ms < 600 || answered <= 10) if ((await read(bus, 10)).ok) answered += 1;
    const seconds = Math.floor((performance.now() - began_ms) / 1_000);
    expect(bus.health().units.get(9)?.frames).toBeLessThanOrEqual(2 + seconds);
    await bus.close();
    expect((await Promise.all(dead)).at(-1)).toEqual({ ok: false, code: "line-down" });
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
