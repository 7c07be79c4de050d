import { describe, expect, test } from "vitest";
import type { Link } from "../../../src/core/site/index.ts";
import { milliamp } from "../../../src/core/units/index.ts";
import type { CanonicalValue } from "../../../src/main/devices/profile/index.ts";
import {
  createHttpDevice,
  type HttpDeviceOptions,
  type NetworkFault,
  type SimulatedHttpDevice,
} from "../../../src/main/simulator/network/index.ts";
import { stationOf } from "../modbus/bench.ts";
import { ending, profileWith, run, valuesOf, type Running } from "./bench.ts";

const CHARGING = {
  state: "charging",
  plugged: 1,
  charging_active: 1,
  current_l1: 15_900,
  current_l2: 16_000,
  current_l3: 15_800,
  voltage_l1: 230_000,
  voltage_l2: 231_000,
  voltage_l3: 229_000,
  power: 11_000,
  energy_import: 1_234_000,
  energy_session: 5_000,
  current_limit: 16_000,
};
const PROFILES: readonly (readonly [id: string, also: Partial<HttpDeviceOptions>])[] = [
  ["goe-http", {}],
  ["openevse-http", {}],
  ["smartevse-v3-http", {}],
  ["hardybarth-ecb1", { unitId: 2 }],
  ["hardybarth-salia", { numbersAsText: true }],
  ["evse-wifi", {}],
];

type Rig = Running & {
  readonly box: SimulatedHttpDevice;
  readonly set: (next: Record<string, CanonicalValue>) => void;
};

async function rig(id: string, also: Partial<HttpDeviceOptions> = {}, link: Partial<Link> = {}): Promise<Rig> {
  const values = valuesOf(CHARGING);
  const box = ending(await createHttpDevice({ profile: profileWith(id, "http"), values: values.get, ...also }));
  const http: Link = { id: "box", kind: "http", host: "127.0.0.1", port: box.port };
  const running = run({
    links: [{ ...http, ...(link.kind === "http" ? { user: link.user ?? "", password: link.password ?? "" } : {}) }],
    stations: [stationOf("P1", id, "box", also.unitId ?? 1)],
    speed: 20,
  });
  return { ...running, box, set: values.set };
}

describe.each(PROFILES)("%s", (id, also) => {
  test("shows its values in our names and units", async () => {
    const { stationReading } = await rig(id, also);
    const profile = profileWith(id, "http");
    const names = new Set(profile.readings.flatMap((reading) => reading.what));
    const reading = await stationReading();
    expect(reading).toMatchObject({ status: "Charging", controlPilot: "C" });
    const shown = (what: string, value: number): number | null => (names.has(what) ? value : null);
    expect(reading.current_mA).toEqual([
      shown("current_l1", 15_900),
      shown("current_l2", 16_000),
      shown("current_l3", 15_800),
    ]);
    expect(reading.voltage_mV[0]).toBe(shown("voltage_l1", 230_000));
    expect(reading.power_W).toBe(shown("power", 11_000));
    expect(reading.energyRegister_Wh).toBe(1_234_000);
    expect(reading.limit_mA).toBe(shown("current_limit", 16_000));
  });

  test("takes a limit, pauses and resumes, and confirms what the box holds", async () => {
    const { port, box, until } = await rig(id, also);
    await until((event) => event.kind === "online");
    expect(await port?.setLimit(milliamp(10_000))).toEqual({ ok: true, confirmed_mA: 10_000 });
    expect(box.offered_mA).toBe(10_000);
    expect(await port?.setLimit(milliamp(0))).toEqual({ ok: true, confirmed_mA: 0 });
    expect(box.offered_mA).toBe(0);
    expect(await port?.setLimit(milliamp(13_900))).toMatchObject({ ok: true });
    expect(box.offered_mA).toBeGreaterThan(12_900);
    expect(box.offered_mA).toBeLessThanOrEqual(13_900);
    // Below 6 A there is only a pause.
    expect(await port?.setLimit(milliamp(5_900))).toEqual({ ok: true, confirmed_mA: 0 });
    expect(box.offered_mA).toBe(0);
  });
});

test("no car means available, whatever else the box shows", async () => {
  const { stationReading, set } = await rig("openevse-http");
  set({ state: "paused", plugged: 0 });
  expect(await stationReading((reading) => reading.status !== "Charging")).toMatchObject({
    status: "Available",
    controlPilot: "A",
  });
});

test("a Wall Connector is watched and cannot be told anything", async () => {
  const { stationReading, port } = await rig("tesla-twc3");
  expect(await stationReading()).toMatchObject({
    status: "Charging",
    current_mA: [15_900, 16_000, 15_800],
    energyRegister_Wh: null,
  });
  expect(await port?.setLimit(milliamp(10_000))).toMatchObject({ ok: false, code: "not-supported" });
});

test("a box with a watchdog gets its settings first and its heartbeat in time", async () => {
  const { box, stationReading } = await rig("hardybarth-salia", { numbersAsText: true });
  while (box.orders.filter((name) => name === "heartbeat").length < 2) await stationReading();
  expect(box.orders[0]).toBe("init");
});

test("a box that takes orders and does not follow is told twice and then reported", async () => {
  const { box, port, until } = await rig("goe-http");
  await until((event) => event.kind === "online");
  box.faults.current = { kind: "deaf" };
  expect(await port?.setLimit(milliamp(8_000))).toMatchObject({ ok: false, code: "not-followed", retry: true });
  expect(box.orders.filter((name) => name === "set_current")).toHaveLength(2);
});

test("a limit that somebody else changed is noticed, and the site is told that its own is gone", async () => {
  const { port, until, box } = await rig("goe-http");
  await until((event) => event.kind === "online");
  expect(await port?.setLimit(milliamp(8_000))).toMatchObject({ ok: true });
  const booted = until((event) => event.kind === "booted");
  await fetch(`http://127.0.0.1:${String(box.port)}/api/set?amp=32`);
  expect(await booted).toMatchObject({ stationId: "P1" });
});

test.each<NetworkFault>([
  { kind: "drop" },
  { kind: "half" },
  { kind: "garbage" },
  { kind: "status-500" },
  { kind: "endless" },
])(
  "with $kind there is no value, the box goes offline and comes back",
  async (fault) => {
    const { box, until, stationReading, events } = await rig("evse-wifi");
    await stationReading();
    box.faults.current = fault;
    const lost = until((event) => event.kind === "offline");
    const before = events.length;
    await lost;
    // What was on its way when the fault began may still arrive.
    expect(events.slice(before).filter((event) => event.kind === "reading").length).toBeLessThanOrEqual(1);
    box.faults.current = null;
    expect((await stationReading()).current_mA).toEqual([15_900, 16_000, 15_800]);
  },
  30_000,
);

test("a box that asks for a password is told it, and a wrong one is a reason without the password in it", async () => {
  const auth = { kind: "basic", user: "owner", password: "geheim" } as const;
  const right = await rig("openevse-http", { auth }, { kind: "http", user: "owner", password: "geheim" });
  expect(await right.stationReading()).toMatchObject({ status: "Charging" });
  const wrong = await rig("openevse-http", { auth }, { kind: "http", user: "owner", password: "erraten" });
  await wrong.until((event) => event.kind === "offline");
  const [health] = wrong.devices.health();
  expect(health).toMatchObject({ state: "offline", problem: "user or password are refused" });
  expect(JSON.stringify([wrong.devices.health(), wrong.devices.problems])).not.toContain("erraten");
});

test("nobody at the address is offline, and a limit is refused at once", async () => {
  const { box, port, until } = await rig("goe-http");
  await until((event) => event.kind === "online");
  await box.close();
  await until((event) => event.kind === "offline");
  expect(await port?.setLimit(milliamp(8_000))).toMatchObject({ ok: false, code: "offline" });
});
