import { expect, test } from "vitest";
import type { DeviceEvent } from "../../src/main/devices/ports.ts";
import { createModbusServer, type RegisterBank } from "../../src/main/simulator/modbus/index.ts";
import { createHttpServer, createHttpUnit, type HttpUnit } from "../../src/main/simulator/network/index.ts";
import { clockOf, createRecorder, rigOf, startDevices, stationOf, tcpLink } from "../protocol/modbus/bench.ts";
import { cleanups, ending, profileWith, run, valuesOf } from "../protocol/network/bench.ts";

// Boxes that answer, and do not take the sign of life without which they fall back or stop.

const READABLE = { state: "charging", current_l1: 10_000, voltage_l1: 230_000, power: 2_300, energy_import: 1_000 };
const isReading = ({ kind }: DeviceEvent): boolean => kind === "reading";
const ILLEGAL_ADDRESS = 2;

type Takes = { isTaken: boolean };

/** PCE EV11: register 203 is its heartbeat. */
async function deafBox(takes: Takes): Promise<{
  readonly untaken: () => unknown;
  readonly next: () => Promise<DeviceEvent>;
}> {
  const clock = clockOf(20);
  const { bank } = rigOf("pce-ev11", clock, READABLE);
  const deaf: RegisterBank = {
    answer: (request) =>
      request.fc > 4 && request.address === 203 && !takes.isTaken
        ? { kind: "exception", fc: request.fc, code: ILLEGAL_ADDRESS }
        : bank.answer(request),
  };
  const server = ending(
    await createModbusServer({ transport: { kind: "tcp", port: 0, framing: "mbap" }, units: new Map([[1, deaf]]) }),
  );
  const recorder = createRecorder();
  const devices = startDevices(clock, recorder.emit, {
    links: [tcpLink("box", "modbus-tcp", server.port)],
    stations: [stationOf("P1", "pce-ev11", "box", 1)],
  });
  cleanups.push(() => devices.stop());
  return { untaken: () => devices.health().devices[0]?.untaken, next: () => recorder.until(isReading) };
}

test("a box that refuses its heartbeat goes on showing its values, and that it is deaf is told with its answer until it takes one", async () => {
  const takes = { isTaken: false };
  const { untaken, next } = await deafBox(takes);
  expect((await next()).kind).toBe("reading");
  expect(untaken()).toBeUndefined();
  while (untaken() === undefined) await next();
  expect(untaken()).toEqual({ inARow: 3, answer: "exception 2" });
  takes.isTaken = true;
  while (untaken() !== undefined) await next();
});

test("a box that takes its heartbeat is never said to be deaf", async () => {
  const { untaken, next } = await deafBox({ isTaken: true });
  for (let looked = 0; looked < 40; looked += 1) {
    await next();
    expect(untaken()).toBeUndefined();
  }
});

test("a box over HTTP that knows no heartbeat stays there, with its values, and is said to be deaf", async () => {
  const profile = profileWith("hardybarth-salia", "http");
  const unit = createHttpUnit({ profile, values: valuesOf(READABLE).get, numbersAsText: true });
  let refused = 0;
  const deaf: HttpUnit = {
    orders: unit.orders,
    offered_mA: unit.offered_mA,
    answer(asked, isDeaf) {
      if (!asked.body.includes("heartbeat") && !asked.path.includes("heartbeat")) return unit.answer(asked, isDeaf);
      refused += 1;
      return null;
    },
  };
  const server = ending(await createHttpServer({ port: 0, units: [deaf] }));
  const { devices, events, stationReading } = run({
    links: [{ id: "box", kind: "http", host: "127.0.0.1", port: server.port }],
    stations: [stationOf("P1", "hardybarth-salia", "box", 1)],
    speed: 50,
  });
  while (devices.health()[0]?.untaken === undefined) await stationReading();
  expect(devices.health()[0]?.untaken).toEqual({ inARow: 3, answer: "HTTP status 404" });
  // One that is refused is not sent each second.
  expect(refused).toBe(3);
  expect(events.some(({ kind }) => kind === "offline")).toBe(false);
});
