import { expect, test } from "vitest";
import { allocate } from "../../src/core/balancing/index.ts";
import { milliamp, watt } from "../../src/core/units/index.ts";
import type { PerPhase } from "../../src/core/units/index.ts";
import type { StationReading } from "../../src/main/devices/ports.ts";
import { activePhases, drawn_mA } from "../../src/main/site/box-view.ts";
import { createPhaseDesk } from "../../src/main/site/phase-desk.ts";
import { allocationRequest } from "../../src/main/site/allocation-input.ts";
import type { StationState } from "../../src/main/site/state.ts";
import { virtualSite } from "../scenarios/virtual-site.ts";
import type { VirtualSite } from "../scenarios/virtual-site.ts";

const MINUTE_S = 60;

// What is learned of a car frees current for others: it may count no longer than it was seen.

const onePhaseCar = async (): Promise<{ readonly site: VirtualSite; readonly state: StationState }> => {
  const site = virtualSite({ points: 1, fuse_A: 40, rotations: ["L1L2L3"] });
  const box = site.box("P01");
  box.carPhases = 1;
  box.plugged = true;
  const state = site.state.stations.get("P01");
  if (state === undefined) throw new Error("P01 is a station");
  await site.run(90);
  return { site, state };
};

const says = (site: VirtualSite, more: Partial<StationReading>): void => {
  site.emit({
    kind: "reading",
    stationId: "P01",
    reading: {
      measured_at_ms: site.clock.now_ms(),
      status: null,
      controlPilot: null,
      current_mA: [null, null, null],
      voltage_mV: [null, null, null],
      power_W: null,
      energyRegister_Wh: null,
      limit_mA: null,
      errorCode: null,
      ...more,
    },
  });
};

const amps = (l1: number, l2: number, l3: number): PerPhase<ReturnType<typeof milliamp>> => [
  milliamp(l1 * 1000),
  milliamp(l2 * 1000),
  milliamp(l3 * 1000),
];

test("a car that has shown one phase counts on it alone", async () => {
  const { state } = await onePhaseCar();
  expect(activePhases(state)).toEqual(["L1"]);
});

test("one measurement that is told three times, with other news, proves no phases", async () => {
  const { site, state } = await onePhaseCar();
  state.habits = { ...state.habits, phases: null, seen: 0, pattern: "" };
  says(site, { current_mA: amps(16, 0, 0) });
  for (let times = 0; times < 5; times += 1) says(site, { status: "Charging" });
  expect(activePhases(state)).toHaveLength(3);
});

test("a power that comes alone makes no current young", async () => {
  const { site, state } = await onePhaseCar();
  const measured_at_ms = state.reading?.measured_at_ms ?? 0;
  site.box("P01").answers = false;
  await site.run(20);
  says(site, { power_W: watt(11_000) });
  expect(state.reading?.measured_at_ms).toBe(measured_at_ms);
  await site.run(30);
  says(site, { power_W: watt(11_000) });
  expect(drawn_mA(state, site.clock.now_ms())).toEqual([null, null, null]);
});

test("phases that nobody has seen for a while count all again: another car may be there, or its box restarted", async () => {
  const { site, state } = await onePhaseCar();
  state.phaseMode = { ...state.phaseMode, now: 1 };
  site.box("P01").answers = false;
  site.emit({ kind: "offline", stationId: "P01", at_ms: site.clock.now_ms() });
  await site.run(60);
  expect(activePhases(state)).toHaveLength(3);
});

test("after the PC has slept all phases count until they are seen again", async () => {
  const { site, state } = await onePhaseCar();
  site.jump(3_600_000);
  await site.run(1);
  expect(activePhases(state)).toHaveLength(3);
});

test("a restarted box counts on all its phases", async () => {
  const { site, state } = await onePhaseCar();
  site.emit({ kind: "booted", stationId: "P01", at_ms: site.clock.now_ms() });
  expect(activePhases(state)).toHaveLength(3);
});

test("a transaction that begins without an unplugging in between may be another car's", async () => {
  const { site, state } = await onePhaseCar();
  const at_ms = site.clock.now_ms();
  site.emit({
    kind: "transaction-started",
    stationId: "P01",
    at_ms,
    received_at_ms: at_ms,
    transactionId: 7,
    idToken: "B",
    meterStart_Wh: null,
  });
  expect(activePhases(state)).toHaveLength(3);
});

test("a full disk keeps nobody from seeing that a car uses other phases, or that it is gone", async () => {
  const { site, state } = await onePhaseCar();
  site.disk.full = true;
  await site.run(40);
  site.box("P01").carPhases = 3;
  await site.run(20);
  expect(activePhases(state)).toHaveLength(3);
});

test("a box that is switched to three phases counts with three before it answers", async () => {
  const { site, state } = await onePhaseCar();
  state.phaseMode = { now: 1, switched_at_ms: null, switches: 0 };
  state.habits = { ...state.habits, phases: null, seen: 0, pattern: "" };
  const port = state.port;
  if (port === null) throw new Error("P01 has a port");
  const asked: number[] = [];
  state.port = {
    ...port,
    switchPhases: (phases) => {
      asked.push(phases, activePhases(state).length);
      return Promise.resolve({ ok: false, code: "timeout", retry: true, detail: "no answer" });
    },
  };
  const desk = createPhaseDesk(site.state, () => undefined);
  for (let second = 0; second < 100; second += 1) {
    await site.clock.advance(1_000);
    const request = allocationRequest(site.state, site.clock.now_ms());
    desk.follow(request, allocate(request), site.clock.now_ms());
    if (asked.length > 0) break;
  }
  expect(asked).toEqual([3, 3]);
  expect(activePhases(state)).toHaveLength(3);
});

test("a car that needs 8 A to charge and takes less at its end is not shut out", async () => {
  const { site, state } = await onePhaseCar();
  state.habits = { ...state.habits, min_mA: milliamp(8_000) };
  state.vehicle = { bound_mA: milliamp(6_000), below_since_ms: null };
  await site.run(1);
  expect(state.grant.current_mA).toBe(8_000);
});

test("a box that took more than it was told and falls silent keeps that reserved", async () => {
  const site = virtualSite({ points: 2, fuse_A: 20 });
  for (const box of site.boxes) box.plugged = true;
  await site.run(60);
  const rogue = site.box("P01");
  rogue.obeys = false;
  await site.run(16);
  rogue.answers = false;
  site.emit({ kind: "offline", stationId: "P01", at_ms: site.clock.now_ms() });
  await site.run(90);
  expect(site.drawn_mA(rogue) + site.drawn_mA(site.box("P02"))).toBeLessThanOrEqual(20_000);
});

test("a full car that gets what is left is not turned on and off by a building that takes it and leaves it again", async () => {
  const site = virtualSite({ points: 2, fuse_A: 30 });
  const [full, other] = [site.box("P01"), site.box("P02")];
  full.plugged = true;
  await site.run(5 * MINUTE_S);
  full.takes_mA = 0;
  await site.run(10 * MINUTE_S);
  other.plugged = true;
  await site.run(15 * MINUTE_S);
  const before = full.commands;
  let second = 0;
  await site.run(30 * MINUTE_S, () => {
    second += 1;
    // 0 to 8 A and back within 44 s.
    site.otherLoad(4_000 + Math.round(4_000 * Math.sin(second / 7)));
  });
  expect(site.state.stations.get("P01")?.finishedAt_ms).not.toBeNull();
  expect(full.commands - before).toBeLessThanOrEqual(8);
  // It is not left out for ever.
  site.otherLoad(0);
  await site.run(11 * MINUTE_S);
  expect(full.offered_mA).toBe(6_000);
});

test("a car that waits at a box which goes on saying that it charges is not taken for a full one", async () => {
  const site = virtualSite({ points: 2, fuse_A: 8 });
  site.box("P01").plugged = true;
  await site.run(60);
  const waiting = site.box("P02");
  waiting.plugged = true;
  await site.run(5);
  const state = site.state.stations.get("P02");
  const chargesOn = (): void => {
    if (state?.reading === null || state === undefined) throw new Error("P02 has spoken");
    const reading = { ...state.reading, measured_at_ms: site.clock.now_ms(), status: "Charging" as const };
    site.emit({ kind: "reading", stationId: "P02", reading });
  };
  // Whatever else it said would be forgotten: it says nothing but this.
  waiting.answers = false;
  await site.run(10 * MINUTE_S, chargesOn);
  expect(waiting.offered_mA).toBe(0);
  expect(state?.status).toBe("Charging");
  expect(state?.finishedAt_ms).toBeNull();
  expect(state?.grant.queuePlace).toBe(1);
});

test("a car that needs 8 A is tried with 8 A among cars that leave it nothing, once it was idle at 6 A", async () => {
  const site = virtualSite({ points: 3, fuse_A: 18 });
  const zoe = site.box("P03");
  zoe.takes_mA_min = 8_000;
  for (const box of site.boxes) box.plugged = true;
  let charged_s = 0;
  await site.run(3 * 60 * MINUTE_S, () => {
    if (site.drawn_mA(zoe) > 0) charged_s += 1;
  });
  expect(charged_s).toBeGreaterThan(30 * MINUTE_S);
  expect(site.state.stations.get("P03")?.habits.shown.needs_mA).toBe(8_000);
});

test("a car is not made to wait for more than its bay may ever give", async () => {
  const site = virtualSite({ points: 1, fuse_A: 7 });
  const box = site.box("P01");
  box.plugged = true;
  box.takes_mA = 0;
  await site.run(70 * MINUTE_S);
  expect(site.state.stations.get("P01")?.habits.min_mA).toBeNull();
  expect(box.offered_mA).toBeGreaterThanOrEqual(6_000);
});
