import { describe, expect, test } from "vitest";
import { milliamp } from "../../src/core/units/index.ts";
import { createFallbackTests } from "../../src/main/site/fallback-test.ts";
import type { FallbackTest } from "../../src/main/storage/commissioning-types.ts";
import { virtualSite } from "./virtual-site.ts";

// The same test on a clock that stands still until it is moved: boxes that fall to this or that, registers that count
// coarsely, cars that stop. Its box is polled every 15 s.

const SILENT_S = 600;
const AT_MS = Date.UTC(2026, 5, 10);

type Silent = {
  /** What the box offers after so many seconds without us; left out: what it offered before. */
  readonly falls?: { readonly after_s: number; readonly to_mA: number };
  readonly silent_s?: number;
  /** Done in the middle of the silence. */
  readonly meanwhile?: () => void;
};

async function bay(options: { readonly promised_mA?: number; readonly full?: boolean; readonly ocpp?: boolean } = {}) {
  const site = virtualSite({ points: 2, fuse_A: 40 });
  const state = site.state.stations.get("P01")!;
  state.station = { ...state.station, fallback_mA: milliamp(options.promised_mA ?? 6_000) };
  if (options.ocpp === true)
    state.station = { ...state.station, connection: { kind: "ocpp", identity: "P01", connectorId: 1 } };
  const kept: FallbackTest[] = [];
  const errors: unknown[] = [];
  const disk = { full: options.full === true };
  const tests = createFallbackTests({
    site: site.state,
    clock: site.clock,
    keep: (one) => {
      if (disk.full) throw new Error("database or disk is full");
      kept.push(one);
    },
    hurry: () => undefined,
    onError: (error) => errors.push(error),
  });
  const box = site.box("P01");
  box.plugged = true;
  await site.run(120);
  const cut = (): void => {
    box.answers = false;
    site.emit({ kind: "offline", stationId: "P01", at_ms: site.clock.now_ms() });
  };
  const reconnect = (): void => {
    box.answers = true;
    const who = { vendor: null, model: null, serial: "1", firmware: "2" };
    site.emit({ kind: "online", stationId: "P01", at_ms: site.clock.now_ms(), ...who });
    site.report(box);
  };
  return {
    site,
    state,
    box,
    tests,
    kept,
    errors,
    cut,
    reconnect,
    /** Pulls the plug, waits and puts it back; answers what was kept. */
    silence: async ({ falls, silent_s = SILENT_S + 30, meanwhile }: Silent = {}): Promise<FallbackTest> => {
      expect(tests.start("P01", "technician")).toBe("ok");
      await site.run(60);
      cut();
      const until_s = falls === undefined ? silent_s / 2 : Math.min(falls.after_s, silent_s / 2);
      await site.run(until_s);
      if (falls !== undefined) box.offered_mA = falls.to_mA;
      meanwhile?.();
      await site.run(silent_s - until_s);
      reconnect();
      await site.run(240);
      expect(tests.running()).toBeNull();
      expect(state.testBound_mA).toBeNull();
      expect(kept).toHaveLength(1);
      return kept[0]!;
    },
  };
}

describe("a box on a line whose time nobody knows", () => {
  test("that falls back is seen to keep what was promised", async () => {
    const { silence } = await bay();
    const told = await silence({ falls: { after_s: 60, to_mA: 6_000 } });
    expect(told).toMatchObject({
      stationId: "P01",
      author: "technician",
      outcome: "fell-back",
      before_mA: 16_000,
      promised_mA: 6_000,
      kept_mA: 6_000,
      serial: "1",
      firmware: "2",
    });
    expect(told.at_ms).toBeGreaterThan(AT_MS);
  });

  test("that goes on as before is seen to, whether it offers the same or more than its car takes", async () => {
    const { silence, box } = await bay();
    const told = await silence({
      meanwhile: () => {
        box.offered_mA = 32_000;
      },
    });
    expect(told).toMatchObject({ outcome: "kept-last" });
    expect(Math.abs((told.kept_mA ?? 0) - 16_000)).toBeLessThan(700);
  });

  test("that gives its car more than before is seen to rise", async () => {
    const { silence, box, site } = await bay();
    // Another car has the rest of the fuse until then.
    box.takes_mA = 32_000;
    site.box("P02").takes_mA = 32_000;
    site.box("P02").plugged = true;
    await site.run(120);
    const told = await silence({ falls: { after_s: 30, to_mA: 32_000 } });
    expect(told).toMatchObject({ outcome: "rose" });
    expect(told.before_mA).toBeLessThan(21_000);
  });

  test("that goes to a current between has told nothing", async () => {
    const { silence } = await bay();
    expect(await silence({ falls: { after_s: 10, to_mA: 11_000 } })).toMatchObject({ outcome: "not-told" });
  });

  test("that pauses has told that only if it went on for a while and its car charges again", async () => {
    const going = await bay({ promised_mA: 0 });
    expect(await going.silence({ falls: { after_s: 60, to_mA: 0 } })).toMatchObject({
      outcome: "fell-back",
      kept_mA: 0,
    });
    const dead = await bay({ promised_mA: 0 });
    expect(await dead.silence({ falls: { after_s: 0, to_mA: 0 } })).toMatchObject({ outcome: "not-told" });
    const asleep = await bay({ promised_mA: 0 });
    const sleeps = {
      falls: { after_s: 60, to_mA: 0 },
      meanwhile: () => {
        asleep.box.asleep = true;
      },
    };
    expect(await asleep.silence(sleeps)).toMatchObject({ outcome: "car-stopped", kept_mA: null });
  });
});

test.each([
  [false, "fell-back"],
  [true, "not-told"],
])("an OCPP box that says that it was started anew (%s) has told: %s", async (restarts, outcome) => {
  const { silence, site } = await bay({ ocpp: true });
  const meanwhile = (): void => {
    // Off, it looks as if it had fallen back.
    if (restarts) site.emit({ kind: "booted", stationId: "P01", at_ms: site.clock.now_ms() });
  };
  expect((await silence({ falls: { after_s: 60, to_mA: 6_000 }, meanwhile })).outcome).toBe(outcome);
});

test("a car that is full meanwhile is not taken for a box that fell back", async () => {
  const { silence, box } = await bay();
  const full = {
    silent_s: 900,
    meanwhile: () => {
      box.takes_mA = 0;
    },
  };
  expect(await silence(full)).toMatchObject({ outcome: "car-stopped", kept_mA: null });
});

test("a car that takes less and less is not taken for a box that fell back either", async () => {
  const { silence, box } = await bay();
  const tapering = {
    meanwhile: () => {
      box.takes_mA = 6_000;
    },
  };
  expect(await silence(tapering)).toMatchObject({ outcome: "not-told", kept_mA: null });
});

test("the bay is not raised meanwhile, and what it was lowered to just before is what counts", async () => {
  const { site, state, box, tests, kept, cut } = await bay();
  box.takes_mA = 32_000;
  site.box("P02").plugged = true;
  site.box("P02").takes_mA = 32_000;
  await site.run(120);
  expect(tests.start("P01", "technician")).toBe("ok");
  const bound_mA = state.testBound_mA ?? 0;
  site.box("P02").plugged = false;
  await site.run(60);
  expect(box.offered_mA).toBeLessThanOrEqual(bound_mA);
  // Somebody else needs almost everything: nothing could be told of a bay at 8 A.
  state.manualLimit = { limit_mA: milliamp(8_000), until_ms: null };
  await site.run(60);
  cut();
  await site.run(5);
  expect(tests.running()).toBeNull();
  expect(kept).toMatchObject([{ outcome: "not-told", kept_mA: null }]);
});

test("a test that is cancelled in the silence is kept as that, and the next can begin", async () => {
  const { site, state, tests, kept, cut, reconnect } = await bay();
  expect(tests.start("P01", "technician")).toBe("ok");
  await site.run(30);
  cut();
  await site.run(60);
  expect(tests.running()?.stage).toBe("silent");
  await tests.cancel();
  expect(tests.running()).toBeNull();
  expect(state.testBound_mA).toBeNull();
  expect(kept).toMatchObject([{ outcome: "cancelled", kept_mA: null, before_mA: 16_000 }]);
  expect(kept[0]?.silent_ms).not.toBeNull();
  reconnect();
  await site.run(120);
  expect(tests.start("P01", "technician")).toBe("ok");
  await tests.cancel();
});

test("what cannot be stored is told, and keeps no bay bounded", async () => {
  const { site, state, tests, kept, errors } = await bay({ full: true });
  expect(tests.start("P01", "technician")).toBe("ok");
  await site.run(310);
  expect(tests.running()).toBeNull();
  expect(state.testBound_mA).toBeNull();
  expect(kept).toEqual([]);
  expect(errors).toHaveLength(1);
});

test("a box whose own time is known is waited for three times that long, or five minutes", async () => {
  const { site, state, tests, cut } = await bay();
  state.fallback = { ...state.fallback, timeout_ms: 150_000 };
  expect(tests.start("P01", "technician")).toBe("ok");
  await site.run(30);
  cut();
  await site.run(2);
  const { until_ms = 0, stage } = tests.running() ?? {};
  expect(stage).toBe("silent");
  expect(until_ms).toBe((state.offlineSince_ms ?? 0) + 450_000);
  await tests.cancel();
});

test("a test does not begin beside one of phases, nor where a register only estimates or is not there", async () => {
  const { state, tests } = await bay();
  state.testBound_mA = milliamp(10_000);
  expect(tests.start("P01", "technician")).toBe("busy");
  expect(state.testBound_mA).toBe(10_000);
  state.testBound_mA = null;
  const reading = state.reading!;
  state.reading = { ...reading, notForBilling: "estimate" };
  expect(tests.start("P01", "technician")).toBe("no-register");
  state.reading = reading;
  const running = state.evse.running!;
  state.evse = { ...state.evse, running: { ...running, lastRegister: null } };
  expect(tests.start("P01", "technician")).toBe("no-register");
  state.evse = { ...state.evse, running };
  expect(tests.start("P02", "technician")).toBe("no-car");
});
