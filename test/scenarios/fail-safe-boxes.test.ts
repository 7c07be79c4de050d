import { afterEach, describe, expect, test } from "vitest";
import { milliamp } from "../../src/core/units/index.ts";
import type { FailSafe, StationPort } from "../../src/main/devices/ports.ts";
import type { ModbusReply, ModbusRequest } from "../../src/main/protocol/modbus/index.ts";
import { createModbusServer, profileBank, type BankWrite } from "../../src/main/simulator/modbus/index.ts";
import { clockOf, createRecorder, profileOf, startDevices, stationOf, tcpLink } from "../protocol/modbus/bench.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Running = {
  readonly failSafe: () => FailSafe | undefined;
  readonly port: StationPort | undefined;
  readonly writes: readonly BankWrite[];
  /** The mains come back: what was written is gone. */
  readonly reboot: () => void;
  readonly next: (kind: string) => Promise<unknown>;
};

const ILLEGAL_ADDRESS = 2;

/** A box on a real socket; `refuses` names registers it answers with an exception, to reads or to writes. */
async function box(
  profileId: string,
  refuses: { readonly read?: readonly number[]; readonly write?: readonly number[] } = {},
): Promise<Running> {
  const clock = clockOf(20);
  const writes: BankWrite[] = [];
  const bank = profileBank({
    profile: profileOf(profileId),
    now_ms: () => clock.now_ms(),
    onWrite: (write) => writes.push(write),
    values: (what) => (what === "state" ? "connected" : what.startsWith("voltage") ? 230_000 : undefined),
  });
  const answer = (request: ModbusRequest): ModbusReply => {
    const refused = request.fc <= 4 ? refuses.read : refuses.write;
    return refused?.includes(request.address) === true
      ? { kind: "exception", fc: request.fc, code: ILLEGAL_ADDRESS }
      : bank.answer(request);
  };
  const server = await createModbusServer({
    transport: { kind: "tcp", port: 0, framing: profileId === "foxess-evc" ? "mbap" : "rtu" },
    units: new Map([[1, { answer }]]),
  });
  cleanups.push(() => server.close());
  const recorder = createRecorder();
  const first = recorder.until((event) => event.kind === "reading");
  const link = tcpLink("gw", profileId === "foxess-evc" ? "modbus-tcp" : "rtu-over-tcp", server.port);
  const devices = startDevices(clock, recorder.emit, {
    links: [link],
    stations: [stationOf("P1", profileId, "gw", 1)],
  });
  cleanups.push(() => devices.stop());
  await first;
  const [port] = devices.stations;
  return {
    failSafe: () => port?.failSafe?.(),
    port,
    writes,
    reboot: () => {
      bank.powerCycle();
    },
    next: (kind) => recorder.until((event) => event.kind === kind),
  };
}

describe.each([
  ["foxess-evc", 0x3006],
  ["free2move-eprowallbox", 40_409],
] as const)("%s, which goes up when it hears nothing", (profileId, register) => {
  test("is told the safe current and believed when it shows it", async () => {
    const { failSafe, writes } = await box(profileId);
    expect(failSafe()).toMatchObject({ kind: "known", current_mA: 6_000 });
    expect(writes.filter(({ kind }) => kind === "fallback-current")).toHaveLength(1);
  });

  test("is unsafe when it takes the current but does not show it", async () => {
    const { failSafe } = await box(profileId, { read: [register] });
    expect(failSafe()).toMatchObject({ kind: "unsafe", current_mA: null, doubt: "expires-up" });
  });

  test("is unsafe when it does not let itself be told", async () => {
    const { failSafe } = await box(profileId, { read: [register], write: [register] });
    expect(failSafe()).toMatchObject({ kind: "unsafe", current_mA: null, doubt: "expires-up" });
  });
});

test("a box that keeps its factory fallback says how much that is", async () => {
  const { failSafe } = await box("free2move-eprowallbox", { write: [40_409] });
  // Factory: 32 A after ten minutes.
  expect(failSafe()).toMatchObject({ kind: "unsafe", current_mA: 32_000, doubt: "more-than-promised" });
});

test("a watchdog that stays switched off is no guard, whatever current stands beside it", async () => {
  const { failSafe } = await box("free2move-eprowallbox", { write: [40_412] });
  expect(failSafe()).toMatchObject({ kind: "unknown", doubt: "switched-off" });
});

test("after a restart the box is told and asked anew", async () => {
  const { port, failSafe, writes, reboot, next } = await box("heidelberg-energy-control");
  expect(failSafe()).toMatchObject({ kind: "known", current_mA: 6_000 });
  const told = (): number => writes.filter(({ kind }) => kind === "fallback-current").length;
  const before = told();
  await port?.setLimit(milliamp(10_000));
  const booted = next("booted");
  reboot();
  await booted;
  expect(told()).toBeGreaterThan(before);
  expect(failSafe()).toMatchObject({ kind: "known", current_mA: 6_000 });
});

test("a limit that must fall does not wait for one that rests before it rises", async () => {
  // It wants a second between two writes.
  const { port } = await box("heidelberg-energy-control");
  expect(await port?.setLimit(milliamp(10_000))).toMatchObject({ ok: true });
  const rising = port?.setLimit(milliamp(16_000));
  const falling = port?.setLimit(milliamp(6_000));
  expect(await rising).toMatchObject({ ok: false, code: "rejected", retry: true });
  expect(await falling).toMatchObject({ ok: true, confirmed_mA: 6_000 });
});
