import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { createBusOwner, type BusOwner, type BusReply } from "../../../src/main/links/bus.ts";
import { createSerialLink } from "../../../src/main/links/serial-link.ts";
import { createTcpLink } from "../../../src/main/links/tcp-link.ts";
import type { ModbusRequest } from "../../../src/main/protocol/modbus/index.ts";
import { createMemoryBank, createModbusServer } from "../../../src/main/simulator/modbus/index.ts";
import { describeWith, needs } from "../../setup/tools.ts";
import { layCable } from "./cable.ts";

const LINE = { baud: 19_200, parity: "even", dataBits: 8, stopBits: 1 } as const;
const SERVER = fileURLToPath(new URL("pymodbus-server.py", import.meta.url));
const run = promisify(execFile);
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Starts pymodbus and answers with the port it listens on, once it does. */
async function pymodbus(python: string, ...args: readonly string[]): Promise<number> {
  const child = spawn(python, [SERVER, ...args], { stdio: ["pipe", "pipe", "ignore"] });
  const ended = new Promise<void>((resolve) =>
    child.once("exit", () => {
      resolve();
    }),
  );
  cleanups.push(async () => {
    child.kill();
    await ended;
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const ready: unknown = JSON.parse(line);
    if (typeof ready === "object" && ready !== null && "port" in ready) return Number(ready.port);
  }
  throw new Error("pymodbus ended before it listened");
}

async function upAndOwned(bus: BusOwner): Promise<BusOwner> {
  cleanups.push(() => bus.close());
  await new Promise<void>((resolve) => {
    if (bus.link.state.kind === "up") resolve();
    bus.link.onState((state) => {
      if (state.kind === "up") resolve();
    });
  });
  return bus;
}

const ask = (bus: BusOwner, request: ModbusRequest, unitId = 1): Promise<BusReply> =>
  bus.transact({ unitId, request, priority: "state", timeout_ms: 1_000, gap_ms: 0 });
const real_ms = (duration_ms: number): number => duration_ms;

/** Reads, writes and refusals that every server must answer alike. */
async function converse(bus: BusOwner): Promise<void> {
  const words = { kind: "registers", registers: [1010, 1011, 1012] };
  expect(await ask(bus, { fc: 3, address: 10, count: 3 })).toEqual({ ok: true, reply: { ...words, fc: 3 } });
  expect(await ask(bus, { fc: 4, address: 10, count: 3 }, 2)).toEqual({ ok: true, reply: { ...words, fc: 4 } });
  expect(await ask(bus, { fc: 2, address: 0, count: 4 })).toEqual({
    ok: true,
    reply: { kind: "bits", fc: 2, bits: [true, false, false, true] },
  });
  expect((await ask(bus, { fc: 6, address: 20, value: 160 })).ok).toBe(true);
  expect((await ask(bus, { fc: 16, address: 21, values: [1, 65_535] })).ok).toBe(true);
  expect(await ask(bus, { fc: 3, address: 20, count: 3 })).toMatchObject({ reply: { registers: [160, 1, 65_535] } });
  expect((await ask(bus, { fc: 5, address: 7, on: true })).ok).toBe(true);
  expect((await ask(bus, { fc: 15, address: 8, bits: [true, false, true] })).ok).toBe(true);
  expect(await ask(bus, { fc: 1, address: 7, count: 4 })).toMatchObject({ reply: { bits: [true, true, false, true] } });
  expect(await ask(bus, { fc: 3, address: 99, count: 5 })).toEqual({ ok: false, code: "exception", exception: 2 });
  expect(bus.health().total).toMatchObject({ timeouts: 0, crcErrors: 0, staleBytes: 0, retries: 0 });
}

describeWith("python3-pymodbus", "our client and pymodbus", (python) => {
  test.each([
    ["RTU over TCP", "rtu", "rtu"],
    ["ASCII over TCP", "ascii", "ascii"],
    ["Modbus TCP", "mbap", "socket"],
  ] as const)("understand each other in %s", async (_name, framing, theirs) => {
    const port = await pymodbus(python, theirs);
    const link = createTcpLink({ host: "127.0.0.1", port });
    await converse(await upAndOwned(createBusOwner({ link, framing, real_ms, baud: null })));
  });
});

describeWith("python3-pymodbus", "our client and pymodbus on a serial line", (python) => {
  test.skipIf(needs("socat") === null).each(["rtu", "ascii"] as const)(
    "understand each other in %s",
    async (framing) => {
      const line = await layCable(needs("socat") ?? "");
      cleanups.push(line.remove);
      await pymodbus(python, framing, line.theirs);
      const link = createSerialLink({ path: line.ours, ...LINE });
      await converse(await upAndOwned(createBusOwner({ link, framing, real_ms, baud: LINE.baud })));
    },
  );
});

describeWith("mbpoll", "mbpoll and our simulated server", (mbpoll) => {
  const registers = new Map(Array.from({ length: 20 }, (_, i) => [i, 1000 + i]));

  /** What mbpoll prints for the values it reads, or its complaint. */
  async function poll(...args: readonly string[]): Promise<string> {
    try {
      const { stdout } = await run(mbpoll, ["-1", "-0", "-o", "1", ...args], { timeout: 10_000 });
      return stdout;
    } catch (error) {
      return error instanceof Error ? error.message : "mbpoll failed";
    }
  }

  describe("on Modbus TCP", () => {
    test("it reads what the bank holds and writes into it", async () => {
      const bank = createMemoryBank(registers);
      const server = await createModbusServer({
        transport: { kind: "tcp", port: 0, framing: "mbap" },
        units: new Map([[3, bank]]),
      });
      cleanups.push(() => server.close());
      const at = ["-m", "tcp", "-p", String(server.port), "-a", "3"];
      expect(await poll(...at, "-r", "4", "-c", "3", "127.0.0.1")).toMatch(
        /\[4\]:\s+1004\s+\[5\]:\s+1005\s+\[6\]:\s+1006/u,
      );
      expect(await poll(...at, "-r", "7", "127.0.0.1", "160", "161")).toContain("Written 2 references");
      expect([bank.get(7), bank.get(8)]).toEqual([160, 161]);
      server.faults.set({ kind: "exception", code: 2 });
      expect(await poll(...at, "-r", "4", "127.0.0.1")).toContain("Illegal data address");
    });
  });

  test.skipIf(needs("socat") === null)("on a serial line it reads and writes in RTU", async () => {
    const line = await layCable(needs("socat") ?? "");
    cleanups.push(line.remove);
    const bank = createMemoryBank(registers);
    const server = await createModbusServer({
      transport: { kind: "serial", path: line.theirs, ...LINE },
      units: new Map([[3, bank]]),
    });
    cleanups.push(() => server.close());
    const at = ["-m", "rtu", "-b", "19200", "-P", "even", "-a", "3"];
    expect(await poll(...at, "-r", "4", "-c", "2", line.ours)).toMatch(/\[4\]:\s+1004\s+\[5\]:\s+1005/u);
    expect(await poll(...at, "-r", "7", line.ours, "160")).toContain("Written 1 references");
    expect(bank.get(7)).toBe(160);
  });
});
