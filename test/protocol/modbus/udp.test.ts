import { afterEach, expect, test } from "vitest";
import { createBusOwner, type BusOwner } from "../../../src/main/links/bus.ts";
import { createDatagramLink } from "../../../src/main/links/datagram-link.ts";
import { createMemoryBank } from "../../../src/main/simulator/modbus/index.ts";
import { createUdpServer } from "./udp-server.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function owned(port: number): Promise<BusOwner> {
  const link = createDatagramLink({ host: "127.0.0.1", port });
  const bus = createBusOwner({ link, framing: "mbap", real_ms: (duration_ms) => duration_ms, baud: null });
  cleanups.push(() => bus.close());
  await new Promise<void>((resolve) => {
    link.onState((state) => {
      if (state.kind === "up") resolve();
    });
  });
  return bus;
}
const ask = (bus: BusOwner, address: number) =>
  bus.transact({ unitId: 1, request: { fc: 3, address, count: 1 }, priority: "state", timeout_ms: 100, gap_ms: 0 });

test("a lost datagram costs its time-out and nothing else; the next answer is that of the next question", async () => {
  const units = new Map([
    [
      1,
      createMemoryBank(
        new Map([
          [1, 111],
          [2, 222],
        ]),
      ),
    ],
  ]);
  const server = await createUdpServer(units);
  cleanups.push(server.close);
  const bus = await owned(server.port);
  expect(await ask(bus, 1)).toMatchObject({ ok: true, reply: { registers: [111] } });
  server.lose(1);
  expect(await ask(bus, 1)).toEqual({ ok: false, code: "timeout" });
  expect(await ask(bus, 2)).toMatchObject({ ok: true, reply: { registers: [222] } });
});

test("where nobody listens the line is down at the first question, and the socket is freed", async () => {
  const server = await createUdpServer(new Map());
  const { port } = server;
  await server.close();
  const bus = await owned(port);
  expect((await ask(bus, 1)).ok).toBe(false);
  await bus.close();
  expect(bus.link.state.kind).toBe("down");
});

test("a host that nobody knows is told in words", async () => {
  const link = createDatagramLink({ host: "nobody.invalid", port: 502 });
  cleanups.push(() => link.close());
  const detail = await new Promise((resolve) => {
    link.onState((state) => {
      if (state.kind === "down") resolve(state.detail);
    });
    link.open();
  });
  expect(detail).toBe("no address known for nobody.invalid");
});
