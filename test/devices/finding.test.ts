import { createSocket, type Socket } from "node:dgram";
import { describe, expect, test } from "vitest";
import { loadAnyProfile, type CanonicalValue, type DeviceProfile } from "../../src/main/devices/profile/index.ts";
import type { Find, ScanEvent } from "../../src/main/finding/find.ts";
import { readAllProfiles } from "../../src/main/finding/known-devices.ts";
import { scanNetwork } from "../../src/main/finding/scan-network.ts";
import { scanSerial } from "../../src/main/finding/scan-serial.ts";
import { announcedServices } from "../../src/main/links/announced-services.ts";
import { encodeRtu } from "../../src/main/protocol/modbus/index.ts";
import { createSerialPushMeter } from "../../src/main/simulator/network/index.ts";
import { createModbusServer, profileBank, type RegisterBank } from "../../src/main/simulator/modbus/index.ts";
import { clockOf, PROFILE_FOLDERS, rigOf } from "../protocol/modbus/bench.ts";
import { layCable } from "../protocol/modbus/cable.ts";
import { createUdpServer } from "../protocol/modbus/udp-server.ts";
import { cleanups, ending } from "../protocol/network/bench.ts";
import { describeWith } from "../setup/tools.ts";

const TIMEOUT_ms = 60_000;
const HOST = "127.0.0.1";
const profiles = readAllProfiles(PROFILE_FOLDERS);
const clock = clockOf(1);
const SHOWN: Record<string, CanonicalValue> = {
  state: "charging",
  voltage_l1: 230_000,
  voltage_l2: 231_000,
  voltage_l3: 229_000,
  frequency: 50,
};
const never = (): AbortSignal => new AbortController().signal;

type Scanned = {
  readonly finds: readonly Find[];
  readonly progress: readonly Extract<ScanEvent, { kind: "progress" }>[];
};

async function all(events: AsyncIterable<ScanEvent>): Promise<Scanned> {
  const finds: Find[] = [];
  const progress: Extract<ScanEvent, { kind: "progress" }>[] = [];
  for await (const event of events) {
    if (event.kind === "found") finds.push(event.find);
    if (event.kind === "progress") progress.push(event);
    if (event.kind === "failed") throw new Error(event.detail);
  }
  return { finds, progress };
}

/** A unit that shows what its document names, and remembers whether anybody wrote. */
const watched = (bank: RegisterBank, written: number[]): RegisterBank => ({
  answer: (request) => {
    if (request.fc > 4) written.push(request.fc);
    return bank.answer(request);
  },
});

describe("a box that tells its model", { timeout: TIMEOUT_ms }, () => {
  const telling = profiles.filter(
    (profile): profile is DeviceProfile =>
      profile.driver === "modbus" &&
      profile.transport.options.includes("tcp") &&
      profile.registers.some(({ what, when }) => what.includes("model") && when === undefined),
  );

  test("is known by it, whatever else shares its registers", async () => {
    const expected = new Map<number, string>();
    for (const profile of telling) {
      const bank = profileBank({
        profile,
        values: (what) => (what === "model" ? `${profile.vendor} ${String(profile.models[0])}` : SHOWN[what]),
        onWrite: () => undefined,
        now_ms: () => clock.now_ms(),
      });
      const units = new Map([[profile.transport.unit_id?.default ?? 1, bank]]);
      const server = ending(await createModbusServer({ transport: { kind: "tcp", port: 0, framing: "mbap" }, units }));
      expected.set(server.port, profile.id);
    }
    expect(expected.size).toBeGreaterThan(5);
    const ports = [...expected.keys()];
    const { finds } = await all(scanNetwork({ hosts: [HOST], ports, profiles, signal: never() }));
    const found = new Map(finds.map(({ at, profileId }) => ["port" in at ? at.port : 0, profileId]));
    expect(found).toEqual(expected);
  });
});

describe("behind a gateway", { timeout: TIMEOUT_ms }, () => {
  test("every unit of the line is found, with progress, and nothing is written", async () => {
    const written: number[] = [];
    const units = new Map<number, RegisterBank>([
      [2, watched(rigOf("eastron-sdm630", clock, SHOWN).bank, written)],
      [5, watched(rigOf("heidelberg-energy-control", clock, { ...SHOWN, layout_version: 0x108 }).bank, written)],
    ]);
    const server = ending(await createModbusServer({ transport: { kind: "tcp", port: 0, framing: "rtu" }, units }));
    const scan = scanNetwork({ hosts: [HOST], ports: [server.port], profiles, signal: never() });
    const { finds, progress } = await all(scan);
    expect(finds.map(({ at }) => at)).toEqual([
      { kind: "rtu-over-tcp", host: HOST, port: server.port, unitId: 2 },
      { kind: "rtu-over-tcp", host: HOST, port: server.port, unitId: 5 },
    ]);
    expect(finds[0]?.candidates).toContain("eastron-sdm630");
    expect(finds[1]?.candidates).toContain("heidelberg-energy-control");
    expect(progress.length).toBeGreaterThan(16);
    expect(progress.at(-1)?.done).toBe(progress.at(-1)?.total);
    expect(written).toEqual([]);
  });

  test("that translates, all units are asked, because it says which it does not reach; a stop ends it", async () => {
    const stop = new AbortController();
    const bank = rigOf("eastron-sdm630", clock, SHOWN).bank;
    const nobody: RegisterBank = { answer: ({ fc }) => ({ kind: "exception", fc, code: 11 }) };
    const units = new Map(Array.from({ length: 256 }, (_, unit) => [unit, unit === 7 || unit === 120 ? bank : nobody]));
    const server = ending(await createModbusServer({ transport: { kind: "tcp", port: 0, framing: "mbap" }, units }));
    const finds: Find[] = [];
    for await (const event of scanNetwork({ hosts: [HOST], ports: [server.port], profiles, signal: stop.signal })) {
      if (event.kind === "found") finds.push(event.find);
      if (finds.length === 2) stop.abort();
    }
    expect(finds.map(({ at }) => at)).toEqual([
      { kind: "modbus-tcp", host: HOST, port: server.port, unitId: 7 },
      { kind: "modbus-tcp", host: HOST, port: server.port, unitId: 120 },
    ]);
  });
});

/** A name as DNS writes it. */
const dnsName = (name: string): Buffer =>
  Buffer.concat([...name.split(".").map((label) => Buffer.from([label.length, ...Buffer.from(label)])), Buffer.of(0)]);
const record = (name: string, type: number, data: Buffer): Buffer => {
  const head = Buffer.alloc(10);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(0x8001, 2);
  head.writeUInt32BE(120, 4);
  head.writeUInt16BE(data.length, 8);
  return Buffer.concat([dnsName(name), head, data]);
};

/** What a device at 127.0.0.1 says of its service: PTR, SRV, TXT and A in one answer. */
function announcement(type: string, port: number): Buffer {
  const service = `${type}.local`;
  const instance = `meter.${service}`;
  const place = Buffer.concat([Buffer.of(0, 0, 0, 0, port >>> 8, port & 0xff), dnsName("meter.local")]);
  const answers = [
    record(service, 12, dnsName(instance)),
    record(instance, 33, place),
    record(instance, 16, Buffer.of(0)),
    record("meter.local", 1, Buffer.of(127, 0, 0, 1)),
  ];
  return Buffer.concat([Buffer.of(0, 0, 0x84, 0, 0, 0, 0, answers.length, 0, 0, 0, 0), ...answers]);
}

/** Answers every question in the group on the loopback interface with these datagrams. */
async function responder(datagrams: () => readonly Uint8Array[]): Promise<number> {
  const socket: Socket = createSocket({ type: "udp4", reuseAddr: true });
  const port = await new Promise<number>((resolve) => {
    socket.bind(0, () => {
      resolve(socket.address().port);
    });
  });
  socket.addMembership("224.0.0.251", HOST);
  socket.setMulticastInterface(HOST);
  socket.setMulticastTTL(1);
  socket.on("message", (question) => {
    const isQuestion = ((question[2] ?? 0x80) & 0x80) === 0;
    if (isQuestion) for (const bytes of datagrams()) socket.send(bytes, port, "224.0.0.251");
  });
  cleanups.push(
    () =>
      new Promise<void>((resolve) => {
        socket.close(() => {
          resolve();
        });
      }),
  );
  return port;
}

const listenAt = (port: number) => (types: readonly string[], signal: AbortSignal) =>
  announcedServices({ types, signal, place: { interface: HOST, port }, listen_ms: 1_000 });

describe("a meter that announces itself", { timeout: TIMEOUT_ms }, () => {
  test("is asked where it says it is, in datagrams, and found", async () => {
    const unit = rigOf("victron-vm3p75ct", clock, { ...SHOWN, model_code: 0xa1b1, serial: "HQ2231ABCDE" });
    const meter = await createUdpServer(new Map([[1, unit.bank]]));
    cleanups.push(meter.close);
    const port = await responder(() => [announcement("_victron-energy-meter._udp", meter.port)]);
    const scan = scanNetwork({ hosts: [HOST], ports: [], profiles, signal: never(), announced: listenAt(port) });
    const { finds, progress } = await all(scan);
    expect(finds).toMatchObject([
      { at: { kind: "udp", host: HOST, port: meter.port, unitId: 1 }, profileId: "victron-vm3p75ct" },
    ]);
    expect(progress).toEqual([{ kind: "progress", done: 1, total: 1 }]);
  });

  test("is not asked when it says that it is elsewhere than in the network that is scanned", async () => {
    const port = await responder(() => [announcement("_victron-energy-meter._udp", 9)]);
    const scan = scanNetwork({ hosts: ["127.0.0.2"], ports: [], profiles, signal: never(), announced: listenAt(port) });
    expect((await all(scan)).finds).toEqual([]);
  });

  test("whatever strangers answer, listening ends in time and hears those in proper form", async () => {
    const good = announcement("_modbus._tcp", 502);
    const strange = Array.from({ length: 60 }, (_, i) => {
      const bytes = Uint8Array.from(good);
      bytes[12 + ((i * 7) % (bytes.length - 12))] = (i * 37) & 0xff;
      return i % 3 === 0 ? bytes.subarray(0, 4 + i) : bytes;
    });
    const port = await responder(() => [...strange, good]);
    const heard = await listenAt(port)(["_modbus._tcp"], never());
    expect(heard).toContainEqual({ type: "_modbus._tcp", name: "meter", host: HOST, port: 502 });
  });

  test("a stop ends the listening at once", async () => {
    const port = await responder(() => []);
    const stop = new AbortController();
    const started_ms = performance.now();
    const heard = announcedServices({
      types: ["_http._tcp"],
      signal: stop.signal,
      place: { interface: HOST, port },
      listen_ms: 30_000,
    });
    stop.abort();
    expect(await heard).toEqual([]);
    expect(performance.now() - started_ms).toBeLessThan(5_000);
  });
});

describeWith("socat", "on a serial line", (socat) => {
  const LINE = { baud: 19_200, parity: "even", dataBits: 8, stopBits: 1 } as const;
  async function cable() {
    const line = await layCable(socat);
    cleanups.push(line.remove);
    return line;
  }

  test("a sleeping ABL box is found at 38400 8E1 in Modbus ASCII", { timeout: TIMEOUT_ms }, async () => {
    const line = await cable();
    const own = { baud: 38_400, parity: "even", dataBits: 8, stopBits: 1 } as const;
    const box = rigOf("abl-emh1", clock, { state: "charging", firmware: "01025b00" });
    const server = ending(
      await createModbusServer({
        transport: { kind: "serial", path: line.theirs, ...own, dataBits: 7 },
        units: new Map([[3, box.bank]]),
      }),
    );
    server.faults.set({ kind: "drop" }, { times: 1 });
    const { finds, progress } = await all(
      scanSerial({ path: line.ours, profiles, lines: [own], units: [1, 2, 3, 4], listen_ms: 50, signal: never() }),
    );
    expect(finds).toMatchObject([{ at: { kind: "serial", ...own, unitId: 3 }, profileId: "abl-emh1" }]);
    expect(progress.at(-1)).toEqual({ kind: "progress", done: 8, total: 8 });
    expect(box.writes).toEqual([]);
  });

  test("where another master asks already nobody is asked, and that is told", { timeout: TIMEOUT_ms }, async () => {
    const line = await cable();
    // What passes between a charger that manages others and these others, as we hear it.
    const other = ending(
      await createSerialPushMeter({ path: line.theirs, ...LINE }, () => encodeRtu(7, Uint8Array.of(3, 2, 0, 1))),
    );
    const timer = setInterval(() => {
      other.speak();
    }, 20);
    cleanups.push(() => {
      clearInterval(timer);
      return Promise.resolve();
    });
    const events: ScanEvent[] = [];
    const scan = scanSerial({ path: line.ours, profiles, lines: [LINE], listen_ms: 1_000, signal: never() });
    for await (const event of scan) events.push(event);
    const [failed] = events;
    expect(failed?.kind === "failed" ? failed.detail : "").toContain("somebody else speaks on this line");
    expect(events.length).toBe(1);
  });

  test(
    "two devices under one address are told, whether they speak in turn or at once",
    { timeout: TIMEOUT_ms },
    async () => {
      const line = await cable();
      const rig = (): RegisterBank =>
        rigOf("heidelberg-energy-control", clock, { ...SHOWN, layout_version: 0x108 }).bank;
      const units = new Map([
        [1, rig()],
        [2, rig()],
        [3, rig()],
      ]);
      const server = ending(
        await createModbusServer({ transport: { kind: "serial", path: line.theirs, ...LINE }, units }),
      );
      server.faults.set({ kind: "joined" }, { times: 1_000, unitId: 2 });
      server.faults.set({ kind: "bad-crc" }, { times: 1_000, unitId: 3 });
      const { finds } = await all(
        scanSerial({ path: line.ours, profiles, lines: [LINE], units: [1, 2, 3, 4], listen_ms: 50, signal: never() }),
      );
      const clashes = finds.map(({ at, clash = false }) => [at.kind === "serial" ? at.unitId : 0, clash]);
      expect(clashes).toEqual([
        [1, false],
        [2, true],
        [3, true],
      ]);
    },
  );
});

test("every service that a document names is one that can be asked for", () => {
  const named = profiles.flatMap(({ transport }) => transport.mdns ?? []);
  expect(named).toContain("_victron-energy-meter._udp");
  for (const id of ["nrgkick-gen2", "openevse-http", "shelly-pro3em-rpc"]) {
    const loaded = loadAnyProfile(id, PROFILE_FOLDERS);
    expect(loaded.ok ? loaded.profile.transport.mdns?.length : 0).toBe(1);
  }
});
