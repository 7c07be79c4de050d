import { once } from "node:events";
import { connect } from "node:net";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { CONNECTIONS_MAX } from "../../../src/main/links/ocpp-server.ts";
import { FakeStation, openBench, Recorder, station, type Bench } from "./bench.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await openBench([station("P01", "CP-1"), station("P02", "CP 2/ü")]);
});
afterEach(() => bench.devices.close());

type Raw = { readonly socket: WebSocket; readonly replies: Recorder<readonly unknown[]> };

async function dial(path: string, protocols: string[] = ["ocpp1.6"]): Promise<Raw> {
  const base = bench.devices.url.replace(/\/ocpp$/u, "");
  const socket = new WebSocket(base + path, protocols);
  const replies = new Recorder<readonly unknown[]>();
  socket.on("message", (data: Buffer) => {
    const parsed: unknown = JSON.parse(data.toString("utf8"));
    replies.push(Array.isArray(parsed) ? parsed : []);
  });
  await once(socket, "open");
  return { socket, replies };
}

const replyTo = ({ replies }: Raw, id: string): Promise<readonly unknown[]> =>
  replies.when(([type, one]) => type !== 2 && one === id);

describe("a frame that is wrong", () => {
  test.each([
    ["not JSON at all", "hello", null, null],
    ["cut off in the middle", '[2,"half","Heartbeat",{', "half", "FormationViolation"],
    ["an object", '{"a":1}', null, null],
    ["an unknown message type", '[9,"x","Heartbeat",{}]', null, null],
    ["a message type that is text", '["2","x","Heartbeat",{}]', null, null],
    ["without message id", "[2]", null, null],
    ["an action that is no text", '[2,"act",5,{}]', "act", "FormationViolation"],
    ["a payload that is no object", '[2,"pay","BootNotification","x"]', "pay", "FormationViolation"],
    ["an unknown action", '[2,"unk","MakeCoffee",{}]', "unk", "NotImplemented"],
    ["an action named like a property of objects", '[2,"proto","__proto__",{}]', "proto", "NotImplemented"],
    ["an action only we may send", '[2,"rst","Reset",{"type":"Hard"}]', "rst", "NotSupported"],
    ["a required field missing", '[2,"boot","BootNotification",{}]', "boot", "OccurrenceConstraintViolation"],
    ["a field of the wrong type", '[2,"type","Authorize",{"idTag":{}}]', "type", "TypeConstraintViolation"],
    [
      "a status nobody knows",
      '[2,"st","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Dancing"}]',
      "st",
      "PropertyConstraintViolation",
    ],
    ["an answer to nothing", '[3,"nobody-asked",{}]', null, null],
    ["an error to nothing", '[4,"nobody-asked","GenericError","",{}]', null, null],
    [
      "too large",
      `[2,"big","DataTransfer",{"vendorId":"x","data":"${"y".repeat(300 * 1024)}"}]`,
      "big",
      "FormationViolation",
    ],
    [
      "far too large",
      `[2,"huge","DataTransfer",{"vendorId":"x","data":"${"y".repeat(5 * 1024 * 1024)}"}]`,
      "huge",
      "FormationViolation",
    ],
    [
      "nested deeper than anything",
      `[2,"deep","DataTransfer",{"vendorId":"x","data":${"[".repeat(120_000)}${"]".repeat(120_000)}}]`,
      "deep",
      null,
    ],
    [
      "deep and numbered",
      `[2,77,"DataTransfer",{"vendorId":"x","data":${"[".repeat(120_000)}${"]".repeat(120_000)}}]`,
      "77",
      null,
    ],
  ])("%s is answered or dropped, and the connection lives on", async (_name, frame, id, code) => {
    const other = await new FakeStation(bench.devices.url, "CP-1").connect();
    const raw = await dial("/ocpp/stranger");
    raw.socket.send(frame);
    if (code !== null) expect((await replyTo(raw, id)).slice(0, 3)).toEqual([4, id, code]);
    raw.socket.send('[2,"after","Heartbeat",{}]');
    expect((await replyTo(raw, "after")).slice(0, 2)).toEqual([3, "after"]);
    if (id === null) expect(raw.replies.all).toHaveLength(1);
    expect(await other.send("Heartbeat", {})).toHaveProperty("currentTime");
    raw.socket.terminate();
  });

  test("dropped frames are counted and shown as errors of the link", async () => {
    const raw = await dial("/CP-1");
    raw.socket.send("noise");
    raw.socket.send("{}");
    raw.socket.send('[2,"sync","Heartbeat",{}]');
    await replyTo(raw, "sync");
    const health = bench.devices.health().find((one) => one.id === "P01");
    expect(health?.errors).toBe(2);
    expect(health?.detail).toBe("OCPP 1.6; dropped: not-json ×1, not-array ×1");
    raw.socket.terminate();
  });

  test("whatever it is, hundreds of them leave the connection and its neighbour alive", async () => {
    const other = await new FakeStation(bench.devices.url, "CP-1").connect();
    const raw = await dial("/CP%202%2F%C3%BC");
    const action = fc.constantFrom(
      "BootNotification",
      "StatusNotification",
      "StartTransaction",
      "StopTransaction",
      "MeterValues",
      "Authorize",
    );
    const payload = fc.dictionary(
      fc.constantFrom(
        "connectorId",
        "idTag",
        "status",
        "meterStart",
        "meterValue",
        "transactionId",
        "timestamp",
        "chargePointVendor",
      ),
      fc.oneof(fc.jsonValue(), fc.constantFrom(1, "1", "Charging", "2026-06-01T12:00:00Z")),
    );
    const frame = fc.oneof(
      fc.string(),
      fc.json(),
      fc.tuple(fc.integer({ min: 0, max: 5 }), fc.jsonValue(), action, payload).map((one) => JSON.stringify(one)),
    );
    for (const text of fc.sample(frame, { numRuns: 300, seed: 20260601 })) raw.socket.send(text);
    raw.socket.send('[2,"the-last","Heartbeat",{}]');
    expect((await replyTo(raw, "the-last"))[0]).toBe(3);
    expect(await other.send("Heartbeat", {})).toHaveProperty("currentTime");
    expect(bench.logs.all.filter(({ level }) => level === "error")).toEqual([]);
    raw.socket.terminate();
  });

  test("bytes that are no UTF-8 and binary frames do not end the connection", async () => {
    const raw = await dial("/CP-1");
    raw.socket.send(Buffer.from([0xff, 0xfe, 0x00]), { binary: false });
    raw.socket.send(Buffer.from('[2,"bin","Heartbeat",{}]'), { binary: true });
    expect((await replyTo(raw, "bin"))[0]).toBe(3);
    raw.socket.terminate();
  });

  test("a broken WebSocket frame ends its own connection only", async () => {
    const other = await new FakeStation(bench.devices.url, "CP-1").connect();
    const socket = connect(Number(new URL(bench.devices.url).port), "127.0.0.1");
    socket.write(
      "GET /ocpp/stranger HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    const answer = await new Promise<string>((resolve) => {
      socket.once("data", (data) => {
        resolve(data.toString("latin1"));
      });
    });
    expect(answer).toMatch(/^HTTP\/1\.1 101 /u);
    // Reserved bits set, and not masked.
    socket.write(Buffer.from([0xf1, 0x01, 0x00]));
    await once(socket, "close");
    expect(await other.send("Heartbeat", {})).toHaveProperty("currentTime");
  });

  test("a message beyond all bounds ends its own connection only, also when that is already being closed", async () => {
    const other = await new FakeStation(bench.devices.url, "CP-1").connect();
    const raw = await dial("/ocpp/stranger");
    const closed = once(raw.socket, "close");
    const newer = await dial("/ocpp/stranger");
    raw.socket.send(Buffer.alloc(9 * 1024 * 1024));
    newer.socket.send(Buffer.alloc(9 * 1024 * 1024));
    await Promise.all([closed, once(newer.socket, "close")]);
    expect(await other.send("Heartbeat", {})).toHaveProperty("currentTime");
  });

  test("a flood of messages is slowed down, and none of them is lost", async () => {
    const raw = await dial("/CP-1");
    const began_ms = performance.now();
    const padding = "x".repeat(4000);
    for (let index = 0; index < 400; index += 1)
      raw.socket.send(`[2,"m${String(index)}","Heartbeat",{"x":"${padding}"}]`);
    expect((await replyTo(raw, "m399"))[0]).toBe(3);
    expect(performance.now() - began_ms).toBeGreaterThan(300);
    expect(new Set(raw.replies.all.filter(([type]) => type === 3).map(([, id]) => id)).size).toBe(400);
    raw.socket.terminate();
  });
});

describe("how stations dial in", () => {
  test.each([
    ["/ocpp/CP-1", "P01"],
    ["/CP-1", "P01"],
    ["//CP-1", "P01"],
    ["/ocpp//CP-1", "P01"],
    ["/ocpp/CP-1/", "P01"],
    ["/steve/websocket/CentralSystemService/CP-1?x=1", "P01"],
    ["/ocpp/CP%202%2F%C3%BC", "P02"],
  ])("%s is station %s", async (path, id) => {
    const raw = await dial(path);
    raw.socket.send('[2,"1","Heartbeat",{}]');
    expect(await bench.events.when((event) => event.kind === "online")).toMatchObject({ stationId: id });
    raw.socket.terminate();
  });

  test("an identity that is not well encoded is taken as it is", async () => {
    const raw = await dial("/ocpp/50%25%zz");
    raw.socket.send('[2,"1","Heartbeat",{}]');
    await replyTo(raw, "1");
    expect(bench.devices.waiting().map((one) => one.identity)).toEqual(["50%25%zz"]);
    raw.socket.terminate();
  });

  test.each([
    [["ocpp1.6"], "ocpp1.6"],
    [["ocpp2.0.1", "ocpp1.6"], "ocpp1.6"],
    [["OCPP1.6"], "OCPP1.6"],
    [[], ""],
  ])("a station that offers %j gets %j", async (offered, chosen) => {
    const raw = await dial("/CP-1", offered);
    expect(raw.socket.protocol).toBe(chosen);
    raw.socket.send('[2,"1","Heartbeat",{}]');
    expect((await replyTo(raw, "1"))[0]).toBe(3);
    raw.socket.terminate();
  });

  test.each(["/", "/ocpp", "/ocpp/", `/ocpp/${"x".repeat(65)}`, "/ocpp/%00", "/ocpp/%20"])(
    "%s names no station and is refused, and the server lives on",
    async (path) => {
      await expect(dial(path)).rejects.toThrow("404");
      const raw = await dial("/CP-1");
      raw.socket.terminate();
    },
  );

  test("a station that only speaks another version is told so", async () => {
    await expect(dial("/CP-1", ["ocpp2.1"])).rejects.toThrow("400");
  });

  test.each([
    "GET http://::: HTTP/1.1\r\n\r\n",
    "nonsense\r\n\r\n",
    "GET /CP-1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "GET /CP-1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: ,,\r\n\r\n",
  ])("a caller that is no station (%j) is turned away, and the server lives on", async (request) => {
    const socket = connect(Number(new URL(bench.devices.url).port), "127.0.0.1");
    socket.on("data", () => undefined);
    socket.end(request);
    await once(socket, "close");
    const raw = await dial("/CP-1");
    raw.socket.terminate();
  });

  test("a station that sends an empty list of versions asks for none, and is let in", async () => {
    const key = Buffer.alloc(16).toString("base64");
    const socket = connect(Number(new URL(bench.devices.url).port), "127.0.0.1");
    socket.write(
      "GET /CP-1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
        `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: \r\n\r\n`,
    );
    const answer = await new Promise<Buffer>((resolve) => socket.once("data", resolve));
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 101 /u);
    socket.destroy();
  });

  test("more connections than the server holds are refused, and those there are stay", async () => {
    const there = await Promise.all(Array.from({ length: CONNECTIONS_MAX }, (_, index) => dial(`/S${String(index)}`)));
    await expect(dial("/S-MORE")).rejects.toThrow("503");
    const [first] = there;
    first?.socket.send('[2,"1","Heartbeat",{}]');
    expect(first === undefined ? null : (await replyTo(first, "1"))[0]).toBe(3);
    for (const { socket } of there) socket.terminate();
  });

  test("when one identity dials twice, the newest connection wins and the old one is closed", async () => {
    const old = await new FakeStation(bench.devices.url, "CP-1").connect();
    await old.boot();
    const seen = bench.events.all.length;
    const newest = await new FakeStation(bench.devices.url, "CP-1").connect();
    await old.closed;
    await newest.boot();
    expect(bench.events.all.slice(seen).map((event) => event.kind)).toEqual(["offline", "online", "booted"]);
    const reply = await bench.port("P01").reset("Soft");
    expect(reply).toEqual({ ok: true });
    expect(newest.calls.all.map((call) => call.action)).toContain("Reset");
    expect(old.calls.all.map((call) => call.action)).not.toContain("Reset");
  });
});
