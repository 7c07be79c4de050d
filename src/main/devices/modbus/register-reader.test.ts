import { describe, expect, test } from "vitest";
import { epochMs } from "../../../core/units/index.ts";
import type { BusReply } from "../../links/bus.ts";
import type { ModbusRequest } from "../../protocol/modbus/index.ts";
import { parseProfile, type DeviceProfile } from "../profile/index.ts";
import type { DeviceWire } from "./device-wire.ts";
import { createRegisterReader, type RegisterReader } from "./register-reader.ts";

const profile = ((): DeviceProfile => {
  const loaded = parseProfile(
    `
schema: 1
id: test-meter
kind: meter
vendor: Test
models: [Meter]
driver: modbus
evidence: single
transport: {options: [tcp]}
limits: {max_read: 10, max_gap: 0}
registers:
  - {what: current_l1, fc: 4, address: 0, type: u16, scale: 0.1, unit: A, poll: fast}
  - {what: power, fc: 4, address: 1, type: u16, unit: W, poll: fast}
  - {what: energy_import, fc: 4, address: 20, type: u16, unit: kWh, poll: slow}
sources: [made for this test]
`,
    "test-meter.yaml",
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.profile;
})();

const ALL = new Set(["fast", "energy"] as const);
const REFUSED: BusReply = { ok: false, code: "exception", exception: 2 };

/** A device that holds 7 everywhere and refuses what a test says. */
function device(isRefused: (address: number) => boolean): {
  readonly reader: RegisterReader;
  readonly asked: number[];
  readonly at: { now_ms: number; refuses: (address: number) => boolean; isDead: boolean };
} {
  const at = { now_ms: 0, refuses: isRefused, isDead: false };
  const asked: number[] = [];
  const ask = (request: ModbusRequest): Promise<BusReply> => {
    asked.push(request.address);
    if (at.isDead) return Promise.resolve({ ok: false, code: "timeout" });
    const count = "count" in request ? request.count : 0;
    const addresses = Array.from({ length: count }, (_, i) => request.address + i);
    if (addresses.some((address) => at.refuses(address))) return Promise.resolve(REFUSED);
    return Promise.resolve({ ok: true, reply: { kind: "registers", fc: 4, registers: addresses.map(() => 7) } });
  };
  const wire: Pick<DeviceWire, "ask"> = { ask };
  const reader = createRegisterReader({
    profile,
    wire,
    now_ms: () => epochMs(at.now_ms),
    wants: /^(?:current_l1|power|energy_import)$/u,
  });
  return { reader, asked, at };
}

describe("a device that refuses a value", () => {
  test("is asked for it again now and then, ever more seldom, while the others are read at every poll", async () => {
    const { reader, asked, at } = device((address) => address === 1);
    let again = 0;
    for (at.now_ms = 0; at.now_ms < 3_600_000; at.now_ms += 1_000) {
      asked.length = 0;
      expect(await reader.read(ALL)).toBe("answered");
      if (at.now_ms > 0) again += asked.filter((address) => address === 1).length;
      expect(reader.get("current_l1")).toMatchObject({ value: 700, at_ms: at.now_ms });
    }
    expect(again).toBeGreaterThan(2);
    expect(again).toBeLessThan(6);
    expect(reader.has("power")).toBe(false);
  });

  test("gets it back soon after it is there", async () => {
    const { reader, at } = device((address) => address === 1);
    await reader.read(ALL);
    expect([...reader.learned.missing]).toEqual(["4:1"]);
    at.refuses = () => false;
    at.now_ms = 10_000;
    await reader.read(ALL);
    expect(reader.get("power")).toMatchObject({ value: 7 });
    expect(reader.learned.missing.size).toBe(0);
  });

  test("as one that still starts refuses everything, is read whole a few polls after it has started", async () => {
    const { reader, at } = device(() => true);
    for (let i = 0; i < 20; i += 1) {
      at.now_ms += 1_000;
      expect(await reader.read(ALL)).toBe("answered");
    }
    expect(reader.learned.missing.size).toBe(3);
    at.refuses = () => false;
    for (let i = 0; i < 4; i += 1) {
      at.now_ms += 1_000;
      await reader.read(ALL);
    }
    expect(["current_l1", "power", "energy_import"].map((what) => reader.get(what)?.value)).toEqual([700, 7, 7_000]);
  });

  test("everything, and then dies, is missed", async () => {
    const { reader, at } = device(() => true);
    for (let i = 0; i < 5; i += 1) await reader.read(ALL);
    at.isDead = true;
    expect(await reader.read(ALL)).toBe("missed");
  });
});
