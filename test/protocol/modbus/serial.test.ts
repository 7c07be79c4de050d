import { afterEach, expect, test } from "vitest";
import type { Link } from "../../../src/core/site/index.ts";
import { milliamp } from "../../../src/core/units/index.ts";
import type { DeviceEvent } from "../../../src/main/devices/ports.ts";
import { createBusOwner } from "../../../src/main/links/bus.ts";
import { createSerialLink } from "../../../src/main/links/serial-link.ts";
import { createModbusServer, type Fault, type RegisterBank } from "../../../src/main/simulator/modbus/index.ts";
import { describeWith } from "../../setup/tools.ts";
import { clockOf, createRecorder, meterOf, rigOf, startDevices, stationOf } from "./bench.ts";
import { layCable, type Cable } from "./cable.ts";

const LINE = { baud: 19_200, parity: "even", dataBits: 8, stopBits: 1 } as const;
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function cable(socat: string): Promise<Cable> {
  const line = await layCable(socat);
  cleanups.push(line.remove);
  return line;
}

const CHARGING = {
  state: "charging",
  current_l1: 15_900,
  current_l2: 16_000,
  current_l3: 15_800,
  voltage_l1: 230_000,
  power: 11_000,
  energy_import: 50_000,
};
const METER = { current_l1: 40_000, voltage_l1: 230_100, power: 11_010, energy_import: 12_340 };
const serial = (path: string): Link => ({ id: "line", kind: "serial", path, ...LINE });
const stationReading = (event: DeviceEvent): boolean => event.kind === "reading";

describeWith("socat", "a serial line", (socat) => {
  test("carries a charger and a meter side by side, limits included", async () => {
    const line = await cable(socat);
    const clock = clockOf(2);
    const box = rigOf("heidelberg-energy-control", clock, CHARGING);
    const meter = rigOf("eastron-sdm630", clock, METER);
    const units = new Map<number, RegisterBank>([
      [1, meter.bank],
      [2, box.bank],
    ]);
    const server = await createModbusServer({ transport: { kind: "serial", path: line.theirs, ...LINE }, units });
    cleanups.push(() => server.close());
    const recorder = createRecorder();
    const seen = [recorder.until((event) => event.kind === "meter-reading"), recorder.until(stationReading)] as const;
    const devices = startDevices(clock, recorder.emit, {
      links: [serial(line.ours)],
      meters: [meterOf("grid", "eastron-sdm630", "line", 1)],
      stations: [stationOf("P1", "heidelberg-energy-control", "line", 2)],
    });
    cleanups.push(() => devices.stop());
    expect(await seen[0]).toMatchObject({ reading: { power_W: 11_010, energyImport_Wh: 12_340 } });
    expect(await seen[1]).toMatchObject({
      reading: { status: "Charging", current_mA: [15_900, 16_000, 15_800], energyRegister_Wh: 50_000 },
    });
    expect(await devices.stations[0]?.setLimit(milliamp(13_000))).toEqual({ ok: true, confirmed_mA: 13_000 });
    expect(box.bank.offered_mA()).toBe(13_000);
  });

  test.each<Fault>([
    { kind: "bad-crc" },
    { kind: "half-frame" },
    { kind: "wrong-unit" },
    { kind: "noise-before" },
    { kind: "echo" },
  ])("with $kind once gives the right value after at most one retry", async (fault) => {
    const line = await cable(socat);
    const clock = clockOf(1);
    const meter = rigOf("eastron-sdm630", clock, METER);
    const server = await createModbusServer({
      transport: { kind: "serial", path: line.theirs, ...LINE },
      units: new Map([[1, meter.bank]]),
    });
    cleanups.push(() => server.close());
    const link = createSerialLink({ path: line.ours, ...LINE });
    const bus = createBusOwner({ link, framing: "rtu", real_ms: (duration) => duration, baud: LINE.baud });
    cleanups.push(() => bus.close());
    await new Promise<void>((resolve) => {
      link.onState((state) => {
        if (state.kind === "up") resolve();
      });
    });
    server.faults.set(fault);
    const reply = await bus.transact({
      unitId: 1,
      request: { fc: 4, address: 6, count: 2 },
      priority: "state",
      timeout_ms: 400,
      gap_ms: 0,
    });
    expect(reply).toEqual({ ok: true, reply: { kind: "registers", fc: 4, registers: [0x4220, 0] } });
    expect(bus.health().total.retries).toBe(fault.kind === "noise-before" || fault.kind === "echo" ? 0 : 1);
  });

  test("that is unplugged and plugged in again carries on by itself", async () => {
    const line = await cable(socat);
    const clock = clockOf(10);
    const box = rigOf("heidelberg-energy-control", clock, CHARGING);
    const units = new Map<number, RegisterBank>([[2, box.bank]]);
    const server = await createModbusServer({ transport: { kind: "serial", path: line.theirs, ...LINE }, units });
    cleanups.push(() => server.close());
    const recorder = createRecorder();
    const first = recorder.until(stationReading);
    const devices = startDevices(clock, recorder.emit, {
      links: [serial(line.ours)],
      stations: [stationOf("P1", "heidelberg-energy-control", "line", 2)],
    });
    cleanups.push(() => devices.stop());
    await first;
    const offline = recorder.until((event) => event.kind === "offline");
    await line.pull();
    await offline;
    const online = recorder.until((event) => event.kind === "online");
    await line.plug();
    await online;
    expect(await devices.stations[0]?.setLimit(milliamp(9_000))).toEqual({ ok: true, confirmed_mA: 9_000 });
  });

  test("that another program holds says so, and is taken as soon as it is free", async () => {
    const line = await cable(socat);
    const first = createSerialLink({ path: line.ours, ...LINE });
    const second = createSerialLink({ path: line.ours, ...LINE });
    cleanups.push(
      () => first.close(),
      () => second.close(),
    );
    const upOf = (link: typeof first): Promise<unknown> =>
      new Promise((resolve) => {
        link.onState((state) => {
          if (state.kind !== "connecting") resolve(state);
        });
        link.open();
      });
    expect(await upOf(first)).toEqual({ kind: "up" });
    expect(await upOf(second)).toEqual({
      kind: "down",
      detail: `another program has ${line.ours} open: close it, or give it a port of its own`,
    });
    const taken = new Promise<void>((resolve) => {
      second.onState((state) => {
        if (state.kind === "up") resolve();
      });
    });
    await first.close();
    await taken;
  });

  test("that disappears while nobody speaks is missed all the same", async () => {
    const line = await cable(socat);
    const link = createSerialLink({ path: line.ours, ...LINE });
    cleanups.push(() => link.close());
    const states: string[] = [];
    const lost = new Promise<void>((resolve) => {
      link.onState((state) => {
        states.push(state.kind);
        if (state.kind === "up") void line.pull();
        if (state.kind === "down") resolve();
      });
    });
    link.open();
    await lost;
    expect(states).toEqual(["connecting", "up", "down"]);
  });
});
