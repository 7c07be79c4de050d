import { expect, test } from "vitest";
import { epochMs, wattHour } from "../../src/core/units/index.ts";
import { stationLive } from "../../src/main/site/live-view.ts";
import { virtualSite } from "./virtual-site.ts";
import type { VirtualSite } from "./virtual-site.ts";

const stateOf = (site: VirtualSite) => {
  const state = site.state.stations.get("P01");
  if (state === undefined) throw new Error("P01 is a station");
  return state;
};

const started = (site: VirtualSite, transactionId: number, meterStart_Wh: number): void => {
  const at_ms = site.clock.now_ms();
  site.emit({
    kind: "transaction-started",
    stationId: "P01",
    at_ms,
    received_at_ms: at_ms,
    transactionId,
    idToken: `CARD-${String(transactionId)}`,
    meterStart_Wh: wattHour(meterStart_Wh),
  });
};

test("a transaction that was never ended ends at its own last register, not where the next one begins", async () => {
  const site = virtualSite({ points: 1, fuse_A: 32 });
  started(site, 1, 5_000);
  await site.run(60);
  const last_ms = site.clock.now_ms();
  site.emit({
    kind: "transaction-register",
    stationId: "P01",
    at_ms: last_ms,
    received_at_ms: last_ms,
    transactionId: 1,
    register_Wh: wattHour(5_100),
  });
  await site.run(3_600);
  started(site, 2, 9_000);
  const lost = site.stores.sessions.lastClosed("P01", 1);
  expect(lost).toMatchObject({ transactionId: 1, stop_Wh: 5_100, ended_at_ms: last_ms, billable: false });
  expect(stateOf(site).evse.running?.opened.transactionId).toBe(2);
});

test("energy that flowed while nobody watched is not billed to the car that was there before", async () => {
  const site = virtualSite({ points: 1, fuse_A: 32 });
  const box = site.box("P01");
  await site.run(2);
  box.plugged = true;
  await site.run(600);
  const seen_Wh = stateOf(site).evse.running?.lastRegister?.register_Wh;
  box.answers = false;
  site.emit({ kind: "offline", stationId: "P01", at_ms: site.clock.now_ms() });
  // The car leaves, another one comes and goes.
  await site.run(3_600);
  box.plugged = false;
  await site.run(10);
  box.answers = true;
  site.report(box);
  const closed = site.stores.sessions.lastClosed("P01", 1);
  expect(closed?.stop_Wh).toBe(seen_Wh);
  expect(closed?.billable).toBe(false);
  expect(closed?.flags.map((flag) => flag.rule)).toContain("D05");
});

test("a car that leaves during a short silence, or without having taken more, is billed as usual", async () => {
  const site = virtualSite({ points: 1, fuse_A: 32 });
  const box = site.box("P01");
  await site.run(2);
  box.plugged = true;
  await site.run(600);
  box.answers = false;
  await site.run(120);
  box.plugged = false;
  box.answers = true;
  site.report(box);
  expect(site.stores.sessions.lastClosed("P01", 1)).toMatchObject({ billable: true, endedBy: "station" });
});

test("a charger that is adopted while its car charges goes on charging, and that session waits for a person", async () => {
  const site = virtualSite({ points: 1, fuse_A: 32 });
  const box = site.box("P01");
  const shown_Wh = () => wattHour(Math.floor(box.register_mWh / 1000));
  const register = (): void => {
    const at_ms = site.clock.now_ms();
    site.emit({
      kind: "transaction-register",
      stationId: "P01",
      at_ms,
      received_at_ms: at_ms,
      transactionId: 77,
      register_Wh: shown_Wh(),
    });
  };
  const own = stateOf(site);
  if (own.port === null) throw new Error("a box has a port");
  own.port = { ...own.port, reportsTransactions: true };
  box.plugged = true;
  await site.run(30);
  expect(site.drawn_mA(box)).toBe(0);
  register();
  await site.run(60);
  expect(site.drawn_mA(box)).toBe(16_000);
  expect(stationLive(own, site.clock.now_ms()).session).toMatchObject({ energy_Wh: null, gross_minor: null });
  register();
  const at_ms = site.clock.now_ms();
  site.emit({
    kind: "transaction-stopped",
    stationId: "P01",
    at_ms,
    received_at_ms: at_ms,
    transactionId: 77,
    meterStop_Wh: shown_Wh(),
    reason: "Local",
    idToken: null,
  });
  const closed = site.stores.sessions.lastClosed("P01", 1);
  expect(closed).toMatchObject({ energy_Wh: null, billable: false });
  expect(closed?.flags.map((flag) => flag.rule)).toEqual(["D03", "D06"]);
  register();
  expect(own.evse.running).toBeNull();
});

test("a start from a box's offline queue whose stop never comes is closed after a day, unbilled", async () => {
  const site = virtualSite({ points: 1, fuse_A: 32 });
  started(site, 2, 9_000);
  const before_ms = epochMs(site.clock.now_ms() - 3_600_000);
  site.emit({
    kind: "transaction-started",
    stationId: "P01",
    at_ms: before_ms,
    received_at_ms: site.clock.now_ms(),
    transactionId: 1,
    idToken: "CARD-1",
    meterStart_Wh: wattHour(8_000),
  });
  expect(site.stores.sessions.running()).toHaveLength(2);
  site.jump(25 * 3_600_000);
  await site.run(2);
  site.report(site.box("P01"));
  site.recorder.closeSilent(site.clock.now_ms());
  expect(site.stores.sessions.running().map(({ opened }) => opened.transactionId)).toEqual([2]);
});

test("a fault or an unknown state without a car begins no session", () => {
  const site = virtualSite({ points: 1, fuse_A: 32 });
  const reading = {
    measured_at_ms: epochMs(site.clock.now_ms() + 1),
    current_mA: [null, null, null],
    voltage_mV: [null, null, null],
    power_W: null,
    energyRegister_Wh: wattHour(1_000_000),
    limit_mA: null,
    errorCode: "7",
  } as const;
  stateOf(site).reading = null;
  stateOf(site).status = null;
  site.emit({ kind: "reading", stationId: "P01", reading: { ...reading, status: null, controlPilot: null } });
  site.emit({ kind: "reading", stationId: "P01", reading: { ...reading, status: "Faulted", controlPilot: "F" } });
  expect(stateOf(site).evse.running).toBeNull();
});
