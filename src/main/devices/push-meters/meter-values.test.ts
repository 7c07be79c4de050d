import { expect, test } from "vitest";
import { parseP1 } from "../../protocol/dsmr/telegram.ts";
import type { SmlReading } from "../../protocol/sml/index.ts";
import { loadAnyProfile, type AnyProfile, type ProfileOf } from "../profile/index.ts";
import { p1Values } from "./p1-values.ts";
import { smlValues } from "./sml-values.ts";

function profileWith<D extends AnyProfile["driver"]>(id: string, driver: D): ProfileOf<D> {
  const loaded = loadAnyProfile(id, ["resources/devices"]);
  const isIt = (profile: AnyProfile): profile is ProfileOf<D> => profile.driver === driver;
  if (!loaded.ok || !isIt(loaded.profile)) throw new Error(id);
  return loaded.profile;
}
const SML = profileWith("sml-ir", "sml");
const P1 = profileWith("dsmr-p1", "p1");
const p1 = (...lines: string[]) => p1Values(P1, parseP1(["/KFM5KAIFA-METER", "", ...lines].join("\r\n"), true));

/** Power as a meter with this id sends it in so many bytes, scaler -2. */
function power_W(serverId: string, raw: number, bytes: number): unknown {
  const unsigned = raw < 0 ? { unsigned: { bytes, value: (raw + 2 ** (8 * bytes)) / 100 } } : {};
  const values: SmlReading["values"] = new Map([["0100100700ff", { value: raw / 100, unit: 27, ...unsigned }]]);
  return smlValues(SML, { serverId, values }).get("power");
}

test.each([
  ["of a DVS74 that says -299.12 W and means 356.24 W", "0a01445a47000282225e", 0x8b28 - 0x10000, 2, 356],
  ["of a DVS74 in four bytes", "0a01445a47000282225e", -126_061, 4, -1_261],
  ["of a DVS74 that is positive", "0a01445a47000282225e", 35_624, 3, 356],
  ["of a DVS74 that was built later", "0a01445a4700039e2053", 0xd6ca - 0x10000, 2, -106],
  ["of a DWS", "0a01445a470002632316", 0x86a8 - 0x10000, 2, -311],
  ["of another maker's meter with such a number", "0a0149534b000282225e", 0x8b28 - 0x10000, 2, -299],
  ["of a meter that has no id", "", 0x8b28 - 0x10000, 2, -299],
])("the sign of the power %s", (_, serverId, raw, bytes, expected) => {
  expect(Math.abs(Number(power_W(serverId, raw, bytes)) - expected)).toBeLessThanOrEqual(1);
});

test.each([
  ["that counts import alone", {}, 2_475],
  ["that counts export too, for its direction is not told", { "0100020800ff": { value: 1_000, unit: 30 } }, undefined],
  ["that sends it with direction too", { "0100100700ff": { value: -300, unit: 27 } }, -300],
])("power without direction (EMH ED300L) is the power of a meter %s", (_, also, expected) => {
  const values: SmlReading["values"] = new Map(
    Object.entries({
      "0100010800ff": { value: 98_177_818, unit: 30 },
      "01000f0700ff": { value: 2_475, unit: 27 },
      ...also,
    }),
  );
  expect(smlValues(SML, { serverId: "06454d4801001d4615ca", values }).get("power")).toBe(expected);
});

test("a meter that prints whole amperes and no voltage draws at least what its power makes at 230 V", () => {
  const values = p1(
    "1-0:31.7.0(000*A)",
    "1-0:51.7.0(006*A)",
    "1-0:71.7.0(002*A)",
    "1-0:21.7.0(00.170*kW)",
    "1-0:22.7.0(00.000*kW)",
    "1-0:41.7.0(01.247*kW)",
    "1-0:42.7.0(00.000*kW)",
    "1-0:61.7.0(00.000*kW)",
    "1-0:62.7.0(00.690*kW)",
  );
  expect(["l1", "l2", "l3"].map((phase) => values.get(`current_${phase}`))).toEqual([739, 6_000, -3_000]);
});

test("the current of a meter with one phase has the direction of all its power; of three nobody can tell it", () => {
  const feedsIn = ["1-0:1.7.0(00.000*kW)", "1-0:2.7.0(01.200*kW)"];
  expect(p1(...feedsIn, "1-0:32.7.0(230.0*V)", "1-0:31.7.0(005*A)").get("current_l1")).toBe(-5_217);
  const three = p1(...feedsIn, "1-0:31.7.0(002*A)", "1-0:51.7.0(002*A)", "1-0:71.7.0(002*A)");
  expect(["l1", "l2", "l3"].map((phase) => three.get(`current_${phase}`))).toEqual([2_000, 2_000, 2_000]);
});

test("a meter that shows neither current nor voltage has no current", () => {
  expect(p1("1-0:21.7.0(00.170*kW)", "1-0:22.7.0(00.000*kW)").has("current_l1")).toBe(false);
});

test("a Belgian meter that feeds in: tariffs add up, power and currents are negative, absent phases stay absent", () => {
  const values = p1(
    "0-0:96.1.4(50217)",
    "1-0:1.8.1(000000.034*kWh)",
    "1-0:1.8.2(000015.758*kWh)",
    "1-0:2.8.1(000000.000*kWh)",
    "1-0:2.8.2(000000.011*kWh)",
    "1-0:1.4.0(02.351*kW)",
    "1-0:1.6.0(200509134558S)(02.589*kW)",
    "1-0:1.7.0(00.000*kW)",
    "1-0:2.7.0(00.500*kW)",
    "1-0:21.7.0(00.000*kW)",
    "1-0:22.7.0(00.500*kW)",
    "1-0:32.7.0(234.7*V)",
    "1-0:31.7.0(002.13*A)",
  );
  expect(Object.fromEntries(values)).toMatchObject({
    power: -500,
    energy_import: 15_792,
    energy_export: 11,
    power_l1: -500,
    current_l1: -2_130,
    voltage_l1: 234_700,
  });
  expect(values.has("current_l2")).toBe(false);
});

test("an Austrian or Luxembourg meter that counts in Wh and W, or sends a total, is read by its total", () => {
  const austrian = p1(
    "1-0:1.8.0(006545766*Wh)",
    "1-0:1.8.1(005017120*Wh)",
    "1-0:1.7.0(000000286*W)",
    "1-0:2.7.0(000000000*W)",
  );
  expect([austrian.get("energy_import"), austrian.get("power")]).toEqual([6_545_766, 286]);
  const swedish = p1("1-0:1.8.0(00006678.394*kWh)", "1-0:1.7.0(0001.727*kW)", "1-0:2.7.0(0000.000*kW)");
  expect([swedish.get("energy_import"), swedish.get("power")]).toEqual([6_678_394, 1_727]);
});
