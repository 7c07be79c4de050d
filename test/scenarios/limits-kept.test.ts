import { expect, test } from "vitest";
import type { SiteSignal } from "../../src/core/balancing/index.ts";
import { milliamp, perPhase, watt, wattHour } from "../../src/core/units/index.ts";
import type { StationReading } from "../../src/main/devices/ports.ts";
import { watchAlarms } from "../../src/main/site/alarm-watch.ts";
import { applyMeter } from "../../src/main/site/meter-intake.ts";
import { externalAlarms } from "../../src/main/site/signals/external-alarms.ts";
import type { SignalDesk } from "../../src/main/site/signals/signal-desk.ts";
import { createSignalDesk } from "../../src/main/site/signals/signal-desk.ts";
import { hashToken } from "../../src/main/site/signals/signal-token.ts";
import { virtualSite } from "./virtual-site.ts";
import type { VirtualSite } from "./virtual-site.ts";

const TOKEN = "a token of the grid operator";
const none = { limit_mA: null, limit_W: null };
const amps = (limit_A: number) => ({ limit_mA: milliamp(limit_A * 1000), limit_W: null });
const caller = (more: Partial<SiteSignal> = {}): SiteSignal => ({
  id: "caller",
  name: "Caller",
  circuitId: "main",
  rule: "limit",
  counts: "all",
  limit: amps(63),
  failSafe: amps(24),
  debounce_ms: 0,
  minimum_ms: 0,
  source: { kind: "http", tokenHash: hashToken(TOKEN) },
  ...more,
});

const stateOnly = (site: VirtualSite): StationReading => ({
  measured_at_ms: site.clock.now_ms(),
  status: "Charging",
  controlPilot: "C",
  current_mA: [null, null, null],
  voltage_mV: [null, null, null],
  power_W: null,
  energyRegister_Wh: null,
  limit_mA: null,
  errorCode: null,
});

/** Watches signals as the running site does: before each decision, what it led to, and what is wrong. */
function watch(site: VirtualSite, signals: readonly SiteSignal[]): SignalDesk {
  const desk = createSignalDesk({
    site: { ...site.state, model: { ...site.state.model, signals } },
    clock: site.clock,
    evidence: site.stores.evidence,
    buses: { busOf: () => null, health: () => [], close: () => Promise.resolve() },
    hurry: () => undefined,
  });
  site.beforeCycle.run = () => {
    const now_ms = site.clock.now_ms();
    desk.observe(now_ms);
    desk.follow(now_ms);
    watchAlarms(site.stores.alerts, externalAlarms(site.state, desk.list(), now_ms), now_ms);
  };
  return desk;
}

const reportAll = (site: VirtualSite) => (): void => {
  for (const box of site.boxes) site.report(box);
};
const drawn_A = (site: VirtualSite): number => site.boxes.reduce((sum, box) => sum + site.drawn_mA(box), 0) / 1000;
const charging = (site: VirtualSite): number => site.boxes.filter((box) => site.drawn_mA(box) > 0).length;
const open = (site: VirtualSite): string[] => site.stores.alerts.open().map(({ code }) => code);

async function fourCharge(signals: readonly SiteSignal[], building_mA = 0) {
  const site = virtualSite({ points: 4, fuse_A: 100 });
  site.otherLoad(building_mA);
  const desk = watch(site, signals);
  for (const box of site.boxes) box.plugged = true;
  await site.run(90, () => {
    reportAll(site)();
    desk.put("caller", TOKEN, undefined);
  });
  expect(drawn_A(site)).toBe(64);
  return { site, desk };
}

test("a limit on cars leaves the building what is kept for it; a limit on everything does not", async () => {
  for (const [counts, most_A] of [
    ["cars", 40],
    ["all", 20],
  ] as const) {
    const { site, desk } = await fourCharge([caller({ counts })], 20_000);
    expect(desk.put("caller", TOKEN, amps(40))).toBe("ok");
    await site.run(30, reportAll(site));
    expect(drawn_A(site)).toBeLessThanOrEqual(most_A);
    expect(drawn_A(site)).toBeGreaterThan(most_A - 6);
    expect(desk.list()[0]?.compliance?.complied_at_ms).not.toBeNull();
  }
});

test("a limit of power on cars grows with the building likewise", async () => {
  const { site, desk } = await fourCharge([caller({ counts: "cars", rule: "dim-14a" })], 20_000);
  desk.put("caller", TOKEN, { limit_mA: null, limit_W: watt(7_360) });
  await site.run(30, reportAll(site));
  expect(drawn_A(site)).toBeLessThanOrEqual(32);
  expect(drawn_A(site)).toBeGreaterThan(26);
});

test("where minima do not fit below the limit somebody waits its turn, and the limit is kept", async () => {
  const { site, desk } = await fourCharge([caller()]);
  desk.put("caller", TOKEN, amps(13));
  await site.run(30, reportAll(site));
  expect(charging(site)).toBe(2);
  expect(drawn_A(site)).toBeLessThanOrEqual(13);
  const paused = [...site.state.stations.values()].filter(({ grant }) => grant.current_mA === 0);
  expect(paused).toHaveLength(2);
  const reasons = (of_mA: (granted_mA: number) => boolean) =>
    [...site.state.stations.values()]
      .filter(({ grant }) => of_mA(grant.current_mA))
      .map(({ grant }) => grant.because.map(({ kind, ref }) => `${kind} ${ref}`));
  for (const why of reasons((granted_mA) => granted_mA === 0)) expect(why).toContain("min_current main");
  for (const why of reasons((granted_mA) => granted_mA > 0)) expect(why).toContain("grid_signal caller");
  const [kept] = site.stores.evidence.imposed("caller", 1);
  expect(kept?.complied_at_ms).not.toBeNull();

  desk.put("caller", TOKEN, amps(0));
  await site.run(30, reportAll(site));
  expect(drawn_A(site)).toBe(0);
});

test("a limit that stood when the app ended holds again from the first second, as the same one", async () => {
  const { site, desk } = await fourCharge([caller()]);
  desk.put("caller", TOKEN, amps(30));
  await site.run(30, reportAll(site));
  const before = site.stores.evidence.imposed("caller", 10);
  expect(before).toHaveLength(1);

  for (const state of site.state.circuits.values()) state.imposed = [];
  const again = watch(site, [caller()]);
  expect(again.list()[0]?.state.active).toMatchObject({ limit: amps(30), why: "asked" });
  await site.run(60, reportAll(site));
  expect(drawn_A(site)).toBeLessThanOrEqual(30);
  expect(site.stores.evidence.imposed("caller", 10)).toEqual(before);

  again.put("caller", TOKEN, null);
  await site.run(90, () => {
    reportAll(site)();
    again.put("caller", TOKEN, undefined);
  });
  expect(drawn_A(site)).toBe(64);
  expect(site.stores.evidence.imposed("caller", 1)[0]?.released_at_ms).not.toBeNull();
  expect(watch(site, [caller()]).list()[0]?.state.active).toBeNull();
});

test("after a restart a caller that stays silent brings the fail-safe limit, never none", async () => {
  const { site, desk } = await fourCharge([caller()]);
  desk.put("caller", TOKEN, amps(30));
  await site.run(30, reportAll(site));
  const again = watch(site, [caller()]);
  let most_A = 0;
  await site.run(180, () => {
    reportAll(site)();
    most_A = Math.max(most_A, drawn_A(site));
  });
  expect(most_A).toBeLessThanOrEqual(30);
  expect(again.list()[0]?.state.active).toMatchObject({ limit: amps(24), why: "fail-safe" });
  expect(open(site)).toContain("signal-lost");
});

test("a limit that a box does not keep is told after fifteen seconds, and the alert ends when it is kept", async () => {
  const { site, desk } = await fourCharge([caller({ counts: "cars" })]);
  const deaf = site.box("P01");
  deaf.obeys = false;
  const said = (): void => {
    reportAll(site)();
    desk.put("caller", TOKEN, undefined);
  };
  desk.put("caller", TOKEN, amps(8));
  await site.run(10, said);
  expect(open(site)).not.toContain("signal-late");
  await site.run(20, said);
  expect(open(site)).toContain("signal-late");
  expect(site.stores.evidence.imposed("caller", 1)[0]).toMatchObject({ late: true, complied_at_ms: null });
  deaf.plugged = false;
  await site.run(30, said);
  expect(open(site)).not.toContain("signal-late");
  expect(site.stores.evidence.imposed("caller", 1)[0]).toMatchObject({ late: true, released_at_ms: null });
  expect(site.stores.evidence.imposed("caller", 1)[0]?.complied_at_ms).not.toBeNull();
});

test("overloads of the building are told by how long and how high they are, and end with them", async () => {
  const site = virtualSite({ points: 1, fuse_A: 100, meter: true });
  watch(site, []);
  const loaded = (load_A: number) => (): void => {
    applyMeter(site.state, "grid", {
      measured_at_ms: site.clock.now_ms(),
      current_mA: perPhase(() => milliamp(load_A * 1000)),
      voltage_mV: [null, null, null],
      power_W: null,
      energyImport_Wh: null,
      energyExport_Wh: null,
    });
  };
  await site.run(30, loaded(80));
  expect(open(site)).toEqual([]);
  // Below what a breaker carries for an hour: nobody is paused, but it must not last.
  await site.run(50, loaded(105));
  expect(open(site)).toEqual([]);
  await site.run(20, loaded(105));
  expect(open(site)).toEqual(["overload-lasting"]);
  await site.run(5, loaded(80));
  expect(open(site)).toEqual([]);

  await site.run(10, loaded(125));
  expect(open(site)).toEqual([]);
  await site.run(5, loaded(125));
  expect(open(site)).toEqual(["overload-pause"]);
  await site.run(5, loaded(80));
  expect(open(site)).toEqual([]);

  await site.run(450, loaded(140));
  expect(open(site)).toContain("overload-thermal");
  await site.run(10, loaded(80));
  expect(open(site)).toEqual(["overload-thermal"]);
  await site.run(3_700, loaded(80));
  expect(open(site)).toEqual([]);
});

test("without any limit nothing is imposed, and a limit of nothing is no limit", async () => {
  const { site, desk } = await fourCharge([caller()]);
  desk.put("caller", TOKEN, none);
  await site.run(30, () => {
    reportAll(site)();
    desk.put("caller", TOKEN, undefined);
  });
  expect(drawn_A(site)).toBe(64);
});

test("a limit on cars is noted as kept where boxes speak transactions, and only by what was measured after it", async () => {
  const site = virtualSite({ points: 2, fuse_A: 100 });
  site.otherLoad(0);
  const desk = watch(site, [caller({ counts: "cars" })]);
  site.boxes.forEach((box, index) => {
    const at_ms = site.clock.now_ms();
    site.emit({
      kind: "transaction-started",
      stationId: box.id,
      at_ms,
      received_at_ms: at_ms,
      transactionId: 700 + index,
      idToken: "CARD",
      meterStart_Wh: wattHour(0),
    });
    box.plugged = true;
    site.report(box);
  });
  await site.run(60, reportAll(site));
  expect(site.state.stations.get("P01")?.evse.running?.opened.transactionId).toBe(700);
  for (const box of site.boxes) box.answers = false;
  await site.run(2);
  const told_ms = site.clock.now_ms();
  // Above what the cars draw: kept at once, as soon as somebody measures it. A state alone is no measurement.
  expect(desk.put("caller", TOKEN, amps(80))).toBe("ok");
  await site.run(8, () => {
    for (const box of site.boxes) site.emit({ kind: "reading", stationId: box.id, reading: stateOnly(site) });
  });
  expect(desk.list()[0]?.compliance?.complied_at_ms ?? null).toBeNull();
  for (const box of site.boxes) box.answers = true;
  await site.run(20, reportAll(site));
  expect(desk.list()[0]?.compliance?.complied_at_ms).toBeGreaterThan(told_ms);
});
