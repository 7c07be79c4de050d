import { readdir } from "node:fs/promises";
import { afterEach, expect, test } from "vitest";
import { createBusOwner, type BusOwner } from "../../../src/main/links/bus.ts";
import type { ByteLink } from "../../../src/main/links/byte-link.ts";
import { createSerialLink } from "../../../src/main/links/serial-link.ts";
import { createTcpLink } from "../../../src/main/links/tcp-link.ts";
import { createModbusServer, type RegisterBank } from "../../../src/main/simulator/modbus/index.ts";
import { describeWith } from "../../setup/tools.ts";
import { layCable } from "./cable.ts";

const LINE = { baud: 19_200, parity: "even", dataBits: 8, stopBits: 1 } as const;
/** The usual half second between attempts, 100 times, would be most of the test. */
const PAUSES_ms = [30];
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Every answer carries a number of its own, so one that is taken twice is seen. */
function counting(): RegisterBank {
  let given = 0;
  return {
    answer: (request) => {
      given += 1;
      return { kind: "registers", fc: 3, registers: [given >>> 16, given & 0xffff, request.fc] };
    },
  };
}

/** Waits for the next state of this kind after now. */
const next = (link: ByteLink, kind: "up" | "down"): Promise<void> =>
  new Promise((resolve) => {
    let waiting = true;
    link.onState((state) => {
      if (waiting && state.kind === kind) {
        waiting = false;
        resolve();
      }
    });
  });

/** Four callers that ask without pause until told to stop; answers with the numbers they were given. */
function load(bus: BusOwner): { readonly stop: () => Promise<readonly number[]>; readonly answered: () => number } {
  const numbers: number[] = [];
  let stopped = false;
  const ask = async (): Promise<void> => {
    while (!stopped) {
      const reply = await bus.transact({
        unitId: 1,
        request: { fc: 3, address: 0, count: 3 },
        priority: "state",
        timeout_ms: 100,
        gap_ms: 0,
      });
      if (!reply.ok) await new Promise((resolve) => setTimeout(resolve, 1));
      else if (reply.reply.kind === "registers") {
        const [high = 0, low = 0] = reply.reply.registers;
        numbers.push(high * 0x1_0000 + low);
      }
    }
  };
  const asking = Promise.all([ask(), ask(), ask(), ask()]);
  return {
    answered: () => numbers.length,
    stop: async () => {
      stopped = true;
      await asking;
      return numbers;
    },
  };
}

async function untilAnswered(work: ReturnType<typeof load>): Promise<void> {
  const before = work.answered();
  while (work.answered() === before) await new Promise((resolve) => setTimeout(resolve, 2));
}

const openHandles = async (): Promise<number> => (await readdir("/proc/self/fd")).length;
const hasProc = process.platform === "linux";

test("a connection cut 100 times under load recovers each time, leaks nothing and gives no answer twice", async () => {
  const units = new Map([[1, counting()]]);
  let server = await createModbusServer({ transport: { kind: "tcp", port: 0, framing: "rtu" }, units });
  cleanups.push(() => server.close());
  const link = createTcpLink({ host: "127.0.0.1", port: server.port }, PAUSES_ms);
  const bus = createBusOwner({ link, framing: "rtu", real_ms: (duration_ms) => duration_ms, baud: null });
  cleanups.push(() => bus.close());
  if (link.state.kind !== "up") await next(link, "up");
  const work = load(bus);
  await untilAnswered(work);
  const handles = hasProc ? await openHandles() : 0;
  for (let i = 0; i < 100; i += 1) {
    const { port } = server;
    const down = next(link, "down");
    await server.close();
    await down;
    const up = next(link, "up");
    server = await createModbusServer({ transport: { kind: "tcp", port, framing: "rtu" }, units });
    await up;
    await untilAnswered(work);
  }
  const numbers = await work.stop();
  expect(numbers.length).toBeGreaterThan(100);
  expect(new Set(numbers).size).toBe(numbers.length);
  if (hasProc) expect(await openHandles()).toBeLessThanOrEqual(handles + 2);
}, 40_000);

describeWith("socat", "a serial line pulled under load", (socat) => {
  test("100 times recovers each time, leaks nothing and gives no answer twice", async () => {
    const line = await layCable(socat);
    cleanups.push(line.remove);
    const units = new Map([[1, counting()]]);
    const transport = { kind: "serial", path: line.theirs, ...LINE } as const;
    let server = await createModbusServer({ transport, units });
    cleanups.push(() => server.close());
    const link = createSerialLink({ path: line.ours, ...LINE }, PAUSES_ms);
    const bus = createBusOwner({ link, framing: "rtu", real_ms: (duration_ms) => duration_ms, baud: LINE.baud });
    cleanups.push(() => bus.close());
    if (link.state.kind !== "up") await next(link, "up");
    const work = load(bus);
    await untilAnswered(work);
    const handles = hasProc ? await openHandles() : 0;
    for (let i = 0; i < 100; i += 1) {
      const down = next(link, "down");
      await line.pull();
      await Promise.all([server.close(), down]);
      const up = next(link, "up");
      await line.plug();
      server = await createModbusServer({ transport, units });
      await up;
      await untilAnswered(work);
    }
    const numbers = await work.stop();
    expect(new Set(numbers).size).toBe(numbers.length);
    if (hasProc) expect(await openHandles()).toBeLessThanOrEqual(handles + 2);
  }, 40_000);
});
