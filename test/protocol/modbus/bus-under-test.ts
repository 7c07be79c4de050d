import { createBusOwner, type BusOwner, type BusPriority, type BusReply } from "../../../src/main/links/bus.ts";
import { createTcpLink } from "../../../src/main/links/tcp-link.ts";
import { listenTcp, type ServerConnection } from "../../../src/main/links/tcp-server.ts";
import { createModbusServer, type ModbusServer, type RegisterBank } from "../../../src/main/simulator/modbus/index.ts";

export const TIMEOUT_ms = 100;
/** Undone by `cleanUp`, the last first. */
export const cleanups: (() => Promise<void>)[] = [];

export const registers = new Map(Array.from({ length: 100 }, (_, i) => [i, 1000 + i]));
export const value = (...words: number[]): unknown => ({
  ok: true,
  reply: { kind: "registers", fc: 3, registers: words },
});

/** A bus to `port`; `speed` is how fast the app's clock runs. */
export async function busTo(port: number, framing: "rtu" | "mbap" = "rtu", speed = 1): Promise<BusOwner> {
  const link = createTcpLink({ host: "127.0.0.1", port });
  const bus = createBusOwner({ link, framing, real_ms: (duration_ms) => duration_ms / speed, baud: null });
  cleanups.push(() => bus.close());
  await stateOf(bus, "up");
  return bus;
}

export const stateOf = (bus: BusOwner, kind: "up" | "down"): Promise<void> =>
  new Promise((resolve) => {
    if (bus.link.state.kind === kind) resolve();
    bus.link.onState((state) => {
      if (state.kind === kind) resolve();
    });
  });

export async function serve(
  units: ReadonlyMap<number, RegisterBank>,
  framing: "rtu" | "mbap" = "rtu",
): Promise<ModbusServer> {
  const server = await createModbusServer({ transport: { kind: "tcp", port: 0, framing }, units });
  cleanups.push(() => server.close());
  return server;
}

export const read = (
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

export const codeOf = (reply: BusReply): string => (reply.ok ? "ok" : reply.code);

/** A peer that only does what a test lets it do with each piece it hears. */
export async function scripted(heard: (connection: ServerConnection, bytes: Uint8Array) => void): Promise<number> {
  const server = await listenTcp({ host: "127.0.0.1", port: 0 }, (connection) => {
    connection.onData((bytes) => {
      heard(connection, bytes);
    });
  });
  cleanups.push(() => server.close());
  return server.port;
}

/** To be called after each test: frees what it opened. */
export async function cleanUp(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}
