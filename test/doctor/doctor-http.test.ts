import { createServer, type RequestListener } from "node:http";
import { createServer as createTcpServer, type Server } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { folder, run, type Folder } from "./doctor-run.ts";

// What keeps a box with a web interface from being read or told: each has its own code, its words, and what to do.

const TIMEOUT_ms = 60_000;
const cleanups: (() => unknown)[] = [];
let here: Folder;

beforeEach(() => {
  here = folder();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  here.remove();
});

async function portOf(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function web(answer: RequestListener): Promise<{ readonly port: number; readonly asked: () => number }> {
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    answer(request, response);
  });
  cleanups.push(() => {
    server.closeAllConnections();
  });
  return { port: await portOf(server), asked: () => asked };
}

async function freePort(): Promise<number> {
  const server = createTcpServer();
  const port = await portOf(server);
  cleanups.pop();
  server.close();
  await once(server, "close");
  return port;
}

const argsOf = (port: number, also = ""): readonly string[] => [
  "--site",
  here.site(
    `{id: l1, kind: http, host: 127.0.0.1, port: ${String(port)}${also}}`,
    "stations: [{id: b1, name: Bay, circuit: main, phases: 3, max_A: 16, fallback_A: 6, profile: goe-http, link: l1}]",
  ),
  "--id",
  "b1",
  "--data",
  join(here.path, "data"),
];
const readAndSet = (args: readonly string[]): Promise<readonly Awaited<ReturnType<typeof run>>[]> =>
  Promise.all([run(["read", ...args]), run(["set", ...args, "--current_A", "10"])]);

describe("a box on HTTP that cannot be read or told", { timeout: TIMEOUT_ms }, () => {
  const status =
    (code: number, text = "", headers = {}): RequestListener =>
    (_, response) => {
      response.writeHead(code, headers).end(text);
    };
  test.each<readonly [string, RequestListener, string, string, number | null, string]>([
    ["401", status(401), "rejected", "http-password-missing", 401, "asks for a password"],
    ["403", status(403), "rejected", "http-password-missing", 403, "write user and password into the site file"],
    ["404", status(404), "rejected", "http-not-found", 404, "look at its model and firmware"],
    ["400", status(400), "rejected", "http-status", 400, "is it a device of profile goe-http?"],
    ["503", status(503), "rejected", "http-server-error", 503, "restart it"],
    ["a page", status(200, "<html></html>"), "rejected", "http-not-json", null, "probably a page for people"],
    ["other JSON", status(200, '{"relay":1}'), "rejected", "http-other-device", null, "another kind of device"],
    ["HTTPS", status(301, "", { Location: "https://127.0.0.1/" }), "rejected", "http-tls", 301, "wants HTTPS"],
    ["a hang-up", (request) => request.socket.destroy(), "timeout", "http-broken", null, "look at the port"],
  ])("because it answers with %s is told so, by code and words", async (_, answer, code, trouble, number, words) => {
    const { port } = await web(answer);
    for (const ran of await readAndSet(argsOf(port))) {
      expect(ran).toMatchObject({ code: 1, out: [{ id: "b1", ok: false, code, trouble: { code: trouble, number } }] });
      expect(ran.err).toContain(`http://127.0.0.1:${String(port)}`);
      expect(ran.err).toContain(words);
    }
  });

  test("because a password is wrong is told apart from one that is missing", async () => {
    const { port } = await web(status(401, "", { "WWW-Authenticate": 'Basic realm="box"' }));
    const read = await run(["read", ...argsOf(port, ", user: me, password: wrong")]);
    expect(read.out).toMatchObject([{ code: "rejected", trouble: { code: "http-password-wrong", number: 401 } }]);
    expect(read.err).not.toContain("wrong");
  });

  test("because it speaks TLS alone is told so", async () => {
    // The alert of RFC 8446, 6: unexpected_message.
    const server = createTcpServer((socket) => {
      socket.on("error", () => undefined).end(Uint8Array.of(0x15, 3, 1, 0, 2, 2, 10));
    });
    const read = await run(["read", ...argsOf(await portOf(server))]);
    expect(read.out).toMatchObject([{ code: "rejected", trouble: { code: "http-tls", number: null } }]);
  });

  test("because nobody listens is told at once, without asking again", async () => {
    const port = await freePort();
    for (const ran of await readAndSet(argsOf(port))) {
      expect(ran).toMatchObject({
        code: 1,
        out: [{ code: "offline", trouble: { code: "http-refused", number: null } }],
      });
      expect(ran.err).toContain("refuses the connection");
    }
  });

  test("because it stays silent is told after one time-out of the wire, not after all that a driver would try", async () => {
    const { port, asked } = await web(() => undefined);
    const set = await run(["set", ...argsOf(port), "--current_A", "10"]);
    expect(set).toMatchObject({
      code: 1,
      out: [{ code: "timeout", trouble: { code: "http-timeout", number: 5_000 } }],
    });
    expect(asked()).toBe(1);
  });
});

test(
  "a meter that is listened to over TCP, where nobody listens, is told at once",
  { timeout: TIMEOUT_ms },
  async () => {
    const site = here.site(
      `{id: l1, kind: tcp-raw, host: 127.0.0.1, port: ${String(await freePort())}}`,
      "meters: [{id: m1, name: Meter, profile: dsmr-p1, link: l1}]",
    );
    const read = await run(["read", "--site", site, "--id", "m1", "--data", join(here.path, "data")]);
    expect(read).toMatchObject({ code: 1, out: [{ id: "m1", ok: false, code: "offline" }] });
    expect(read.err).toContain("ECONNREFUSED");
  },
);
