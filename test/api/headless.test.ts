import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { request, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/websocket";
import type { ContractRouterClient } from "@orpc/contract";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { WebSocket as PlainSocket } from "ws";
import { z } from "zod";
import { contract } from "../../src/contract/index.ts";
import { createRouter } from "../../src/main/api/index.ts";
import { type HeadlessServer, startHeadless } from "../../src/main/headless/index.ts";
import { createLog } from "../../src/main/log.ts";
import { fakeApplication, fakeEngine, liveUpdate, station } from "./fake-application.ts";

const engine = fakeEngine([station("P01")]);
const app = fakeApplication(engine);
const log = createLog({ write: () => undefined });
const router = createRouter(app, {
  onFault: () => undefined,
  renderInvoice: () => Promise.resolve({ ok: true, bytes: new TextEncoder().encode("%PDF-1.7 made") }),
});
let folder: string;
let pages: string;
let server: HeadlessServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "chargehand-pages-"));
  pages = join(folder, "renderer");
  await mkdir(join(pages, "assets"), { recursive: true });
  await writeFile(join(folder, "secret.txt"), "secret");
  await writeFile(join(pages, "index.html"), "<!doctype html><title>app</title>");
  await writeFile(join(pages, "kiosk.html"), "<!doctype html><title>kiosk</title>");
  await writeFile(join(pages, "assets", "app-1a2b.js"), "export {};");
  await writeFile(join(pages, "notes.sqlite"), "data");
  await symlink(join(folder, "secret.txt"), join(pages, "link.exe"));
  server = await started("127.0.0.1", 0);
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

async function started(host: string, port: number): Promise<HeadlessServer> {
  const result = await startHeadless(router, { host, port, pages, version: "1.2.3", log });
  if (!result.ok) throw new Error(result.message);
  return result.server;
}

type Answer = { status: number; headers: IncomingHttpHeaders; body: string };

/** Sends the path exactly as written, which fetch would tidy up. */
function ask(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const { port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: "127.0.0.1", port, path, method: options.method ?? "GET", headers: options.headers ?? {} },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (text: string) => (body += text));
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        });
      },
    );
    sent.on("error", reject);
    sent.end(options.body);
  });
}

describe("pages", () => {
  test.each([
    ["/", "text/html; charset=utf-8", "no-cache", "app"],
    ["/kiosk", "text/html; charset=utf-8", "no-cache", "kiosk"],
    ["/assets/app-1a2b.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", "export"],
  ])("%s comes as %s, cached as %s", async (path, type, cache, content) => {
    const { status, headers, body } = await ask(path);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "content-type": type,
      "cache-control": cache,
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    });
    expect(headers["content-security-policy"]).toContain("script-src 'self';");
    expect(headers["content-security-policy"]).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline|\*/u);
    expect(body).toContain(content);
  });

  test.each([
    "/../secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/assets/..%2f..%2fsecret.txt",
    "/assets/../../secret.txt",
    "/..\\secret.txt",
    "/%00",
    "/%",
    "/%ff",
    "//etc/passwd",
    "/etc/passwd",
    "/assets",
    "/assets/",
    "/notes.sqlite",
    "/link.exe",
    "/.env",
    "/nothing.js",
    "/index.html/x",
  ])("%s is not found and nothing outside is read", async (path) => {
    const { status, body } = await ask(path);
    expect(status).toBe(404);
    expect(body).not.toContain("secret");
  });

  test("pages can only be read", async () => {
    expect(await ask("/", { method: "POST" })).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
    expect(await ask("/", { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
  });

  test("a name that somebody else made point here is refused, so no foreign page becomes of our origin", async () => {
    expect(await ask("/api/info", { headers: { host: "evil.example:80" } })).toMatchObject({ status: 403 });
    expect(await ask("/", { headers: { host: "evil.example" } })).toMatchObject({ status: 403 });
    expect(await ask("/api/info", { headers: { host: "localhost:1" } })).toMatchObject({ status: 200 });
  });
});

describe("REST", () => {
  test("the description lists every procedure's path and method", async () => {
    const { status, headers, body } = await ask("/api/openapi.json");
    expect([status, headers["content-type"]]).toEqual([200, "application/json; charset=utf-8"]);
    const { paths } = z
      .object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
      .parse(JSON.parse(body));
    const groups: Record<string, Record<string, { "~orpc": { route: { method?: string; path?: string } } }>> = contract;
    const wanted = Object.values(groups).flatMap((group) =>
      Object.values(group).map(({ "~orpc": { route } }) => `${route.method?.toLowerCase() ?? ""} ${route.path ?? ""}`),
    );
    const listed = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(listed.toSorted()).toEqual(wanted.toSorted());
  });

  test("a call answers JSON, bad input 400, an unknown record 404, an unknown path 404", async () => {
    expect(await ask("/api/info")).toMatchObject({ status: 200, headers: { "cache-control": "no-store" } });
    expect(JSON.parse((await ask("/api/info")).body)).toMatchObject({ version: "1.2.3", stage: "running" });
    expect(await ask("/api/history/power?from_ms=x&to_ms=2")).toMatchObject({ status: 400 });
    expect(await ask("/api/sessions/none")).toMatchObject({ status: 404 });
    expect(
      await ask("/api/sessions/query", { method: "POST", headers: { "content-type": "application/json" }, body: "{" }),
    ).toMatchObject({ status: 400 });
    expect(await ask("/api/nothing")).toMatchObject({ status: 404 });
    expect(await ask("/api")).toMatchObject({ status: 404 });
  });

  test("a page of another origin may not call, a program and our own page may", async () => {
    const post = (headers: Record<string, string>) =>
      ask("/api/stations/P01/stop", {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: "{}",
      });
    expect(await post({ origin: "https://evil.example" })).toMatchObject({ status: 403 });
    expect(await post({ origin: "null" })).toMatchObject({ status: 403 });
    expect(await post({ "sec-fetch-site": "cross-site" })).toMatchObject({ status: 403 });
    expect(engine.calls).toEqual([]);
    expect(await post({ origin: server.url })).toMatchObject({ status: 200 });
    expect(await post({})).toMatchObject({ status: 200 });
  });

  test("a body over the limit is refused and the server lives on", async () => {
    const headers = { "content-type": "application/json" };
    const tooLarge = await ask("/api/site", {
      method: "POST",
      headers,
      body: JSON.stringify({ yaml: "x".repeat(3_000_000) }),
    }).then(
      ({ status }) => status,
      (error: unknown) => (error instanceof Error && "code" in error ? error.code : error),
    );
    expect([413, "ECONNRESET", "EPIPE"]).toContain(tooLarge);
    expect(await ask("/api/info")).toMatchObject({ status: 200 });
  });

  test("an invoice comes as PDF to look at, the same bytes every time, rendered once", async () => {
    const { invoices } = engine.stores;
    vi.spyOn(invoices, "document").mockReturnValue(DOCUMENT);
    const first = await ask("/api/invoices/i1/pdf");
    expect(first).toMatchObject({ status: 200, headers: { "content-type": "application/pdf" }, body: "%PDF-1.7 made" });
    expect(first.headers["content-disposition"]).toMatch(/^inline; filename="RE-2026-0001\.pdf"/u);
    const save = vi.spyOn(invoices, "saveBytes");
    expect((await ask("/api/invoices/i1/pdf")).body).toBe(first.body);
    expect(save).not.toHaveBeenCalled();
  });
});

const DOCUMENT = {
  id: "i1",
  number: "RE-2026-0001",
  month: "2026-09",
  issued_at_ms: engine.clock.now_ms(),
  due_at_ms: engine.clock.now_ms(),
  timezone: "Europe/Berlin",
  currency: "EUR",
  locale: "de",
  demo: false,
  siteName: "Parkhaus Nord",
  seller: engine.stores.seller.get(),
  customer: { id: "c1", name: "Ada Meyer", address: "Hof 2", vatId: null },
  lines: [],
  vat: [],
  net_minor: 0,
  tax_minor: 0,
  gross_minor: 0,
} as const;

describe("RPC over a WebSocket", () => {
  const addressOf = (path: string): string => `${server.url.replace("http", "ws")}${path}`;
  /** A program's socket, which may claim any origin. */
  const connect = (path: string, origin?: string) =>
    new PlainSocket(addressOf(path), origin === undefined ? {} : { origin });
  const outcome = (socket: PlainSocket): Promise<string> =>
    new Promise((resolve) => {
      socket.on("open", () => {
        resolve("open");
      });
      socket.on("error", (error) => {
        resolve(error.message);
      });
    });
  function clientOn(socket: WebSocket): ContractRouterClient<typeof contract> {
    return createORPCClient(new RPCLink({ websocket: socket }));
  }

  test("calls and subscriptions go through one connection", async () => {
    const socket = new WebSocket(addressOf("/rpc"));
    const client = clientOn(socket);
    await expect(client.app.info()).resolves.toMatchObject({ stage: "running" });
    const updates = await client.live.subscribe();
    expect((await updates.next()).value).toMatchObject({ full: true });
    engine.emit(liveUpdate(1, false, [station("P01", { power_W: 7 })]));
    expect((await updates.next()).value).toMatchObject({ seq: 1, stations: [{ power_W: 7 }] });
    socket.close();
    await expect.poll(() => engine.listeners()).toBe(0);
  });

  test("a kiosk page reaches the kiosk and nothing else", async () => {
    const socket = new WebSocket(addressOf("/rpc?role=kiosk"));
    const client = clientOn(socket);
    await expect(client.kiosk.state()).resolves.toMatchObject({ name: "Parkhaus Nord" });
    await expect(client.sessions.list({})).rejects.toMatchObject({ code: "FORBIDDEN" });
    socket.close();
  });

  test("bytes that are no call of ours are dropped and the connection lives on", async () => {
    const socket = new WebSocket(addressOf("/rpc"));
    const client = clientOn(socket);
    await client.app.info();
    socket.send("not json");
    socket.send(new Uint8Array([255, 0, 255]));
    socket.send(JSON.stringify({ i: "zz", p: { u: "/live/nothing" } }));
    socket.send(JSON.stringify([1, 2]));
    await expect(client.app.info()).resolves.toMatchObject({ stage: "running" });
    socket.close();
  });

  test("a connection that sends nothing but rubbish is closed", async () => {
    const socket = connect("/rpc");
    await outcome(socket);
    const closed = new Promise<number>((resolve) => socket.on("close", resolve));
    for (let frame = 0; frame < 20; frame += 1) socket.send("{}");
    expect(await closed).toBe(1008);
  });

  test("our own page is let in", async () => {
    const socket = connect("/rpc", server.url);
    expect(await outcome(socket)).toBe("open");
    socket.close();
  });

  test.each([
    ["/rpc", "https://evil.example", "403"],
    ["/rpc", "null", "403"],
    ["/rpc?role=admin", undefined, "400"],
    ["/elsewhere", undefined, "404"],
  ])("%s from origin %s is refused with %s", async (path, origin, status) => {
    expect(await outcome(connect(path, origin))).toContain(status);
  });
});

describe("where it listens", () => {
  test.each(["0.0.0.0", "192.168.1.20", "::", "example.org"])("%s is refused until there is sign-in", async (host) => {
    expect(await startHeadless(router, { host, port: 0, pages, version: "1", log })).toMatchObject({
      ok: false,
      code: "not-loopback",
    });
  });

  test("a port that is taken is a sentence, not a crash", async () => {
    const result = await startHeadless(router, {
      host: "127.0.0.1",
      port: Number(new URL(server.url).port),
      pages,
      version: "1",
      log,
    });
    expect(result).toMatchObject({ ok: false, code: "in-use" });
  });
});
