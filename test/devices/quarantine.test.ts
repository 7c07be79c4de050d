import { describe, expect, test } from "vitest";
import type { Link } from "../../src/core/site/index.ts";
import type { CanonicalValue } from "../../src/main/devices/profile/index.ts";
import { createModbusServer } from "../../src/main/simulator/modbus/index.ts";
import {
  createHttpDevice,
  createKebaBox,
  createTcpPushMeter,
  p1Telegram,
} from "../../src/main/simulator/network/index.ts";
import { meterOf, rigOf, stationOf, tcpLink, clockOf } from "../protocol/modbus/bench.ts";
import { ending, profileWith, run, valuesOf, type Running } from "../protocol/network/bench.ts";

const SPEED = 20;
const CHARGING = {
  state: "charging",
  plugged: 1,
  charging_active: 1,
  cable_state: 7,
  current_l1: 15_900,
  current_l2: 16_000,
  current_l3: 15_800,
  voltage_l1: 230_000,
  voltage_l2: 231_000,
  voltage_l3: 229_000,
  power: 11_000,
  energy_import: 1_234_000,
};
const CANNOT_BE = { voltage_l1: 310_000, power: 60_000, energy_import: 1_000_000 };

type Site = Running & { readonly set: (next: Record<string, CanonicalValue>) => void };

/** One box of each family on its own wire. */
const FAMILIES: readonly (readonly [family: string, profileId: string, start: (profileId: string) => Promise<Site>])[] =
  [
    [
      "Modbus",
      "heidelberg-energy-control",
      async (profileId) => {
        const box = rigOf(profileId, clockOf(SPEED), CHARGING);
        const units = new Map([[1, box.bank]]);
        const server = ending(await createModbusServer({ transport: { kind: "tcp", port: 0, framing: "rtu" }, units }));
        return { ...site(profileId, tcpLink("box", "rtu-over-tcp", server.port)), set: box.set };
      },
    ],
    [
      "HTTP",
      "goe-http",
      async (profileId) => {
        const values = valuesOf(CHARGING);
        const box = ending(await createHttpDevice({ profile: profileWith(profileId, "http"), values: values.get }));
        return { ...site(profileId, { id: "box", kind: "http", host: "127.0.0.1", port: box.port }), set: values.set };
      },
    ],
    [
      "KEBA UDP",
      "keba-p30-udp",
      async (profileId) => {
        const values = valuesOf(CHARGING);
        const clock = clockOf(SPEED);
        const profile = profileWith(profileId, "keba-udp");
        const box = ending(await createKebaBox({ profile, values: values.get, now_ms: () => clock.now_ms() }));
        return { ...site(profileId, { id: "box", kind: "udp", host: "127.0.0.1", port: box.port }), set: values.set };
      },
    ],
  ];
const site = (profileId: string, link: Link): Running =>
  run({ links: [link], stations: [stationOf("P1", profileId, "box", 1)], speed: SPEED });

describe.each(FAMILIES)("a box on %s (%s)", (_, profileId, start) => {
  test("that shows 310 V, 60 kW and a register going back has none of them, and the reading says why", async () => {
    const { set, stationReading } = await start(profileId);
    const good = await stationReading(({ energyRegister_Wh }) => energyRegister_Wh !== null);
    expect(good.quarantined).toBeUndefined();
    set(CANNOT_BE);
    const doubted = await stationReading(({ quarantined = [] }) => quarantined.length === 3);
    expect(doubted).toMatchObject({ power_W: null, energyRegister_Wh: null, voltage_mV: [null, 231_000, 229_000] });
    const told = doubted.quarantined?.map(({ what, code, value, bound }) => ({ what, code, value, bound }));
    expect(new Set(told)).toEqual(
      new Set([
        { what: "voltage_l1", code: "out-of-range", value: 310_000, bound: 299_999 },
        { what: "power", code: "above-rating", value: 60_000, bound: 28_800 },
        { what: "energy_import", code: "steps-back", value: 1_000_000, bound: 1_234_000 },
      ]),
    );
    set({ voltage_l1: 230_000, power: 11_000, energy_import: 1_234_000 });
    const again = await stationReading(({ quarantined }) => quarantined === undefined);
    expect(again).toMatchObject({ power_W: 11_000, energyRegister_Wh: 1_234_000 });
  });
});

test("a register of volt-ampere-hours says so with every reading", async () => {
  const [, profileId, start] = FAMILIES[0] ?? [];
  if (profileId === undefined || start === undefined) throw new Error("no family");
  const { stationReading } = await start(profileId);
  expect(await stationReading()).toMatchObject({ notForBilling: "apparent-energy" });
});

test("a meter that speaks by itself tells what could not be, and its count grows", async () => {
  const values = valuesOf({ ...CHARGING, power_import: 11_000, energy_export: 0 });
  const profile = profileWith("dsmr-p1", "p1");
  const meter = ending(await createTcpPushMeter(() => p1Telegram(profile, values.get, "SIM1")));
  const link: Link = { id: "p1", kind: "tcp-raw", host: "127.0.0.1", port: meter.port };
  const { meterReading, devices } = run({ links: [link], meters: [meterOf("grid", "dsmr-p1", "p1", 1)], speed: SPEED });
  const speaking = setInterval(() => {
    meter.speak();
  }, 50);
  try {
    expect((await meterReading()).quarantined).toBeUndefined();
    values.set({ voltage_l1: 310_000, energy_import: 0 });
    const { quarantined } = await meterReading((reading) => reading.quarantined?.length === 2);
    expect(quarantined).toMatchObject([
      { what: "voltage_l1", code: "out-of-range", value: 310_000 },
      { what: "energy_import", code: "zero", value: 0, bound: 1_234_000 },
    ]);
    expect(devices.health()[0]?.quarantined).toBeGreaterThanOrEqual(2);
  } finally {
    clearInterval(speaking);
  }
});
