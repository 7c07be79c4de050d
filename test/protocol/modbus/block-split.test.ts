import { afterEach, expect, test } from "vitest";
import { requestCount, type ModbusRequest } from "../../../src/main/protocol/modbus/index.ts";
import { createModbusServer } from "../../../src/main/simulator/modbus/index.ts";
import { clockOf, createRecorder, meterOf, rigOf, startDevices, tcpLink } from "./bench.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const VALUES = {
  current_l1: 40_000,
  current_l2: 3_000,
  current_l3: 12_000,
  voltage_l1: 230_100,
  voltage_l2: 229_900,
  voltage_l3: 231_000,
  power: 11_010,
};
/** Where an SDM630 keeps the voltage of L3. */
const VOLTAGE_L3 = 4;

test("a device that refuses one register inside a long read still shows all its other values", async () => {
  const clock = clockOf(5);
  const meter = rigOf("eastron-sdm630", clock, VALUES);
  let refused = 0;
  const units = new Map([
    [
      1,
      {
        answer: (request: ModbusRequest) => {
          const end = request.address + requestCount(request);
          if (request.address > VOLTAGE_L3 || end <= VOLTAGE_L3) return meter.bank.answer(request);
          refused += 1;
          return { kind: "exception" as const, fc: request.fc, code: 2 };
        },
      },
    ],
  ]);
  const server = await createModbusServer({ transport: { kind: "tcp", port: 0, framing: "rtu" }, units });
  cleanups.push(() => server.close());
  const recorder = createRecorder();
  const seen = recorder.until((event) => event.kind === "meter-reading" && event.reading.power_W !== null);
  const devices = startDevices(clock, recorder.emit, {
    links: [tcpLink("gw", "rtu-over-tcp", server.port)],
    meters: [meterOf("grid", "eastron-sdm630", "gw", 1)],
  });
  cleanups.push(() => devices.stop());
  expect(await seen).toMatchObject({
    reading: { power_W: 11_010, current_mA: [40_000, 3_000, 12_000], voltage_mV: [230_100, 229_900, null] },
  });
  // Once learned, the register is not asked for again.
  const learned = refused;
  for (let i = 0; i < 3; i += 1) await recorder.until((event) => event.kind === "meter-reading");
  expect(refused).toBe(learned);
});
