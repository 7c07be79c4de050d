import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { milliamp, wattHour } from "../../core/units/index.ts";
import { loadProfile } from "../devices/profile/index.ts";
import { createMeterBank, createModbusBox } from "./modbus-box.ts";

const FOLDERS = [join(import.meta.dirname, "../../../resources/devices")];
const profile = (id: string) => {
  const loaded = loadProfile(id, FOLDERS);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.profile;
};
const CAR = {
  seed: 3,
  soc_permille: 100,
  model: {
    name: "test",
    phases: 3,
    current_mA_max: milliamp(16_000),
    battery_Wh: 60_000,
    target_permille: 1000,
    follow_ms: [2000, 5000],
    resume_ms: 0,
    pausesItself: false,
    overdraw_permille: 0,
  },
} as const;

function heidelberg() {
  let now_ms = 0;
  const box = createModbusBox({
    stationId: "P05",
    profile: profile("heidelberg-energy-control"),
    phases: 3,
    current_mA_max: 16_000,
    fallback_mA: 6000,
    register_Wh: wattHour(70_000),
    wire_ms: () => now_ms,
  });
  const read = (address: number, count = 1): readonly number[] => {
    const reply = box.bank.answer({ fc: 4, address, count });
    return reply.kind === "registers" ? reply.registers : [];
  };
  return {
    box,
    read,
    /** Time passes for wire and car; `polled` keeps the watchdog quiet. */
    live: (seconds: number, polled: boolean): void => {
      for (let i = 0; i < seconds * 4; i += 1) {
        now_ms += 250;
        if (polled) read(5);
        box.tick(now_ms);
        box.evse.step(now_ms, 250, [230_000, 230_000, 230_000]);
      }
    },
  };
}

describe("a simulated Heidelberg box", () => {
  test("charges nobody until it is told, then as much as it is told", () => {
    const { box, read, live } = heidelberg();
    box.plugIn(CAR, null);
    live(20, true);
    expect(read(6, 3)).toEqual([0, 0, 0]);
    box.bank.answer({ fc: 16, address: 261, values: [130] });
    live(10, true);
    expect(read(6, 3)).toEqual([130, 130, 130]);
    expect(read(5)).toEqual([7]);
  });

  test("falls to its safe current when nobody asks any more, and comes back when told", () => {
    const { box, read, live } = heidelberg();
    box.plugIn(CAR, null);
    box.bank.answer({ fc: 16, address: 261, values: [160] });
    live(14, false);
    expect(box.evse.reading().drawn_mA[0]).toBe(16_000);
    live(10, false);
    expect(box.evse.reading().drawn_mA[0]).toBe(6000);
    box.bank.answer({ fc: 16, address: 261, values: [110] });
    live(10, true);
    expect(read(6, 3)).toEqual([110, 110, 110]);
  });

  test("its lifetime register grows by what the car takes", () => {
    const { box, read, live } = heidelberg();
    box.plugIn(CAR, null);
    box.bank.answer({ fc: 16, address: 261, values: [160] });
    live(3600, true);
    const [high = 0, low = 0] = read(17, 2);
    expect(high * 65_536 + low).toBe(box.evse.register_Wh);
    expect(box.evse.register_Wh - 70_000).toBe(box.evse.received_Wh);
    expect(box.evse.received_Wh).toBeGreaterThan(10_900);
    box.unplug();
    live(1, true);
    expect(read(5)).toEqual([2]);
  });
});

describe("a simulated SDM630", () => {
  test("shows the world's currents, power and energy as floats", () => {
    const bank = createMeterBank({
      profile: profile("eastron-sdm630"),
      read: () => ({
        meterId: "grid",
        current_mA: [12_345, 0, 31_000],
        voltage_mV: [230_500, 229_000, 231_000],
        power_mW: [2_845_522, 0, 7_161_000],
        import_Wh: wattHour(123_456),
        importOfPhase_Wh: [wattHour(41_152), wattHour(41_152), wattHour(41_152)],
      }),
    });
    const float = (address: number): number => {
      const reply = bank.answer({ fc: 4, address, count: 2 });
      const [high = 0, low = 0] = reply.kind === "registers" ? reply.registers : [];
      return new DataView(Uint16Array.of(low, high).buffer).getFloat32(0, true);
    };
    expect(float(0x0006)).toBeCloseTo(12.345, 4);
    expect(float(0x0000)).toBeCloseTo(230.5, 3);
    expect(float(0x0034)).toBeCloseTo(10_007, 0);
    expect(float(0x0048)).toBeCloseTo(123.456, 3);
  });
});
