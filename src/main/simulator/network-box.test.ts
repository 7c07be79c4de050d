import { expect, test } from "vitest";
import { milliamp, wattHour } from "../../core/units/index.ts";
import { loadAnyProfile, type AnyProfile, type ProfileOf } from "../devices/profile/index.ts";
import { createHttpBox, createKebaUdpBox } from "./network-box.ts";
import { PROFILE_FOLDERS } from "./simulated-site.ts";
import type { SimulatedBox } from "./world.ts";

const V = 230_000;
const CAR = {
  seed: 1,
  soc_permille: 100,
  model: {
    name: "test",
    phases: 3,
    current_mA_max: milliamp(16_000),
    battery_Wh: 60_000,
    target_permille: 1000,
    follow_ms: [0, 0],
    resume_ms: 0,
    pausesItself: false,
    overdraw_permille: 0,
  },
} as const;
const BOX = {
  stationId: "P1",
  phases: 3,
  current_mA_max: 32_000,
  fallback_mA: 8_000,
  register_Wh: wattHour(1_000),
} as const;

function profileOf<D extends AnyProfile["driver"]>(id: string, driver: D): ProfileOf<D> {
  const loaded = loadAnyProfile(id, PROFILE_FOLDERS);
  if (!loaded.ok || !isOf(loaded.profile, driver)) throw new Error(`${id} is not driven by ${driver}`);
  return loaded.profile;
}
const isOf = <D extends AnyProfile["driver"]>(profile: AnyProfile, driver: D): profile is ProfileOf<D> =>
  profile.driver === driver;

/** A box with a car at it, a clock that the test moves, and what flows a second later. */
function withCar<B extends SimulatedBox>(box: B) {
  let now_ms = 0;
  box.plugIn(CAR, null);
  return {
    box,
    flowing: () => {
      now_ms += 1_000;
      box.tick(now_ms);
      box.evse.step(now_ms, 500, [V, V, V]);
      return box.evse.step(now_ms + 500, 500, [V, V, V]).drawn_mA;
    },
  };
}

function webBox(id: string) {
  let real_ms = 0;
  const box = createHttpBox({ ...BOX, profile: profileOf(id, "http"), unitId: 1, wire_ms: () => real_ms });
  const ask = (method: string, path: string, body = ""): string | null =>
    box.unit.answer({ method, path, body }, false);
  return { ...withCar(box), ask, wait: (by_ms: number) => void (real_ms += by_ms) };
}

test("a box on the web charges as its installer set it, then as it is told, pauses and resumes", () => {
  const { flowing, ask } = webBox("goe-http");
  expect(flowing()).toEqual([8_000, 8_000, 8_000]);
  ask("GET", "/api/set?amp=13");
  expect(flowing()).toEqual([13_000, 13_000, 13_000]);
  ask("GET", "/api/set?frc=1");
  expect(flowing()).toEqual([0, 0, 0]);
  ask("GET", "/api/set?frc=2");
  expect(flowing()).toEqual([13_000, 13_000, 13_000]);
});

test("told to use one phase it leaves the others without current until it is told to use three", () => {
  const { flowing, ask } = webBox("goe-http");
  expect(ask("GET", "/api/set?psm=1")).not.toBeNull();
  expect(flowing()).toEqual([8_000, 0, 0]);
  ask("GET", "/api/set?psm=2");
  expect(flowing()).toEqual([8_000, 8_000, 8_000]);
});

test("a path and an order it does not know are not answered", () => {
  const { flowing, ask } = webBox("goe-http");
  expect(ask("GET", "/api/set?amp=many")).toBeNull();
  expect(ask("POST", "/api/set?amp=13")).toBeNull();
  expect(flowing()).toEqual([8_000, 8_000, 8_000]);
});

test("a box with a heartbeat falls back to its safe current when it hears none, and follows again when it does", () => {
  const { flowing, ask, wait } = webBox("hardybarth-salia");
  ask("PUT", "/api/secc", '{"grid_current_limit":"14"}');
  wait(29_000);
  expect(flowing()).toEqual([14_000, 14_000, 14_000]);
  wait(2_000);
  expect(flowing()).toEqual([8_000, 8_000, 8_000]);
  ask("PUT", "/api/secc", '{"salia/heartbeat":"alive"}');
  expect(flowing()).toEqual([14_000, 14_000, 14_000]);
});

test("numbers are texts where the box wants them as texts", () => {
  const { flowing, ask } = webBox("hardybarth-salia");
  flowing();
  expect(ask("GET", "/api")).toContain('"actual":"8000"');
});

test("a box that cannot be told anything gives its car all it wants", () => {
  expect(webBox("tesla-twc3").flowing()).toEqual([16_000, 16_000, 16_000]);
});

test("a KEBA box falls to the current it was given for silence, and wants its limit again", () => {
  let real_ms = 0;
  const profile = profileOf("keba-p30-udp", "keba-udp");
  const { box, flowing } = withCar(createKebaUdpBox({ ...BOX, profile, wire_ms: () => real_ms }));
  expect(flowing()).toEqual([8_000, 8_000, 8_000]);
  for (const command of ["failsafe 60 6000 0", "curr 12000", "ena 1"]) box.unit.answer(command, false);
  expect(flowing()).toEqual([12_000, 12_000, 12_000]);
  real_ms += 61_000;
  expect(flowing()).toEqual([6_000, 6_000, 6_000]);
  box.unit.answer("curr 12000", false);
  expect(flowing()).toEqual([12_000, 12_000, 12_000]);
  expect(box.unit.answer("dance", false)).toContain("TCH-ERR");
});

test("a fault at the box ends the charge", () => {
  const { box, flowing } = webBox("goe-http");
  flowing();
  box.setFault(true);
  expect(flowing()).toEqual([0, 0, 0]);
});
