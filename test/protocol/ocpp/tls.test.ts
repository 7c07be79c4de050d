import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from "node:tls";
import { afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { ARRIVALS_MAX } from "../../../src/main/links/ocpp-server-door.ts";
import { CONNECTIONS_MAX, createOcppServer, type OcppServer } from "../../../src/main/links/ocpp-server.ts";
import { createLog } from "../../../src/main/log.ts";
import { createOwnCertificates, type OwnCertificates } from "../../../src/main/site/certificates/own-certificates.ts";
import { describeWith } from "../../setup/tools.ts";
import { FakeStation, openBench, station, type Bench } from "./bench.ts";

const log = createLog({ write: () => undefined });
const HOST = "127.0.0.1";

const folders: string[] = [];
async function certificates(): Promise<OwnCertificates> {
  const dataFolder = mkdtempSync(join(tmpdir(), "chargehand-tls-"));
  folders.push(dataFolder);
  const own = createOwnCertificates({
    dataFolder,
    now_ms: () => Date.now(),
    names: () => ["localhost", HOST],
    kinds: ["rsa", "ec"],
    wasUsed: () => false,
    log,
  });
  await own.refresh();
  return own;
}
const pem = (own: OwnCertificates): string => own.ca()?.pem ?? "";

let ours: OwnCertificates;
let others: OwnCertificates;
beforeAll(async () => {
  [ours, others] = [await certificates(), await certificates()];
  return () => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  };
});

const secure = (url: string): string => url.replace("ws://", "wss://");

describe("stations by TLS", () => {
  let bench: Bench;
  afterEach(() => bench.devices.close());
  const open = async (): Promise<void> => {
    bench = await openBench([station("P01", "CP-1"), station("P02", "CP-2")]);
    bench.devices.door.showCertificates(ours.shown());
  };
  const dial = (identity: string, ca: string | null): Promise<FakeStation> =>
    new FakeStation(
      ca === null ? bench.devices.url : secure(bench.devices.url),
      identity,
      undefined,
      ca === null ? {} : { ca },
    ).connect();

  test("run a session on the same port as those without", async () => {
    await open();
    const [encrypted, plain] = [await dial("CP-1", pem(ours)), await dial("CP-2", null)];
    for (const box of [encrypted, plain]) {
      expect(await box.boot()).toMatchObject({ status: "Accepted" });
      const started = await box.send("StartTransaction", {
        connectorId: 1,
        idTag: "CARD",
        meterStart: 100,
        timestamp: new Date(bench.clock.now_ms()).toISOString(),
      });
      expect(started).toMatchObject({ idTagInfo: { status: "Accepted" } });
    }
    const kinds = (stationId: string): string[] =>
      bench.events.all.flatMap((event) => ("stationId" in event && event.stationId === stationId ? [event.kind] : []));
    expect(kinds("P01")).toEqual(kinds("P02"));
    expect(kinds("P01")).toContain("online");
  });

  test("that trust another authority do not come in, and it is known why", async () => {
    await open();
    await expect(dial("CP-1", pem(others))).rejects.toThrow("certificate");
    await expect
      .poll(() => bench.devices.door.handshakeFailures())
      .toMatchObject([{ address: HOST, reason: "broken-off", count: 1 }]);
    // It is no trouble any more once one from there has come in.
    await dial("CP-1", pem(ours));
    expect(bench.devices.door.handshakeFailures()).toEqual([]);
  });

  test("stay connected while the certificate is replaced; who comes then sees the new one", async () => {
    await open();
    const before = await dial("CP-1", pem(ours));
    bench.devices.door.showCertificates(others.shown());
    await expect(dial("CP-2", pem(ours))).rejects.toThrow("certificate");
    const after = await dial("CP-2", pem(others));
    expect(await before.boot()).toMatchObject({ status: "Accepted" });
    expect(await after.boot()).toMatchObject({ status: "Accepted" });
  });

  test("find a closed door while there is no certificate; the others do not notice", async () => {
    bench = await openBench([station("P01", "CP-1"), station("P02", "CP-2")]);
    await expect(dial("CP-1", pem(ours))).rejects.toThrow();
    expect(bench.devices.door.handshakeFailures()).toMatchObject([{ reason: "no-certificate" }]);
    expect(await (await dial("CP-2", null)).boot()).toMatchObject({ status: "Accepted" });
  });
});

describe("the door", () => {
  let server: OcppServer;
  afterEach(() => server.close());
  const welcomed: string[] = [];
  const open = async (arrival_ms?: number): Promise<void> => {
    welcomed.length = 0;
    server = await createOcppServer({
      host: HOST,
      port: 0,
      ...(arrival_ms === undefined ? {} : { arrival_ms }),
      isKnown: (identity) => identity.startsWith("SITE-"),
      listener: {
        opened: ({ identity, isEncrypted }) => welcomed.push(`${identity} ${isEncrypted ? "wss" : "ws"}`),
        call: () => ({ ok: true, result: { currentTime: "2026-06-01T12:00:00Z" } }),
        closed: () => undefined,
        failed: () => undefined,
      },
    });
    server.showCertificates(ours.shown());
  };
  const dial = (identity: string, isEncrypted: boolean): Promise<FakeStation> =>
    new FakeStation(isEncrypted ? secure(server.url) : server.url, identity, undefined, { ca: pem(ours) }).connect();
  const raw = (first?: Buffer, localAddress = HOST): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port: server.port, host: HOST, localAddress }, () => {
        if (first !== undefined) socket.write(first);
        resolve(socket);
      });
      socket.on("error", reject);
      onTestFinished(() => {
        socket.destroy();
      });
    });
  const closed = (socket: Socket): Promise<unknown> =>
    new Promise((resolve) => {
      socket.on("error", resolve);
      socket.on("close", resolve);
      socket.resume();
    });
  const handshake = (options: ConnectionOptions): Promise<TLSSocket> =>
    new Promise((resolve, reject) => {
      const socket = connectTls({ port: server.port, host: HOST, ca: pem(ours), ...options }, () => {
        resolve(socket);
      });
      socket.on("error", reject);
      onTestFinished(() => {
        socket.destroy();
      });
    });

  test.each(["TLSv1", "TLSv1.1"] as const)("is shut to %s", async (version) => {
    await open();
    const old = { minVersion: version, maxVersion: version, ciphers: "DEFAULT@SECLEVEL=0" } as const;
    await expect(handshake(old)).rejects.toThrow();
    await expect.poll(() => server.handshakeFailures()).toMatchObject([{ reason: "too-old" }]);
  });

  // OCPP 2.0.1 part 2, A00.FR.318: the four suites of which a station has two.
  test.each([
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
  ])("speaks %s", async (ciphers) => {
    await open();
    const socket = await handshake({ maxVersion: "TLSv1.2", ciphers });
    expect([socket.authorized, socket.getCipher().name]).toEqual([true, ciphers]);
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)("notes who leaves by %s without a request", async (version) => {
    await open();
    const stranger = handshake({ ca: pem(others), minVersion: version, maxVersion: version });
    await expect(stranger).rejects.toThrow("certificate");
    await expect.poll(() => server.handshakeFailures()).toMatchObject([{ address: HOST, reason: "broken-off" }]);
  });

  // A record of TLS with the begin of a ClientHello, and what else a line may carry.
  const HALF_HELLO = Buffer.from("16030102000100", "hex");
  test.each([
    ["begin TLS and stall", HALF_HELLO],
    ["say nothing", undefined],
    ["begin a request and stall", Buffer.from("GET /ocpp/CP-9 HTTP/1.1\r\nHost: x\r\n")],
  ])("drops fifty who %s, and nobody else notices", async (_what, first) => {
    await open(2_000);
    const inside = await dial("CP-0", true);
    const stalled = await Promise.all(Array.from({ length: 50 }, () => raw(first)));
    const gone = Promise.all(stalled.map(closed));
    const [encrypted, plain] = await Promise.all([dial("CP-1", true), dial("CP-2", false)]);
    for (const box of [inside, encrypted, plain]) expect(await box.send("Heartbeat", {})).toHaveProperty("currentTime");
    await gone;
    expect(server.refusals()).toBe(50);
    for (const box of [inside, encrypted, plain]) expect(await box.send("Heartbeat", {})).toHaveProperty("currentTime");
    expect(welcomed.toSorted()).toEqual(["CP-0 wss", "CP-1 wss", "CP-2 ws"]);
  });

  test.each([
    ["bytes that are neither TLS nor HTTP", Buffer.from("00ff00ff0d0a0d0a", "hex")],
    ["a TLS record of noise", Buffer.from(`1603010010${"ab".repeat(16)}`, "hex")],
    ["a request that is no WebSocket", Buffer.from("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")],
  ])("ends %s at once", async (_what, first) => {
    await open();
    await closed(await raw(first));
    expect(await (await dial("CP-1", true)).send("Heartbeat", {})).toHaveProperty("currentTime");
  });

  test("holds a bounded number of those on the way in; the oldest make room for a station", async () => {
    await open();
    const stalled: Promise<unknown>[] = [];
    for (let no = 0; no < ARRIVALS_MAX; no += 1) stalled.push(closed(await raw(HALF_HELLO)));
    const box = await dial("CP-1", true);
    await stalled[0];
    expect(server.refusals()).toBe(1);
    expect(await box.send("Heartbeat", {})).toHaveProperty("currentTime");
  });

  test("whose places strangers have taken lets the site's own stations in; a stranger more stays out", async () => {
    await open();
    const own = await dial("SITE-1", false);
    for (let no = 1; no < CONNECTIONS_MAX; no += 1) await dial(`CP-${String(no)}`, false);
    await expect(dial("CP-MORE", false)).rejects.toThrow();
    const others = await Promise.all([dial("SITE-2", false), dial("SITE-3", true)]);
    for (const box of [own, ...others]) expect(await box.send("Heartbeat", {})).toHaveProperty("currentTime");
  });

  test.each(["/ocpp/.", "/ocpp/..", "/ocpp/%2e%2e", "/ocpp/CP%E2%80%AE1", "/ocpp/CP%C2%851"])(
    "has no station that calls itself %s",
    async (path) => {
      await open();
      const head = `GET ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`;
      const key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
      const socket = await raw(Buffer.from(head + key));
      const answer = await new Promise<string>((resolve) => socket.once("data", (data) => resolve(data.toString())));
      expect(answer).toMatch(/^HTTP\/1\.1 404 /u);
      expect(welcomed).toEqual([]);
    },
  );

  test("does no second handshake within a connection", async () => {
    await open();
    const socket = await handshake({ maxVersion: "TLSv1.2" });
    const refused = new Promise((resolve) => {
      socket.once("error", resolve);
      socket.renegotiate({ rejectUnauthorized: true }, resolve);
    });
    expect(await refused).toBeInstanceOf(Error);
  });

  // Behind one router they all have one address.
  test.each([false, true])(
    "after a power cut lets two hundred in who dial at once (by TLS: %s)",
    async (isEncrypted) => {
      await open();
      const boxes = await Promise.all(Array.from({ length: 200 }, (_, no) => dial(`CP-${String(no)}`, isEncrypted)));
      expect(server.refusals()).toBe(0);
      const answers = await Promise.all(boxes.map((box) => box.send("Heartbeat", {})));
      expect(answers).toHaveLength(200);
    },
  );

  // Only Linux has all of 127.0.0.0/8 without being asked.
  test.runIf(process.platform === "linux")("one address that takes all places costs no other its own", async () => {
    await open();
    const slow = await raw(HALF_HELLO);
    let isThere = true;
    slow.once("close", () => {
      isThere = false;
    });
    const crowd: Promise<unknown>[] = [];
    for (let no = 0; no < ARRIVALS_MAX; no += 1) crowd.push(closed(await raw(HALF_HELLO, "127.0.0.2")));
    await crowd[0];
    expect([server.refusals(), isThere]).toEqual([1, true]);
  });

  describeWith("openssl", "with openssl", (openssl) => {
    /** What openssl's client says and is told, until it ends or has read the end of a head. */
    const ask = (options: readonly string[], request: string): Promise<string> =>
      new Promise((resolve) => {
        const target = `${HOST}:${String(server.port)}`;
        const client = spawn(openssl, ["s_client", "-connect", target, "-quiet", "-no_ign_eof", ...options]);
        let text = "";
        for (const stream of [client.stdout, client.stderr])
          stream.on("data", (part: Buffer) => {
            text += part.toString();
            if (text.includes("\r\n\r\n")) client.kill();
          });
        client.on("close", () => {
          resolve(text);
        });
        // It may end before it has read what it should say.
        client.stdin.on("error", () => undefined);
        client.stdin.write(request);
      });

    test.each(["-tls1_2", "-tls1_3"])(
      "learns from openssl by %s that it does not know our authority",
      async (version) => {
        await open();
        const file = join(folders[1] ?? "", "tls", "ca.pem");
        await ask(["-CAfile", file, "-verify_return_error", version], "");
        await expect.poll(() => server.handshakeFailures()).toMatchObject([{ address: HOST, reason: "ca-unknown" }]);
      },
    );

    test("is understood by openssl, which checks our certificate and our name", async () => {
      await open();
      const file = join(folders[0] ?? "", "tls", "ca.pem");
      const said = await ask(
        ["-CAfile", file, "-verify_ip", HOST, "-verify_return_error", "-tls1_2"],
        "GET /ocpp/CP-1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n" +
          "Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n",
      );
      expect(said).toContain("101 Switching Protocols");
      expect(said).toContain("Sec-WebSocket-Protocol: ocpp1.6");
      expect(welcomed).toEqual(["CP-1 wss"]);
    });
  });
});

describeWith("openssl", "our certificates", (openssl) => {
  test("pass the strict look of openssl, by name and by address", () => {
    const folder = join(folders[0] ?? "", "tls");
    const look = (file: string, ...more: string[]): string => {
      const options = ["-x509_strict", "-purpose", "sslserver", "-CAfile", join(folder, "ca.pem"), ...more];
      return execFileSync(openssl, ["verify", ...options, join(folder, file)], { encoding: "utf8", stdio: "pipe" });
    };
    expect(look("server-private.pem", "-verify_ip", HOST)).toContain(": OK");
    expect(look("server-ec-private.pem", "-verify_hostname", "localhost")).toContain(": OK");
    expect(() => look("server-private.pem", "-verify_ip", "192.0.2.8")).toThrow("mismatch");
  });
});
