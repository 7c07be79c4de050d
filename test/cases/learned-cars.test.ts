import { expect, test } from "vitest";
import { epochMs, wattHour } from "../../src/core/units/index.ts";
import { displayOf } from "../../src/main/site/live-view.ts";
import type { StationState } from "../../src/main/site/state.ts";
import { VIRTUAL_START_MS, virtualSite } from "../scenarios/virtual-site.ts";
import type { VirtualSite } from "../scenarios/virtual-site.ts";

// What cars and drivers have shown decides what they get: phases, switching between one and three, stays, skewed wiring.

const MINUTE_S = 60;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

const stateOf = (site: VirtualSite, id: string): StationState => {
  const state = site.state.stations.get(id);
  if (state === undefined) throw new Error(`no station ${id}`);
  return state;
};

const drawn = (site: VirtualSite): readonly number[] => site.boxes.map((box) => site.drawn_mA(box));

test("a car that shows one phase frees the others, and has to give them back as soon as it draws on them", async () => {
  const site = virtualSite({ points: 3, fuse_A: 18, rotations: ["L1L2L3", "L2L3L1", "L3L1L2"] });
  for (const box of site.boxes) {
    box.carPhases = 1;
    box.plugged = true;
  }
  await site.run(40);
  // Not proven yet: all three count on every line.
  expect(drawn(site)).toEqual([6_000, 6_000, 6_000]);
  await site.run(3 * MINUTE_S);
  expect(drawn(site)).toEqual([16_000, 16_000, 16_000]);
  expect(stateOf(site, "P01").habits.phases).toEqual(["L1"]);

  site.box("P01").carPhases = 3;
  let over_s = 0;
  await site.run(2 * MINUTE_S, () => {
    if (Math.max(...site.load_mA()) > 18_000) over_s += 1;
  });
  // Until its box reports, and while the others follow.
  expect(over_s).toBeLessThanOrEqual(20);
  expect(stateOf(site, "P01").habits.phases).toEqual(["L1", "L2", "L3"]);
  expect(Math.max(...site.load_mA())).toBeLessThanOrEqual(18_000);
  expect(site.boxes.map((box) => box.pauses)).toEqual([0, 0, 0]);
});

test("a box is switched to one phase where that lets one more car charge, and back only ten minutes later", async () => {
  const site = virtualSite({ points: 2, fuse_A: 10, rotations: ["L1L2L3", "L2"], switchable: true });
  const [three, one] = site.boxes;
  if (three === undefined || one === undefined) throw new Error("two boxes");
  three.plugged = true;
  await site.run(2 * MINUTE_S);
  expect(three.mode).toBe(3);
  one.plugged = true;
  await site.run(30);
  expect([three.mode, site.drawn_mA(one)]).toEqual([3, 0]);
  await site.run(2 * MINUTE_S);
  expect(three.mode).toBe(1);
  await site.run(MINUTE_S);
  expect(drawn(site)).toEqual([10_000, 10_000]);
  one.plugged = false;
  await site.run(5 * MINUTE_S);
  expect(three.mode).toBe(1);
  await site.run(7 * MINUTE_S);
  expect(three.mode).toBe(3);
  expect(three.pauses).toBe(0);
});

test(
  "in one stay a box is switched four times at most, however often it would be worth it",
  { timeout: 60_000 },
  async () => {
    const site = virtualSite({ points: 2, fuse_A: 10, rotations: ["L1L2L3", "L2"], switchable: true });
    const [three, one] = site.boxes;
    if (three === undefined || one === undefined) throw new Error("two boxes");
    three.plugged = true;
    await site.run(2 * MINUTE_S);
    for (let turn = 0; turn < 8; turn += 1) {
      one.plugged = turn % 2 === 0;
      await site.run(12 * MINUTE_S);
    }
    expect(three.switches).toBe(4);
  },
);

test("a car that charges with next to nothing leaves its current to others, and has it back when it draws again", async () => {
  const site = virtualSite({ points: 2, fuse_A: 20 });
  const [full, hungry] = site.boxes;
  if (full === undefined || hungry === undefined) throw new Error("two boxes");
  for (const box of site.boxes) box.plugged = true;
  for (const box of site.boxes) box.takes_mA = 32_000;
  await site.run(2 * MINUTE_S);
  expect(drawn(site)).toEqual([10_000, 10_000]);
  full.takesAlways_mA = 300;
  await site.run(4 * MINUTE_S);
  // A car may hesitate for a while.
  expect(drawn(site)).toEqual([300, 10_000]);
  await site.run(2 * MINUTE_S);
  expect([full.offered_mA, site.drawn_mA(hungry)]).toEqual([0, 20_000]);
  // It waits for nothing, so nobody is told that it does.
  expect(stateOf(site, full.id).grant.queuePlace).toBeNull();
  expect(displayOf(stateOf(site, full.id))).toBe("occupied");

  hungry.takes_mA = 12_000;
  // It is not turned on and off with every ampere that others leave for a moment.
  await site.run(10 * MINUTE_S);
  expect([full.offered_mA, site.drawn_mA(hungry)]).toEqual([6_000, 12_000]);
  expect(stateOf(site, full.id).finishedAt_ms).not.toBeNull();

  full.takesAlways_mA = null;
  await site.run(2 * MINUTE_S);
  expect(stateOf(site, full.id).finishedAt_ms).toBeNull();
  expect(Math.min(...drawn(site))).toBeGreaterThan(9_000);
  expect(full.pauses).toBe(1);
});

test("who usually leaves after two hours goes before who stays for ten", async () => {
  const site = virtualSite({ points: 3, fuse_A: 10 });
  await site.run(2);
  // Stays of the days before, told by a box that kept them.
  for (let day = 6; day >= 1; day -= 1)
    for (const [idToken, hours, offset] of [
      ["SHORT", 2, 0],
      ["LONG", 10, 3],
    ] as const)
      pastStay(site, { idToken, start_ms: VIRTUAL_START_MS - day * DAY_MS + offset * HOUR_MS, hours });
  expect(site.stores.sessions.running()).toHaveLength(0);
  // The habits of a site are learned anew once a day.
  site.jump(DAY_MS + 1_000);
  await site.run(MINUTE_S);

  // The one who stays has the lower id: with nothing known it would go first.
  stateOf(site, "P01").allowed = { idToken: "LONG" };
  stateOf(site, "P02").allowed = { idToken: "SHORT" };
  site.box("P01").plugged = true;
  site.box("P02").plugged = true;
  await site.run(2 * MINUTE_S);
  expect(stateOf(site, "P01").expected).toMatchObject({ from: "driver" });
  expect(stateOf(site, "P02").expected).toMatchObject({ from: "driver" });
  expect(drawn(site)).toEqual([0, 10_000, 0]);
  expect(stateOf(site, "P01").grant.queuePlace).toBe(1);
});

test("where one line is full for days and others idle, what cars need no longer decides: they share equally", async () => {
  const site = virtualSite({ points: 3, fuse_A: 20, rotations: ["L1", "L1", "L1L2L3"] });
  const [patient, hurried] = site.boxes;
  if (patient === undefined || hurried === undefined) throw new Error("three boxes");
  patient.takes_mA = 32_000;
  hurried.takes_mA = 32_000;
  await site.run(2);
  stateOf(site, hurried.id).declared = {
    departure_ms: epochMs(VIRTUAL_START_MS + 2 * HOUR_MS),
    needed_Wh: wattHour(40_000),
  };
  patient.plugged = true;
  hurried.plugged = true;
  await site.run(10 * MINUTE_S);
  expect(site.drawn_mA(hurried)).toBeGreaterThan(12_000);

  const { usage } = site.state;
  expect(usage.full_ms[0]).toBeGreaterThan(0.5 * usage.seen_ms);
  expect(usage.beside_ms[1]).toBe(0);
  // As after some days of the same.
  const days = (values: readonly number[]): readonly number[] => values.map((value) => value * 1_000);
  site.state.usage = {
    ...usage,
    seen_ms: usage.seen_ms * 1_000,
    full_ms: days(usage.full_ms),
    beside_ms: days(usage.beside_ms),
  };
  await site.run(2 * MINUTE_S);
  expect(drawn(site)).toEqual([10_000, 10_000, 0]);
});

/** A stay that a box tells of afterwards, with its own times and registers. */
function pastStay(
  site: VirtualSite,
  { idToken, start_ms, hours }: { readonly idToken: string; readonly start_ms: number; readonly hours: number },
): void {
  const box = site.box("P03");
  const transactionId = Math.round(start_ms / 1_000) % 1_000_000;
  const start_Wh = Math.floor(box.register_mWh / 1000);
  const stop_Wh = start_Wh + 10_000;
  const stop_ms = start_ms + hours * HOUR_MS;
  site.emit({
    kind: "transaction-started",
    stationId: box.id,
    at_ms: epochMs(start_ms),
    received_at_ms: epochMs(start_ms),
    transactionId,
    idToken,
    meterStart_Wh: wattHour(start_Wh),
  });
  site.emit({
    kind: "transaction-stopped",
    stationId: box.id,
    at_ms: epochMs(stop_ms),
    received_at_ms: epochMs(stop_ms),
    transactionId,
    meterStop_Wh: wattHour(stop_Wh),
    reason: "EVDisconnected",
    idToken,
  });
  box.register_mWh = stop_Wh * 1000;
}
