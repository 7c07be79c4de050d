import { createSocket } from "node:dgram";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CanonicalValue } from "../../src/main/devices/profile/index.ts";
import { createModbusServer } from "../../src/main/simulator/modbus/index.ts";
import {
  createKebaBox,
  createMulticastMeter,
  createSunspecBank,
  createTcpPushMeter,
  p1Telegram,
  smlFile,
  speedwireDatagram,
  type SimulatedPushMeter,
} from "../../src/main/simulator/network/index.ts";
import { clockOf } from "../protocol/modbus/bench.ts";
import { profileWith } from "../protocol/network/bench.ts";
import { createUdpServer } from "../protocol/modbus/udp-server.ts";
import { rigOf } from "../protocol/modbus/bench.ts";
import { folder, run, type Folder } from "./doctor-run.ts";

const TIMEOUT_ms = 120_000;
const SHOWN: ReadonlyMap<string, CanonicalValue> = new Map<string, CanonicalValue>([
  ["state", "charging"],
  ["cable_state", 7],
  ["power", 11_040],
  ["power_import", 11_040],
  ["power_export", 0],
  ["power_l1", 3_680],
  ["power_l2", 3_680],
  ["power_l3", 3_680],
  ["power_import_l1", 3_680],
  ["power_import_l2", 3_680],
  ["power_import_l3", 3_680],
  ["power_export_l1", 0],
  ["power_export_l2", 0],
  ["power_export_l3", 0],
  ["current_l1", 16_000],
  ["current_l2", 16_000],
  ["current_l3", 16_000],
  ["voltage_l1", 230_000],
  ["voltage_l2", 230_000],
  ["voltage_l3", 230_000],
  ["energy_import", 123_000],
  ["energy_export", 4_000],
  ["model_code", 0xa1b1],
]);
const get = (what: string): CanonicalValue | undefined => SHOWN.get(what);
const READINGS = {
  power_W: 11_040,
  current_mA: [16_000, 16_000, 16_000],
  voltage_mV: [230_000, 230_000, 230_000],
  energy_import_Wh: 123_000,
  energy_export_Wh: 4_000,
};

const cleanups: (() => unknown)[] = [];
let here: Folder;
beforeEach(() => {
  here = folder();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  here.remove();
});

const tcp = (kind: string, port: number): string => `{id: l1, kind: ${kind}, host: 127.0.0.1, port: ${String(port)}}`;
const speaking = (meter: SimulatedPushMeter): string => {
  const timer = setInterval(() => {
    meter.speak();
  }, 50);
  cleanups.push(
    () => meter.close(),
    () => {
      clearInterval(timer);
    },
  );
  return tcp("tcp-raw", meter.port);
};

/** One meter of each family, and the link to it as a site file names it. */
const FAMILIES: readonly (readonly [family: string, profileId: string, start: () => Promise<string>])[] = [
  [
    "P1",
    "dsmr-p1",
    async () => speaking(await createTcpPushMeter(() => p1Telegram(profileWith("dsmr-p1", "p1"), get, "E0001"))),
  ],
  ["SML", "sml-ir", async () => speaking(await createTcpPushMeter(() => smlFile(profileWith("sml-ir", "sml"), get)))],
  [
    "speedwire",
    "sma-energy-meter",
    async () => {
      const [group, port] = ["239.12.255.254", await freeUdpPort()];
      const profile = profileWith("sma-energy-meter", "speedwire");
      speaking(await createMulticastMeter({ group, port }, () => speedwireDatagram(profile, get, 1_900_123_456)));
      return `{id: l1, kind: udp-multicast, group: ${group}, port: ${String(port)}, interface: 127.0.0.1}`;
    },
  ],
  [
    "SunSpec",
    "sunspec-meter",
    async () => {
      const units = new Map([[1, createSunspecBank({ base: 40_000, model: "integer", values: get })]]);
      const server = await createModbusServer({ transport: { kind: "tcp", port: 0, framing: "mbap" }, units });
      cleanups.push(() => server.close());
      return tcp("modbus-tcp", server.port);
    },
  ],
  [
    "Modbus in datagrams",
    "victron-vm3p75ct",
    async () => {
      const meter = await createUdpServer(
        new Map([[1, rigOf("victron-vm3p75ct", clockOf(1), Object.fromEntries(SHOWN)).bank]]),
      );
      cleanups.push(meter.close);
      return tcp("udp", meter.port);
    },
  ],
];

test.each(FAMILIES)(
  "a meter on %s (%s) is read once, in our names and units",
  { timeout: TIMEOUT_ms },
  async (_, profileId, start) => {
    const link = await start();
    const site = here.site(link, `meters: [{id: m1, profile: ${profileId}, link: l1, unitId: 1}]\nstations: []`);
    const { code, out, err } = await run(["read", "--site", site, "--id", "m1", "--data", join(here.path, "data")]);
    expect(code).toBe(0);
    // What the document names and the device does not give is said, value by value.
    for (const line of err.trimEnd().split("\n")) expect(line).toMatch(/^(?:|[a-z_0-9]+: .+)$/u);
    expect(out[0]).toMatchObject({ id: "m1", profile: profileId, ok: true, readings: READINGS });
  },
);

test("a KEBA box is read without an order, told its limit and shows it", { timeout: TIMEOUT_ms }, async () => {
  const profile = profileWith("keba-p30-udp", "keba-udp");
  const clock = clockOf(1);
  const box = await createKebaBox({ profile, values: get, now_ms: () => clock.now_ms() });
  cleanups.push(() => box.close());
  const site = here.site(
    tcp("udp", box.port),
    "stations: [{id: b1, name: Bay, circuit: main, phases: 3, max_A: 16, fallback_A: 6, profile: keba-p30-udp, link: l1}]",
  );
  const args = ["--site", site, "--id", "b1", "--data", join(here.path, "data")];
  const { power_W, current_mA, voltage_mV, energy_import_Wh } = READINGS;
  expect((await run(["read", ...args])).out[0]).toMatchObject({
    ok: true,
    readings: { state: "charging", power_W, current_mA, voltage_mV, energy_import_Wh },
  });
  expect(box.commands.every((command) => command === "i" || command.startsWith("report "))).toBe(true);
  expect(await run(["set", ...args, "--current_A", "10"])).toEqual({
    code: 0,
    err: "",
    out: [{ ok: true, written_mA: 10_000, readback_mA: 10_000 }],
  });
  expect(box.offered_mA).toBe(10_000);
});

/** A port that nobody listened to a moment ago. */
async function freeUdpPort(): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => {
    socket.bind(0, "127.0.0.1", resolve);
  });
  const { port } = socket.address();
  await new Promise<void>((resolve) => {
    socket.close(resolve);
  });
  return port;
}
