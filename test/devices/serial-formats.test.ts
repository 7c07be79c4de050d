import { expect, test } from "vitest";
import type { SerialLine } from "../../src/core/site/index.ts";
import { milliamp } from "../../src/core/units/index.ts";
import type { Clock, DeviceEvent } from "../../src/main/devices/ports.ts";
import { createModbusServer } from "../../src/main/simulator/modbus/index.ts";
import { createSerialPushMeter } from "../../src/main/simulator/network/index.ts";
import {
  clockOf,
  createRecorder,
  meterOf,
  profileOf,
  rigOf,
  startDevices,
  stationOf,
  type Rig,
} from "../protocol/modbus/bench.ts";
import { layCable } from "../protocol/modbus/cable.ts";
import { cleanups, ending, run } from "../protocol/network/bench.ts";
import { describeWith } from "../setup/tools.ts";

const MEASURED = {
  state: "charging",
  current_l1: 15_000,
  current_l2: 15_000,
  current_l3: 15_000,
  voltage_l1: 230_000,
  voltage_l2: 230_000,
  voltage_l3: 230_000,
  power: 10_350,
  energy_import: 50_000,
  energy_export: 0,
};

/** One device for each way in which bytes are written on a line. */
const FORMATS = [
  ["8N1", "eastron-sdm630"],
  ["8N1", "evse-din"],
  ["8E1", "kse-wbx16"],
  ["8N2", "mennekes-amtron-compact"],
  ["8N2", "siemens-pac2200"],
  ["ASCII", "abl-emh1"],
] as const;

describeWith("socat", "over a serial line", (socat) => {
  async function onLine(profileId: string, clock: Clock) {
    const profile = profileOf(profileId);
    const { rtu, unit_id } = profile.transport;
    if (rtu === undefined) throw new Error(`${profileId} has no serial line`);
    const line: SerialLine = {
      baud: rtu.baud,
      parity: rtu.parity,
      dataBits: rtu.data_bits,
      stopBits: rtu.stop_bits,
    };
    const unitId = unit_id?.rtu_default ?? unit_id?.default ?? 1;
    const cable = await layCable(socat);
    cleanups.push(cable.remove);
    const rig: Rig = rigOf(profileId, clock, MEASURED);
    // The simulated line speaks in characters where it has 7 bits; on a pseudo terminal they are the same bytes.
    const theirs = profile.transport.options[0] === "ascii" ? { ...line, dataBits: 7 as const } : line;
    ending(
      await createModbusServer({
        transport: { kind: "serial", path: cable.theirs, ...theirs },
        units: new Map([[unitId, rig.bank]]),
      }),
    );
    const recorder = createRecorder();
    const isReading = (event: DeviceEvent): boolean =>
      (event.kind === "reading" && event.reading.status === "Charging") ||
      (event.kind === "meter-reading" && event.reading.power_W !== null);
    const first = recorder.until(isReading);
    const isMeter = profile.kind === "meter";
    const devices = startDevices(clock, recorder.emit, {
      links: [{ id: "line", kind: "serial", path: cable.ours, ...line }],
      meters: isMeter ? [meterOf("D", profileId, "line", unitId)] : [],
      stations: isMeter ? [] : [stationOf("D", profileId, "line", unitId)],
    });
    cleanups.push(() => devices.stop());
    return { rig, devices, first: await first };
  }

  test.each(FORMATS)("%s: %s shows its values and follows", async (_, profileId) => {
    const { rig, devices, first } = await onLine(profileId, clockOf(5));
    const [bus] = devices.health().buses;
    expect(bus?.total).toMatchObject({ crcErrors: 0, staleBytes: 0 });
    if (first.kind === "meter-reading") {
      expect(first.reading).toMatchObject({ power_W: 10_350 });
      return;
    }
    expect(first).toMatchObject({ kind: "reading", reading: { status: "Charging" } });
    const reply = await devices.stations[0]?.setLimit(milliamp(10_000));
    expect(reply).toMatchObject({ ok: true });
    expect(rig.bank.offered_mA()).toBeGreaterThan(9_000);
    expect(rig.bank.offered_mA()).toBeLessThanOrEqual(10_000);
  });

  test("7E1: a DSMR 3 meter without check sums is read from its second telegram on", async () => {
    const cable = await layCable(socat);
    cleanups.push(cable.remove);
    const line = { baud: 9_600, parity: "even", dataBits: 7, stopBits: 1 } as const;
    const telegram = [
      "/ISk5ME382-1003",
      "",
      "1-0:1.8.1(00123.456*kWh)",
      "1-0:1.8.2(00100.000*kWh)",
      "1-0:2.8.1(00000.000*kWh)",
      "1-0:2.8.2(00000.000*kWh)",
      "1-0:1.7.0(0001.01*kW)",
      "1-0:2.7.0(0000.00*kW)",
      "!",
      "",
    ].join("\r\n");
    const meter = ending(
      await createSerialPushMeter({ path: cable.theirs, ...line }, () => Buffer.from(telegram, "latin1")),
    );
    const link = { id: "line", kind: "serial", path: cable.ours, ...line } as const;
    const { meterReading, devices } = run({ links: [link], meters: [meterOf("grid", "dsmr-p1", "line", 1)] });
    const timer = setInterval(() => {
      meter.speak();
    }, 50);
    cleanups.push(() => {
      clearInterval(timer);
      return Promise.resolve();
    });
    expect(await meterReading()).toMatchObject({ power_W: 1_010, energyImport_Wh: 223_456, energyExport_Wh: 0 });
    expect(devices.health()[0]?.unprotected).toBe(true);
  });
});
