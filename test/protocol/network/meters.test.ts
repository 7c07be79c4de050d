import { createSocket } from "node:dgram";
import { describe, expect, test } from "vitest";
import type { Link } from "../../../src/core/site/index.ts";
import {
  createHttpDevice,
  createMulticastMeter,
  createSunspecBank,
  createTcpPushMeter,
  p1Telegram,
  smlFile,
  speedwireDatagram,
  type NetworkFault,
} from "../../../src/main/simulator/network/index.ts";
import { createModbusServer } from "../../../src/main/simulator/modbus/index.ts";
import { meterOf, tcpLink } from "../modbus/bench.ts";
import { cleanups, ending, profileWith, run, valuesOf } from "./bench.ts";

const IMPORT = {
  power: 7_340,
  power_import: 7_340,
  power_export: 0,
  power_l1: 2_300,
  power_l2: 2_320,
  power_l3: 2_720,
  power_import_l1: 2_300,
  power_import_l2: 2_320,
  power_import_l3: 2_720,
  power_export_l1: 0,
  power_export_l2: 0,
  power_export_l3: 0,
  current_l1: 10_000,
  current_l2: 10_000,
  current_l3: 12_000,
  voltage_l1: 230_000,
  voltage_l2: 232_000,
  voltage_l3: 228_000,
  energy_import: 60_000,
  energy_export: 3_000,
  energy_import_l1: 10_000,
  energy_import_l2: 20_000,
  energy_import_l3: 30_000,
  energy_export_l1: 1_000,
  energy_export_l2: 1_000,
  energy_export_l3: 1_000,
};
/** The same meter while the site feeds in on L1. */
const EXPORT = {
  ...IMPORT,
  power: 2_740,
  power_import: 2_740,
  power_l1: -2_300,
  power_import_l1: 0,
  power_export_l1: 2_300,
};
const SHOWN = {
  current_mA: [10_000, 10_000, 12_000],
  voltage_mV: [230_000, 232_000, 228_000],
  power_W: 7_340,
  energyImport_Wh: 60_000,
  energyExport_Wh: 3_000,
};

describe.each([
  ["shelly-pro3em-rpc", { kind: "digest", user: "admin", password: "geheim" } as const],
  ["shelly-3em-gen1", { kind: "basic", user: "admin", password: "geheim" } as const],
])("%s", (id, auth) => {
  test("shows its values with direction, password asked for", async () => {
    const values = valuesOf(IMPORT);
    const meter = ending(await createHttpDevice({ profile: profileWith(id, "http"), values: values.get, auth }));
    const link: Link = { id: "m", kind: "http", host: "127.0.0.1", port: meter.port, password: "geheim" };
    const { meterReading } = run({ links: [link], meters: [meterOf("grid", id, "m", 1)] });
    expect(await meterReading()).toMatchObject(SHOWN);
    values.set(EXPORT);
    expect((await meterReading((reading) => reading.power_W !== 7_340)).current_mA).toEqual([-10_000, 10_000, 12_000]);
  });

  test("does not fall for a wrong answer, a slow one or a closed door", async () => {
    const meter = ending(
      await createHttpDevice({ profile: profileWith(id, "http"), values: valuesOf(IMPORT).get, auth }),
    );
    const link: Link = { id: "m", kind: "http", host: "127.0.0.1", port: meter.port, password: "geheim" };
    const { meterReading, until, devices } = run({ links: [link], meters: [meterOf("grid", id, "m", 1)], speed: 5 });
    await meterReading();
    const faults: NetworkFault[] = [{ kind: "wrong-auth" }, { kind: "garbage" }];
    // A slow answer takes its time, so one of the two is enough.
    if (id === "shelly-3em-gen1") faults.push({ kind: "delay", delay_ms: 3_300 });
    for (const fault of faults) {
      meter.faults.current = fault;
      await until((event) => event.kind === "meter-offline");
      expect(devices.health()[0]).toMatchObject({ id: "grid", state: "offline" });
      meter.faults.current = null;
      expect(await meterReading()).toMatchObject(SHOWN);
    }
  }, 60_000);
});

describe.each(["dsmr-p1", "sml-ir"])("%s over TCP", (id) => {
  const telegramOf = (values: ReturnType<typeof valuesOf>) => () =>
    id === "dsmr-p1"
      ? p1Telegram(profileWith(id, "p1"), values.get, "E0001")
      : smlFile(profileWith(id, "sml"), values.get);
  const rig = async () => {
    const values = valuesOf(IMPORT);
    const meter = ending(await createTcpPushMeter(telegramOf(values)));
    const link: Link = { id: "m", kind: "tcp-raw", host: "127.0.0.1", port: meter.port };
    const running = run({ links: [link], meters: [meterOf("grid", id, "m", 1)] });
    const timer = setInterval(() => {
      meter.speak();
    }, 50);
    ending({
      close: () => {
        clearInterval(timer);
        return Promise.resolve();
      },
    });
    return { ...running, meter, values };
  };

  test("shows its values with direction", async () => {
    const { meterReading, values } = await rig();
    expect(await meterReading()).toMatchObject(SHOWN);
    values.set(EXPORT);
    expect((await meterReading((reading) => reading.power_W !== 7_340)).current_mA).toEqual([-10_000, 10_000, 12_000]);
  });

  test("half and garbled telegrams are dropped and counted; silence is an offline meter", async () => {
    const { meterReading, until, meter, devices, events } = await rig();
    await meterReading();
    for (const fault of [{ kind: "half" }, { kind: "garbage" }, { kind: "drop" }] as const) {
      meter.faults.current = fault;
      await until((event) => event.kind === "meter-offline");
      meter.faults.current = null;
      await meterReading();
    }
    const [health] = devices.health();
    expect(health?.state).toBe("online");
    expect(health?.errors).toBeGreaterThan(0);
    const powers = events.flatMap((event) => (event.kind === "meter-reading" ? [event.reading.power_W] : []));
    expect(new Set(powers)).toEqual(new Set([7_340]));
  });
});

test("a Dutch meter's whole amperes do not hide what flows, and tariffs add up to the total", async () => {
  const values = valuesOf({ ...IMPORT, current_l1: 10_900, power_l1: 2_500, power_import_l1: 2_500 });
  const profile = profileWith("dsmr-p1", "p1");
  const telegram = (): Uint8Array => p1Telegram(profile, values.get, "E0001");
  const meter = ending(await createTcpPushMeter(telegram));
  const link: Link = { id: "m", kind: "tcp-raw", host: "127.0.0.1", port: meter.port };
  const { meterReading } = run({ links: [link], meters: [meterOf("grid", "dsmr-p1", "m", 1)] });
  const timer = setInterval(() => {
    meter.speak();
  }, 50);
  const reading = await meterReading();
  clearInterval(timer);
  // Printed 10 A, but 2500 W at 230 V.
  expect(reading.current_mA[0]).toBe(10_870);
});

test.each([
  ["dsmr-p1", "/XMX5 a telegram that never ends\r\n\r\n1-0:1.7.0(01.193*kW)"],
  ["sml-ir", "Modem ready"],
])("%s: bytes without a whole telegram are said to be that, and not silence", async (id, text) => {
  const meter = ending(await createTcpPushMeter(() => new TextEncoder().encode(text)));
  const link: Link = { id: "m", kind: "tcp-raw", host: "127.0.0.1", port: meter.port };
  const { devices, until } = run({ links: [link], meters: [meterOf("grid", id, "m", 1)], speed: 20 });
  const timer = setInterval(() => {
    meter.speak();
  }, 100);
  await until((event) => event.kind === "meter-offline");
  clearInterval(timer);
  expect(devices.health()[0]?.problem).toMatch(/^\d+ bytes came, but no whole telegram$/u);
});

test("a register that falls back is held until it is seen three times", async () => {
  const values = valuesOf(IMPORT);
  const meter = ending(await createTcpPushMeter(() => p1Telegram(profileWith("dsmr-p1", "p1"), values.get, "E0001")));
  const link: Link = { id: "m", kind: "tcp-raw", host: "127.0.0.1", port: meter.port };
  const { until } = run({ links: [link], meters: [meterOf("grid", "dsmr-p1", "m", 1)] });
  const said = async (): Promise<number | null> => {
    const heard = until((event) => event.kind === "meter-reading");
    const timer = setInterval(() => {
      meter.speak();
      clearInterval(timer);
    }, 5);
    const event = await heard;
    return event.kind === "meter-reading" ? event.reading.energyImport_Wh : null;
  };
  // The connection stands after the first try.
  const knock = setInterval(() => {
    meter.speak();
  }, 20);
  await until((event) => event.kind === "meter-reading");
  clearInterval(knock);
  await new Promise((resolve) => setImmediate(resolve));
  values.set({ energy_import: 10_000 });
  const shown = [await said(), await said(), await said(), await said()];
  expect(shown.filter((value) => value === null).length).toBeGreaterThanOrEqual(2);
  expect(shown.at(-1)).toBe(10_000);
});

test("several SMA meters on one group are told apart by their serial numbers", async () => {
  const profile = profileWith("sma-energy-meter", "speedwire");
  const port = await freeUdpPort();
  const group = "239.12.255.254";
  const link: Link = { id: "sma", kind: "udp-multicast", group, port, interface: "127.0.0.1" };
  const other = { ...IMPORT, power: 1_000, power_import: 1_000 };
  const grid = ending(
    await createMulticastMeter({ group, port }, () => speedwireDatagram(profile, valuesOf(EXPORT).get, 1_900_123_456)),
  );
  const flat = ending(
    await createMulticastMeter({ group, port }, () => speedwireDatagram(profile, valuesOf(other).get, 3_000_000_001)),
  );
  const { until, devices } = run({
    links: [link],
    meters: [
      { ...meterOf("grid", profile.id, "sma", 1), serial: "1900123456" },
      { ...meterOf("flat", profile.id, "sma", 1), serial: "3000000001" },
      meterOf("any", profile.id, "sma", 1),
    ],
  });
  const timer = setInterval(() => {
    grid.speak();
    flat.speak();
  }, 20);
  const readingOf = (id: string) => until((event) => event.kind === "meter-reading" && event.meterId === id);
  expect(await readingOf("grid")).toMatchObject({
    reading: { ...SHOWN, power_W: 2_740, current_mA: [-10_000, 10_000, 12_000] },
  });
  expect(await readingOf("flat")).toMatchObject({ reading: { power_W: 1_000 } });
  // Both are named, so none of them is meant by the one without a serial number, and that is no conflict.
  expect(devices.health().find(({ id }) => id === "any")).toMatchObject({ state: "offline", problem: null });
  grid.faults.current = { kind: "half" };
  await until((event) => event.kind === "meter-offline" && event.meterId === "grid");
  clearInterval(timer);
  expect(devices.health().find(({ id }) => id === "grid")?.errors).toBeGreaterThan(0);
});

test("a meter of one direction that sends only the amount of its power (EMH ED300L) shows it", async () => {
  const profile = profileWith("sml-ir", "sml");
  const sent = new Set(["77070100010800ff", "770701000f0700ff"]);
  const truth = { ...profile, readings: profile.readings.filter(({ obis }) => obis.every((code) => sent.has(code))) };
  const meter = ending(await createTcpPushMeter(() => smlFile(truth, valuesOf(IMPORT).get)));
  const { meterReading } = run({
    links: [{ id: "m", kind: "tcp-raw", host: "127.0.0.1", port: meter.port }],
    meters: [meterOf("grid", "sml-ir", "m", 1)],
  });
  const timer = setInterval(() => {
    meter.speak();
  }, 50);
  cleanups.push(() => {
    clearInterval(timer);
    return Promise.resolve();
  });
  expect(await meterReading()).toMatchObject({ power_W: 7_340, current_mA: [null, null, null] });
});

describe("an SMA meter that the site gives no serial number", () => {
  const group = "239.12.255.254";
  const named = "several meters speak here: name one with serial";
  async function two(): Promise<{
    readonly link: Link;
    readonly first: { speak(): void };
    readonly second: { speak(): void };
  }> {
    const profile = profileWith("sma-energy-meter", "speedwire");
    const port = await freeUdpPort();
    const other = { ...IMPORT, power: 1_000, power_import: 1_000 };
    return {
      link: { id: "sma", kind: "udp-multicast", group, port, interface: "127.0.0.1" },
      first: ending(
        await createMulticastMeter({ group, port }, () =>
          speedwireDatagram(profile, valuesOf(IMPORT).get, 1_900_123_456),
        ),
      ),
      second: ending(
        await createMulticastMeter({ group, port }, () =>
          speedwireDatagram(profile, valuesOf(other).get, 3_000_000_001),
        ),
      ),
    };
  }

  test("is the one that was alone, and stays it when another begins to speak, which is told", async () => {
    const { link, first, second } = await two();
    const { devices, events, meterReading } = run({
      links: [link],
      meters: [meterOf("any", "sma-energy-meter", "sma", 1)],
    });
    const speaking = [first];
    const timer = setInterval(() => {
      for (const one of speaking) one.speak();
    }, 20);
    cleanups.push(() => {
      clearInterval(timer);
      return Promise.resolve();
    });
    expect(await meterReading()).toMatchObject({ power_W: 7_340 });
    expect(devices.health()[0]).not.toHaveProperty("several");
    speaking.push(second);
    while (devices.health()[0]?.several === undefined) await meterReading();
    expect(devices.health()[0]?.several).toEqual({ serials: ["1900123456", "3000000001"], taken: "1900123456" });
    for (let heard = 0; heard < 10; heard += 1) await meterReading();
    const powers = events.flatMap((event) => (event.kind === "meter-reading" ? [event.reading.power_W] : []));
    expect(new Set(powers)).toEqual(new Set([7_340]));
  });

  test("is none where two speak from the beginning, and both are told", async () => {
    const { link, first, second } = await two();
    const { devices, events } = run({ links: [link], meters: [meterOf("any", "sma-energy-meter", "sma", 1)] });
    const timer = setInterval(() => {
      first.speak();
      second.speak();
    }, 20);
    cleanups.push(() => {
      clearInterval(timer);
      return Promise.resolve();
    });
    await expect.poll(() => devices.health()[0]?.problem).toBe(`${named} (1900123456, 3000000001)`);
    // Far longer than one that is alone is waited for.
    await expect.poll(() => devices.health()[0]?.several?.taken, { timeout: 5_000 }).toBeNull();
    expect(events.filter(({ kind }) => kind === "meter-reading")).toEqual([]);
  });
});

describe("a SunSpec meter", () => {
  test.each([
    [40_000, "integer"],
    [50_000, "float"],
    [0, "integer"],
  ] as const)("is found at %i and shows its %s values", async (base, model) => {
    const bank = createSunspecBank({ base, model, values: valuesOf(IMPORT).get });
    const server = ending(
      await createModbusServer({ transport: { kind: "tcp", port: 0, framing: "mbap" }, units: new Map([[240, bank]]) }),
    );
    const { meterReading } = run({
      links: [tcpLink("m", "modbus-tcp", server.port)],
      meters: [meterOf("grid", "sunspec-meter", "m", 240)],
    });
    expect(await meterReading()).toMatchObject(SHOWN);
  });

  test("whose firmware rearranges its blocks is found again, and no value is wrong meanwhile", async () => {
    const values = valuesOf(IMPORT);
    const bank = createSunspecBank({ base: 40_000, model: "integer", values: values.get });
    const server = ending(
      await createModbusServer({ transport: { kind: "tcp", port: 0, framing: "mbap" }, units: new Map([[1, bank]]) }),
    );
    const { meterReading, events } = run({
      links: [tcpLink("m", "modbus-tcp", server.port)],
      meters: [meterOf("grid", "sunspec-meter", "m", 1)],
    });
    await meterReading();
    bank.rearrange("float");
    await meterReading();
    const powers = events.flatMap((event) => (event.kind === "meter-reading" ? [event.reading.power_W] : []));
    expect(new Set(powers)).toEqual(new Set([7_340]));
  });

  test("that shows another value is read anew", async () => {
    const values = valuesOf(IMPORT);
    const bank = createSunspecBank({ base: 40_000, model: "integer", values: values.get });
    const server = ending(
      await createModbusServer({ transport: { kind: "tcp", port: 0, framing: "mbap" }, units: new Map([[1, bank]]) }),
    );
    const { meterReading } = run({
      links: [tcpLink("m", "modbus-tcp", server.port)],
      meters: [meterOf("grid", "sunspec-meter", "m", 1)],
    });
    await meterReading();
    values.set(EXPORT);
    bank.refresh();
    expect(await meterReading((reading) => reading.power_W === 2_740)).toMatchObject({
      current_mA: [-10_000, 10_000, 12_000],
    });
  });
});

/** A port that nobody listened to a moment ago. */
async function freeUdpPort(): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => {
    socket.bind(0, "127.0.0.1", resolve);
  });
  const { port } = socket.address();
  await new Promise<void>((resolve) => {
    socket.close(() => {
      resolve();
    });
  });
  return port;
}
