import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { afterEach, expect, test } from "vitest";
import { createHttpPeer, type HttpPeer, type HttpRequest } from "./http-peer.ts";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function peerOf(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  keepAlive = true,
): Promise<HttpPeer> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const peer = createHttpPeer({ host: "127.0.0.1", port, keepAlive, timeout_ms: 2_000 });
  cleanups.push(() => {
    peer.close();
    server.closeAllConnections();
    return new Promise((resolve) => {
      server.close(() => {
        resolve();
      });
    });
  });
  return peer;
}
const get = (path: string): HttpRequest => ({ method: "GET", path, body: null });

test("a device is asked one thing at a time, in order, and more than a few that wait are refused", async () => {
  let [open, most] = [0, 0];
  const seen: string[] = [];
  const peer = await peerOf((request, response) => {
    open += 1;
    most = Math.max(most, open);
    seen.push(request.url ?? "");
    setImmediate(() => {
      open -= 1;
      response.end("ok");
    });
  });
  const replies = await Promise.all(Array.from({ length: 20 }, (_, i) => peer.send(get(`/${String(i)}`))));
  expect(most).toBe(1);
  expect(seen).toEqual(Array.from({ length: 16 }, (_, i) => `/${String(i)}`));
  expect(replies.slice(16).every((reply) => !reply.ok && reply.code === "busy")).toBe(true);
});

test("a kept connection that the device has closed meanwhile is no error", async () => {
  let first = true;
  const peer = await peerOf((request, response) => {
    const { socket } = request;
    const closes = first;
    first = false;
    response.end("ok", () => {
      // Closed without a word after the answer, as small controllers do.
      if (closes) setImmediate(() => socket.destroy());
    });
  });
  for (let i = 0; i < 5; i += 1) expect(await peer.send(get("/"))).toMatchObject({ ok: true, text: "ok" });
  expect(peer.counters.errors).toBe(0);
});

test("nobody is led elsewhere by a redirect", async () => {
  const peer = await peerOf((_, response) => {
    response.writeHead(302, { Location: "http://127.0.0.1:9/" }).end();
  });
  expect(await peer.send(get("/"))).toMatchObject({ ok: true, status: 302 });
});

test("an order without a body says that its length is 0, and a device that wants it gets a new connection each time", async () => {
  const headers: IncomingMessage["headers"][] = [];
  const peer = await peerOf((request, response) => {
    headers.push(request.headers);
    response.end();
  }, false);
  await peer.send({ method: "POST", path: "/settings?mode=4", body: null });
  expect(headers[0]).toMatchObject({ "content-length": "0", connection: "close" });
});

test("what is under way when we leave is answered at once", async () => {
  const peer = await peerOf(() => undefined);
  const reply = peer.send(get("/"));
  await new Promise((resolve) => setImmediate(resolve));
  peer.close();
  expect(await reply).toMatchObject({ ok: false, code: "broken" });
});
