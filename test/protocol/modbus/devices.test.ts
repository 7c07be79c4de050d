import { afterEach, describe, expect, test } from "vitest";
import { epochMs, milliamp } from "../../../src/core/units/index.ts";
import type { DeviceEvent, StationReading } from "../../../src/main/devices/ports.ts";
import type { ModbusDevices } from "../../../src/main/devices/modbus/index.ts";
import { EXCEPTION } from "../../../src/main/protocol/modbus/index.ts";
import { createModbusServer, type ModbusServer, type RegisterBank } from "../../../src/main/simulator/modbus/index.ts";
import { clockOf, createRecorder, meterOf, rigOf, startDevices, stationOf, tcpLink, type Rig } from "./bench.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const CHARGING = {
  state: "charging",
  current_l1: 15_900,
  current_l2: 16_000,
  current_l3: 15_800,
  voltage_l1: 230_000,
  voltage_l2: 231_000,
  voltage_l3: 229_000,
  power: 11_000,
  energy_import: 1_234_567,
  serial: "0123456789abcdef",
} as const;

type Running = {
  rig: Rig;
  server: ModbusServer;
  devices: ModbusDevices;
  recorder: ReturnType<typeof createRecorder>;
  units: Map<number, RegisterBank>;
};

async function station(
  profileId: string,
  framing: "rtu" | "mbap",
  speed = 5,
  values: Record<string, string | number> = CHARGING,
): Promise<Running> {
  const clock = clockOf(speed);
  const rig = rigOf(profileId, clock, values);
  const units = new Map<number, RegisterBank>([[1, rig.bank]]);
  const server = await createModbusServer({ transport: { kind: "tcp", port: 0, framing }, units });
  cleanups.push(() => server.close());
  const recorder = createRecorder();
  const link = tcpLink("gw", framing === "rtu" ? "rtu-over-tcp" : "modbus-tcp", server.port);
  const first = recorder.until((event) => event.kind === "reading");
  const devices = startDevices(clock, recorder.emit, {
    links: [link],
    stations: [stationOf("P1", profileId, "gw", 1)],
  });
  cleanups.push(() => devices.stop());
  await first;
  return { rig, server, devices, recorder, units };
}

const isReading = (event: DeviceEvent): event is Extract<DeviceEvent, { kind: "reading" }> => event.kind === "reading";
async function nextReading(
  running: Running,
  matches: (reading: StationReading) => boolean = () => true,
): Promise<StationReading> {
  const event = await running.recorder.until((one) => isReading(one) && matches(one.reading));
  if (!isReading(event)) throw new Error("not a reading");
  return event.reading;
}
const port = (running: Running): ModbusDevices["stations"][number] => {
  const [first] = running.devices.stations;
  if (first === undefined) throw new Error("no station");
  return first;
};

describe.each([
  ["heidelberg-energy-control", "rtu"],
  ["heidelberg-energy-control", "mbap"],
  ["abb-terra-ac", "rtu"],
  ["abb-terra-ac", "mbap"],
  ["alfen-eve", "mbap"],
] as const)("%s over %s", (profileId, framing) => {
  const hasRegister = profileId !== "abb-terra-ac";

  test("shows what the box measures, in whole units", async () => {
    const running = await station(profileId, framing, 20);
    const reading = await nextReading(running);
    expect(reading).toMatchObject({
      status: "Charging",
      controlPilot: "C",
      current_mA: [15_900, 16_000, 15_800],
      voltage_mV: [230_000, 231_000, 229_000],
      power_W: 11_000,
      energyRegister_Wh: hasRegister ? 1_234_567 : null,
      errorCode: null,
    });
    expect(running.recorder.events[0]).toMatchObject({ kind: "online", stationId: "P1" });
  });

  test("takes a limit, rounded down to its own step, and confirms it after reading it back", async () => {
    const running = await station(profileId, framing, 20);
    const reply = await port(running).setLimit(milliamp(10_350));
    expect(reply.ok).toBe(true);
    const step = { "heidelberg-energy-control": 10_300, "abb-terra-ac": 10_350, "alfen-eve": 10_000 }[profileId];
    expect(reply).toEqual({ ok: true, confirmed_mA: step });
    expect(running.rig.bank.offered_mA()).toBe(step);
    expect((await nextReading(running, (one) => one.limit_mA === step)).limit_mA).toBe(step);
  });

  test("below 6 A it pauses, and the car held back shows as suspended by the site", async () => {
    const running = await station(profileId, framing, 20);
    expect(await port(running).setLimit(milliamp(5_900))).toEqual({ ok: true, confirmed_mA: 0 });
    expect(running.rig.bank.offered_mA()).toBe(0);
    running.rig.set({ state: "connected", current_l1: 0, current_l2: 0, current_l3: 0, power: 0 });
    expect((await nextReading(running, (one) => one.status !== "Charging")).status).toBe("SuspendedEVSE");
  });
});

test.each([
  ["heidelberg-energy-control", "rtu"],
  ["alfen-eve", "mbap"],
] as const)("faults on a line to %s over %s never show a wrong value", async (profileId, framing) => {
  const faults = ["bad-crc", "wrong-unit", "half-frame", "noise-before", "joined", "drop"] as const;
  await Promise.all(
    faults.map(async (kind) => {
      const running = await station(profileId, framing, 20);
      running.server.faults.set({ kind });
      for (let i = 0; i < 4; i += 1) {
        const reading = await nextReading(running);
        expect(reading).toMatchObject({
          status: "Charging",
          current_mA: [15_900, 16_000, 15_800],
          energyRegister_Wh: 1_234_567,
        });
      }
      const health = running.devices.health();
      expect(health.devices[0]?.state).toBe("online");
      expect(health.buses[0]?.total.retries).toBe(
        kind === "noise-before" || kind === "joined" || kind === "drop" ? 0 : 1,
      );
    }),
  );
});

test("on connecting, the Heidelberg box is told to stay awake and what to offer when it hears nothing", async () => {
  const running = await station("heidelberg-energy-control", "rtu");
  expect(running.rig.writes).toContainEqual({ kind: "raw", address: 258, values: [4] });
  expect(running.rig.writes).toContainEqual({ kind: "fallback-current", current_mA: 6_000 });
});

test("a box too busy to take what it shall offer without us is told it again a moment later", async () => {
  const clock = clockOf(20);
  const rig = rigOf("heidelberg-energy-control", clock, CHARGING);
  let refusals = 0;
  const bank: RegisterBank = {
    answer(request) {
      const isBusy = request.fc === 16 && request.address === 262 && refusals < 3;
      if (!isBusy) return rig.bank.answer(request);
      refusals += 1;
      return { kind: "exception", fc: request.fc, code: EXCEPTION.serverDeviceBusy };
    },
  };
  const units = new Map([[1, bank]]);
  const server = await createModbusServer({ transport: { kind: "tcp", port: 0, framing: "mbap" }, units });
  cleanups.push(() => server.close());
  const recorder = createRecorder();
  const devices = startDevices(clock, recorder.emit, {
    links: [tcpLink("gw", "modbus-tcp", server.port)],
    stations: [stationOf("P1", "heidelberg-energy-control", "gw", 1)],
  });
  cleanups.push(() => devices.stop());
  await expect.poll(() => rig.writes).toContainEqual({ kind: "fallback-current", current_mA: 6_000 });
  await expect.poll(() => devices.stations[0]?.failSafe?.()).toMatchObject({ kind: "known", current_mA: 6_000 });
  await expect.poll(() => devices.health().devices[0]?.problem).toBeNull();
  expect(refusals).toBe(3);
});

test("a box that ignores limits is reported as not following, after one rewrite", async () => {
  const running = await station("heidelberg-energy-control", "rtu", 20, { ...CHARGING, current_limit: 16_000 });
  const before = running.rig.writes.length;
  expect(await port(running).setLimit(milliamp(8_000))).toMatchObject({ ok: false, code: "not-followed" });
  expect(running.rig.writes.slice(before).filter((write) => write.kind === "set-current")).toHaveLength(2);
});

test("of limits that wait for their turn only the newest is written", async () => {
  const running = await station("heidelberg-energy-control", "rtu");
  const replies = await Promise.all([16_000, 12_000, 8_000].map((limit) => port(running).setLimit(milliamp(limit))));
  expect(replies.map((reply) => reply.ok)).toEqual([true, false, true]);
  expect(running.rig.bank.offered_mA()).toBe(8_000);
});

test("a box switched off and on again is noticed, set up anew and reported", async () => {
  const running = await station("heidelberg-energy-control", "rtu", 20);
  await port(running).setLimit(milliamp(12_000));
  running.rig.writes.length = 0;
  const booted = running.recorder.until((event) => event.kind === "booted");
  running.rig.bank.powerCycle();
  await booted;
  expect(running.rig.writes).toContainEqual({ kind: "fallback-current", current_mA: 6_000 });
});

test("the register is read at the moment charging ends, not at its next turn", async () => {
  const running = await station("heidelberg-energy-control", "rtu", 1);
  await nextReading(running);
  running.rig.set({ state: "connected", energy_import: 1_234_599 });
  const reading = await nextReading(running, (one) => one.status === "SuspendedEV");
  expect(reading.energyRegister_Wh).toBe(1_234_599);
});

test("a connection that was cut for a moment only is followed by what the box needs after a restart", async () => {
  const running = await station("kathrein-kwb", "mbap", 1, { ...CHARGING, serial: "1" });
  await nextReading(running);
  running.rig.writes.length = 0;
  await running.server.close();
  const again = await createModbusServer({
    transport: { kind: "tcp", port: running.server.port, framing: "mbap" },
    units: running.units,
  });
  cleanups.push(() => again.close());
  await expect.poll(() => running.rig.writes).toContainEqual({ kind: "raw", address: 160, values: [32_768] });
  expect(running.recorder.events.some((event) => event.kind === "offline")).toBe(false);
});

test("a box that falls silent goes offline, is probed, and comes back set up", async () => {
  const running = await station("heidelberg-energy-control", "mbap", 20);
  const offline = running.recorder.until((event) => event.kind === "offline");
  running.units.delete(1);
  await offline;
  expect(await port(running).setLimit(milliamp(10_000))).toMatchObject({ ok: false, code: "offline", retry: true });
  running.rig.writes.length = 0;
  const online = running.recorder.until((event) => event.kind === "online");
  running.units.set(1, running.rig.bank);
  await online;
  expect(running.rig.writes).toContainEqual({ kind: "fallback-current", current_mA: 6_000 });
});

test("a pulled line takes its stations offline; restored, they are back and keep the counters", async () => {
  const running = await station("heidelberg-energy-control", "rtu", 20);
  const offline = running.recorder.until((event) => event.kind === "offline");
  await running.server.close();
  await offline;
  const online = running.recorder.until((event) => event.kind === "online");
  const again = await createModbusServer({
    transport: { kind: "tcp", port: running.server.port, framing: "rtu" },
    units: running.units,
  });
  cleanups.push(() => again.close());
  await online;
  expect(running.devices.health().buses[0]?.total.frames).toBeGreaterThan(2);
});

test("a dead box on the same line does not stop the others from being read", async () => {
  const clock = clockOf(1);
  const rig = rigOf("heidelberg-energy-control", clock, CHARGING);
  const server = await createModbusServer({
    transport: { kind: "tcp", port: 0, framing: "rtu" },
    units: new Map([[2, rig.bank]]),
  });
  cleanups.push(() => server.close());
  const recorder = createRecorder();
  const stations = [
    stationOf("dead", "heidelberg-energy-control", "gw", 1),
    stationOf("alive", "heidelberg-energy-control", "gw", 2),
  ];
  const dead = recorder.until((event) => event.kind === "offline" && event.stationId === "dead");
  const devices = startDevices(clock, recorder.emit, { links: [tcpLink("gw", "rtu-over-tcp", server.port)], stations });
  cleanups.push(() => devices.stop());
  await dead;
  const seen = await recorder.until((event) => event.kind === "reading" && event.stationId === "alive");
  expect(seen).toMatchObject({ reading: { status: "Charging" } });
  expect(devices.health().buses[0]?.units.get(1)?.timeouts).toBe(1);
});

test("Alfen's setpoint is repeated, so that its validity never runs out", async () => {
  const running = await station("alfen-eve", "mbap", 60);
  await port(running).setLimit(milliamp(10_000));
  running.rig.writes.length = 0;
  await nextReading(running, () => running.rig.writes.filter((write) => write.kind === "set-current").length >= 3);
  expect(running.rig.writes.every((write) => write.kind === "set-current" && write.current_mA === 10_000)).toBe(true);
  expect(running.rig.bank.offered_mA()).toBe(10_000);
});

test("without us a Heidelberg box falls back after its watchdog's time", () => {
  let at_ms = 1_750_000_000_000;
  const rig = rigOf("heidelberg-energy-control", { ...clockOf(1), now_ms: () => epochMs(at_ms) }, CHARGING);
  rig.bank.answer({ fc: 16, address: 262, values: [60] });
  rig.bank.answer({ fc: 6, address: 261, value: 160 });
  at_ms += 14_999;
  expect(rig.bank.offered_mA()).toBe(16_000);
  at_ms += 1;
  expect(rig.bank.offered_mA()).toBe(6_000);
  expect(rig.writes).toContainEqual({ kind: "watchdog-expired", current_mA: 6_000 });
});

test("a station whose profile does not exist answers invalid and breaks nothing else", async () => {
  const devices = startDevices(clockOf(1), () => undefined, {
    links: [],
    stations: [stationOf("P9", "no-such-box", "gw", 1)],
  });
  cleanups.push(() => devices.stop());
  expect(devices.problems[0]).toMatchObject({ file: "no-such-box.yaml" });
  expect(await devices.stations[0]?.setLimit(milliamp(6_000))).toMatchObject({ ok: false, code: "invalid" });
});

describe.each(["rtu", "mbap"] as const)("an Eastron SDM630 over %s", (framing) => {
  const METER = {
    current_l1: 40_000,
    current_l2: -3_000,
    current_l3: 12_000,
    voltage_l1: 230_100,
    voltage_l2: 229_900,
    voltage_l3: 231_000,
    power_l1: 9_000,
    power_l2: -690,
    power_l3: 2_700,
    power: 11_010,
    energy_import: 12_340,
    energy_export: 1_000,
  };
  test("shows currents, voltages, power and both registers", async () => {
    const clock = clockOf(5);
    const rig = rigOf("eastron-sdm630", clock, METER);
    const server = await createModbusServer({
      transport: { kind: "tcp", port: 0, framing },
      units: new Map([[1, rig.bank]]),
    });
    cleanups.push(() => server.close());
    const recorder = createRecorder();
    const seen = recorder.until((event) => event.kind === "meter-reading");
    const link = tcpLink("gw", framing === "rtu" ? "rtu-over-tcp" : "modbus-tcp", server.port);
    const devices = startDevices(clock, recorder.emit, {
      links: [link],
      meters: [meterOf("grid", "eastron-sdm630", "gw", 1)],
    });
    cleanups.push(() => devices.stop());
    expect(await seen).toMatchObject({
      meterId: "grid",
      reading: {
        current_mA: [40_000, -3_000, 12_000],
        voltage_mV: [230_100, 229_900, 231_000],
        power_W: 11_010,
        energyImport_Wh: 12_340,
        energyExport_Wh: 1_000,
      },
    });
    const offline = recorder.until((event) => event.kind === "meter-offline");
    await server.close();
    expect(await offline).toMatchObject({ meterId: "grid" });
  });
});
