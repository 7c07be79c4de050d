import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Station } from "../../../src/core/site/index.ts";
import { milliamp } from "../../../src/core/units/index.ts";
import type { ModbusDevices } from "../../../src/main/devices/modbus/index.ts";
import type { StationPort } from "../../../src/main/devices/ports.ts";
import {
  profileForConnector,
  type CanonicalValue,
  type DeviceProfile,
} from "../../../src/main/devices/profile/index.ts";
import {
  createModbusServer,
  profileBank,
  type BankWrite,
  type ModbusServer,
  type ProfileBank,
} from "../../../src/main/simulator/modbus/index.ts";
import {
  clockOf,
  createRecorder,
  PROFILE_FOLDERS,
  profileOf,
  startDevices,
  stationOf,
  tcpLink,
} from "../../protocol/modbus/bench.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Running = {
  readonly bank: ProfileBank;
  readonly port: StationPort;
  readonly server: ModbusServer;
  readonly devices: ModbusDevices;
  readonly writes: BankWrite[];
  readonly recorder: ReturnType<typeof createRecorder>;
};

/** A box whose document says `profileId` and which in truth behaves as `truth` says. */
async function box(
  profileId: string,
  truth: (profile: DeviceProfile) => DeviceProfile,
  options: {
    readonly framing?: "ascii" | "mbap";
    readonly connector?: number;
    readonly values?: (what: string, bank: ProfileBank) => CanonicalValue | undefined;
    readonly ownProfiles?: string;
  } = {},
): Promise<Running> {
  const { framing = "mbap", connector, values, ownProfiles } = options;
  const clock = clockOf(20);
  const writes: BankWrite[] = [];
  const bank: ProfileBank = profileBank({
    profile: truth(profileOf(profileId)),
    now_ms: () => clock.now_ms(),
    onWrite: (write) => writes.push(write),
    values: (what) =>
      values?.(what, bank) ?? (what === "state" ? "charging" : what.startsWith("voltage") ? 230_000 : undefined),
  });
  const server = await createModbusServer({
    transport: { kind: "tcp", port: 0, framing },
    units: new Map([[1, bank]]),
  });
  cleanups.push(() => server.close());
  const plain = stationOf("P1", profileId, "gw", 1);
  const station: Station =
    connector === undefined || plain.connection.kind !== "profile"
      ? plain
      : { ...plain, connection: { ...plain.connection, connector } };
  const recorder = createRecorder();
  const first = recorder.until((event) => event.kind === "reading");
  const link = tcpLink("gw", framing === "mbap" ? "modbus-tcp" : "rtu-over-tcp", server.port);
  const devices = startDevices(clock, recorder.emit, {
    links: [link],
    stations: [station],
    ...(ownProfiles === undefined ? {} : { ownProfiles }),
  });
  cleanups.push(() => devices.stop());
  await first;
  const [port] = devices.stations;
  if (port === undefined) throw new Error("no station");
  return { bank, port, server, devices, writes, recorder };
}

test("the third socket of a CHARX row is told apart by its addresses", async () => {
  const running = await box("phoenix-charx", (profile) => profileForConnector(profile, 3), { connector: 3 });
  expect(await running.port.setLimit(milliamp(13_000))).toEqual({ ok: true, confirmed_mA: 13_000 });
  expect(running.bank.offered_mA()).toBe(13_000);
});

test("a box whose words come in the other order than its document says is understood and told rightly", async () => {
  const running = await box("webasto-next", (profile) => ({ ...profile, word_order: "lsw" }));
  const compact = await box("alfen-eve", (profile) => ({ ...profile, word_order: "lsw" }));
  expect(await compact.port.setLimit(milliamp(11_000))).toMatchObject({ ok: true, confirmed_mA: 11_000 });
  expect(compact.bank.offered_mA()).toBe(11_000);
  // Without a voltage of two words nothing can be found out, and nothing is turned round.
  expect(await running.port.setLimit(milliamp(11_000))).toMatchObject({ ok: true });
});

test("ABL's sleeping controller is asked twice and loses no command", async () => {
  const running = await box("abl-emh1", (profile) => profile, { framing: "ascii" });
  running.server.faults.set({ kind: "drop" });
  expect(await running.port.setLimit(milliamp(10_000))).toMatchObject({ ok: true });
  expect(running.bank.offered_mA()).toBeLessThanOrEqual(10_000);
  expect(running.devices.health().devices[0]?.state).toBe("online");
});

test("a box that takes watts is told anew when its car turns out to charge on one phase", async () => {
  const values = (what: string, bank: ProfileBank): CanonicalValue | undefined => {
    if (!/^current_l[123]$/u.test(what)) return undefined;
    return what === "current_l1" && (bank.offered_mA() ?? 0) > 0 ? 10_000 : 0;
  };
  const running = await box("foxess-evc", (profile) => profile, { values });
  await running.port.setLimit(milliamp(12_000));
  const watts = (): readonly number[] =>
    running.writes.flatMap((write) => (write.kind === "set-current" ? [write.current_mA] : []));
  await running.recorder.until((event) => event.kind === "reading" && (watts().at(-1) ?? 0) <= 12_000);
  expect(watts().at(-1)).toBeGreaterThan(11_000);
  // It goes up to its maximum by nature, and shows that it was told not to.
  expect(running.port.failSafe?.()).toEqual({ kind: "known", current_mA: 6_000, timeout_ms: 60_000 });
});

test("settings that are right already are not written again, for many registers are flash", async () => {
  const running = await box("bender-cc", (profile) => profile);
  expect(running.port.failSafe?.()).toMatchObject({ kind: "known", current_mA: 6_000, timeout_ms: 60_000 });
  const told = (): number => running.writes.filter(({ kind }) => kind === "fallback-current").length;
  expect(told()).toBe(1);
  await running.devices.stop();
  const again = startDevices(clockOf(20), running.recorder.emit, {
    links: [tcpLink("gw", "modbus-tcp", running.server.port)],
    stations: [stationOf("P1", "bender-cc", "gw", 1)],
  });
  cleanups.push(() => again.stop());
  await running.recorder.until((event) => event.kind === "reading");
  expect(again.stations[0]?.failSafe?.()).toMatchObject({ kind: "known", current_mA: 6_000 });
  expect(told()).toBe(1);
});

test("a box is not switched to other phases twice within its rest", async () => {
  const running = await box("kathrein-kwb", (profile) => profile, {
    values: (what) => (/^current_l[123]$/u.test(what) ? 0 : undefined),
  });
  await running.port.setLimit(milliamp(10_000));
  expect(await running.port.switchPhases?.(1)).toEqual({ ok: true });
  expect(await running.port.switchPhases?.(3)).toMatchObject({ ok: false, code: "rejected", retry: true });
  expect(running.bank.offered_mA()).toBe(10_000);
});

/** A folder where the owner vouches for all that the app's own document of this box is unsure of. */
function vouchedFor(profileId: string): string {
  const folder = mkdtempSync(join(tmpdir(), "own-profiles-"));
  cleanups.push(() => {
    rmSync(folder, { recursive: true });
    return Promise.resolve();
  });
  const text = readFileSync(join(PROFILE_FOLDERS[0] ?? "", "chargers", `${profileId}.yaml`), "utf8");
  writeFileSync(join(folder, `${profileId}.yaml`), text.replaceAll(/,?\s*unverified: true/gu, ""));
  return folder;
}

test.each(["keba-p30-modbus", "daheimladen", "edgetech-smartevse"])(
  "%s is not switched to other phases by a register that its document does not vouch for, and that is said",
  async (profileId) => {
    const { port, devices, writes } = await box(profileId, (profile) => profile);
    expect("switchPhases" in port || "wakeUp" in port).toBe(false);
    expect(devices.health().devices[0]?.unsure).toContain("phases");
    await port.setLimit(milliamp(10_000));
    expect(writes.some(({ kind }) => kind === "phases")).toBe(false);
    const own = await box(profileId, (profile) => profile, { ownProfiles: vouchedFor(profileId) });
    expect("switchPhases" in own.port).toBe(true);
    expect(own.devices.health().devices[0]?.unsure).toEqual([]);
  },
);

test("a box that keeps its phases in one bit of its settings is switched without touching the other bits", async () => {
  const settings = (bank: ProfileBank): number | undefined => {
    const reply = bank.answer({ fc: 3, address: 0x0204, count: 1 });
    return reply.kind === "registers" ? reply.registers[0] : undefined;
  };
  const running = await box("edgetech-smartevse", (profile) => profile, {
    ownProfiles: vouchedFor("edgetech-smartevse"),
    values: (what) => (/^current_l[123]$/u.test(what) ? 0 : undefined),
  });
  running.bank.answer({ fc: 6, address: 0x0204, value: 0x0017 });
  await running.port.setLimit(milliamp(10_000));
  expect(await running.port.switchPhases?.(1)).toEqual({ ok: true });
  expect(settings(running.bank)).toBe(0x0016);
  expect(running.writes.filter(({ kind }) => kind === "phases").at(-1)).toEqual({ kind: "phases", phases: 1 });
  expect(running.bank.offered_mA()).toBe(10_000);
});

test("a box that comes with ten minutes until it falls back is told one, and its fallback before that", async () => {
  const { writes, port } = await box("free2move-eprowallbox", (profile) => profile);
  expect(writes.filter(({ kind }) => kind === "fallback-current" || kind === "watchdog-timeout")).toEqual([
    { kind: "fallback-current", current_mA: 6_000 },
    { kind: "watchdog-timeout", timeout_ms: 60_000 },
  ]);
  expect(port.failSafe?.()).toEqual({ kind: "known", current_mA: 6_000, timeout_ms: 60_000 });
});
