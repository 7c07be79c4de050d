import { RPCHandler } from "@orpc/server/message-port";
import { afterEach, describe, expect, test } from "vitest";
import type { LiveUpdate } from "../../src/contract/index.ts";
import { createRouter } from "../../src/main/api/index.ts";
import { type HeadlessServer, startHeadless } from "../../src/main/headless/index.ts";
import { createLog } from "../../src/main/log.ts";
import { channelOnPort, rpcAddress, webSocketChannel } from "../../src/renderer/lib/client/channels.ts";
import { FIRST_RETRY_ms, retryDelay_ms, SLOWEST_RETRY_ms } from "../../src/renderer/lib/client/connection.ts";
import { type Client, ConnectionLost, createClientOn, troubleCode } from "../../src/renderer/lib/client/index.ts";
import { fakeApplication, fakeEngine, liveUpdate, station } from "../api/fake-application.ts";

// The page's client against our real server and router: needs no browser.

const engine = fakeEngine([station("P01")]);
const app = fakeApplication(engine);
const router = createRouter(app, {
  onFault: () => undefined,
  renderInvoice: () => Promise.resolve({ ok: false, code: "failed", detail: "" }),
});
const opened: { close: () => unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

async function listen(port = 0): Promise<HeadlessServer> {
  const started = await startHeadless(router, {
    host: "127.0.0.1",
    port,
    pages: "/nowhere",
    version: "1",
    log: createLog({ write: () => undefined }),
  });
  if (!started.ok) throw new Error(started.message);
  opened.push(started.server);
  return started.server;
}

function clientOf(url: string, role: "kiosk" | null = null): Client {
  const client = createClientOn(webSocketChannel(rpcAddress(url, role)));
  opened.push(client);
  return client;
}

const reached = (client: Client, state: string): Promise<void> =>
  expect.poll(() => client.connection.getSnapshot().state).toBe(state);

describe("over a WebSocket", () => {
  test("a call made while it is still connecting waits for the connection", async () => {
    const client = clientOf((await listen()).url);
    expect(client.connection.getSnapshot().state).toBe("connecting");
    await expect(client.api.app.info()).resolves.toMatchObject({ stage: "running" });
    expect(client.connection.getSnapshot().state).toBe("open");
  });

  test("codes of the contract arrive as codes", async () => {
    const client = clientOf((await listen()).url, "kiosk");
    const error: unknown = await client.api.billing.customers().catch((reason: unknown) => reason);
    expect(troubleCode(error)).toBe("FORBIDDEN");
  });

  test("when the server goes, calls fail at once as lost; when it is back, the connection and subscriptions resume by themselves", async () => {
    const server = await listen();
    const client = clientOf(server.url);
    const updates: LiveUpdate[] = [];
    const states: string[] = [];
    client.connection.subscribe(() => states.push(client.connection.getSnapshot().state));
    const stop = client.watch((signal) => client.api.live.subscribe(undefined, { signal }), {
      onUpdate: (update) => updates.push(update),
    });
    await expect.poll(() => updates).toHaveLength(1);
    engine.emit(liveUpdate(5, false, [station("P01")]));
    await expect.poll(() => updates.map(({ full }) => full)).toEqual([true, false]);

    await server.close();
    await reached(client, "lost");
    const error: unknown = await client.api.app.info().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConnectionLost);
    expect(troubleCode(error)).toBe("CONNECTION_LOST");

    await listen(Number(new URL(server.url).port));
    await reached(client, "open");
    await expect.poll(() => updates.map(({ full }) => full)).toEqual([true, false, true]);
    expect(states).toEqual(["open", "lost", "open"]);
    stop();
    await expect.poll(() => engine.listeners()).toBe(0);
  });

  test("a refused subscription says why instead of ending silently", async () => {
    const client = clientOf((await listen()).url, "kiosk");
    const refusal = await new Promise((resolve) => {
      const stop = client.watch((signal) => client.api.live.subscribe(undefined, { signal }), {
        onUpdate: () => undefined,
        onRefused: (error) => {
          stop();
          resolve(troubleCode(error));
        },
      });
    });
    expect(refusal).toBe("FORBIDDEN");
  });

  test("a server that is not there is lost, not an endless wait", async () => {
    const { url, close } = await listen();
    await close();
    const client = clientOf(url);
    await expect(client.api.app.info()).rejects.toBeInstanceOf(ConnectionLost);
  });
});

test("over a MessagePort calls, subscriptions and codes are the same", async () => {
  const { port1, port2 } = new MessageChannel();
  new RPCHandler(router).upgrade(port1, { context: { role: "viewer" } });
  port1.start();
  const client = createClientOn(() => Promise.resolve(channelOnPort(port2)));
  opened.push(client);
  await expect(client.api.live.snapshot()).resolves.toMatchObject({ full: true });
  expect(troubleCode(await client.api.stations.stop({ stationId: "P01" }).catch((error: unknown) => error))).toBe(
    "FORBIDDEN",
  );
  const first = await new Promise<LiveUpdate>((resolve) => {
    const stop = client.watch((signal) => client.api.live.subscribe(undefined, { signal }), {
      onUpdate: (update) => {
        stop();
        resolve(update);
      },
    });
  });
  expect(first.stations).toHaveLength(1);
  await expect.poll(() => engine.listeners()).toBe(0);
});

test("a channel that fell silent is cut: what waits on it is told, and subscriptions begin anew on the next one", async () => {
  const silent = new MessageChannel();
  const served = new MessageChannel();
  new RPCHandler(router).upgrade(served.port1, { context: { role: "viewer" } });
  served.port1.start();
  const ports = [silent.port2, served.port2];
  const client = createClientOn(() => {
    const port = ports.shift();
    return port === undefined ? Promise.reject(new Error("no more ports")) : Promise.resolve(channelOnPort(port));
  });
  opened.push(client, silent.port1);
  const update = new Promise<LiveUpdate>((resolve) => {
    client.watch((signal) => client.api.live.subscribe(undefined, { signal }), { onUpdate: resolve });
  });
  const waiting = client.api.live.snapshot();
  await reached(client, "open");
  client.cut();
  await expect(waiting).rejects.toBeInstanceOf(ConnectionLost);
  expect((await update).full).toBe(true);
});

test("retries come quickly at first and never more slowly than every five seconds or so", () => {
  const delays = [0, 1, 2, 3, 10, 1000].map((failures) => retryDelay_ms(failures, () => 0.5));
  expect(delays).toEqual([FIRST_RETRY_ms, 500, 1000, 2000, SLOWEST_RETRY_ms, SLOWEST_RETRY_ms]);
});

test("the address of the engine follows the page's own", () => {
  expect(rpcAddress("http://127.0.0.1:8886/#/live?x=1", null)).toBe("ws://127.0.0.1:8886/rpc");
  expect(rpcAddress("https://site.example/kiosk", "kiosk")).toBe("wss://site.example/rpc?role=kiosk");
});
