import { afterEach, describe, expect, test } from "vitest";
import { milliamp, wattHour } from "../../../src/core/units/index.ts";
import type { OcppFacts } from "../../../src/contract/index.ts";
import type { OcppHost } from "../../../src/main/devices/ocpp/create-ocpp-devices.ts";
import { NO_ROWS } from "../../../src/main/devices/ocpp/vendor-rows.ts";
import { OcppStation } from "../../../src/main/simulator/ocpp-station.ts";
import { car } from "../../scenarios/cars.ts";
import { FakeStation, openBench, station, type Bench, type Script } from "./bench.ts";

const TURNS = 8;
let bench: Bench;
let box: OcppStation | null = null;
afterEach(async () => {
  await box?.close();
  box = null;
  await bench.devices.close();
});

const guard = () => bench.port("P01").failSafe?.();
const unknownFor = (doubt: string): object => ({ kind: "unknown", current_mA: null, timeout_ms: null, doubt });

/** Lets time pass for us, and for the simulated box and its car, until `check` holds or long is over. */
async function liveUntil(check: () => boolean, steps = 1200): Promise<void> {
  for (let step = 0; step < steps && !check(); step += 1) {
    await bench.clock.advance(250);
    for (let turn = 0; turn < TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    box?.tick(bench.clock.now_ms());
    box?.evse.step(bench.clock.now_ms(), 250, [230_000, 230_000, 230_000]);
  }
}

async function charging(version: "1.6" | "2.0.1", rows?: typeof NO_ROWS): Promise<void> {
  bench = await openBench([station("P01", "SIM-1")], rows === undefined ? {} : { vendorRows: rows });
  expect(guard()).toEqual(unknownFor("not-asked"));
  box = new OcppStation({
    identity: "SIM-1",
    version,
    clock: bench.clock,
    phases: 3,
    current_mA_max: 32_000,
    unmanaged_mA: 32_000,
    register_Wh: wattHour(5000),
  });
  box.connect(bench.devices.url);
  await liveUntil(() => guard()?.doubt === "told-only");
  expect(guard()).toEqual(unknownFor("told-only"));
  box.plugIn({ seed: 1, soc_permille: 200, model: car() }, "CARD1");
  await liveUntil(() => bench.events.all.some(({ kind }) => kind === "transaction-started"));
}
const told = (current_mA: number): Promise<unknown> => bench.port("P01").setLimit(milliamp(current_mA));

describe.each(["1.6", "2.0.1"] as const)("the fallback of a simulated box of %s", (version) => {
  test("is known when its schedule shows it from the end of our setpoint on, and stays known when it is gone", async () => {
    await charging(version);
    const limited = told(13_000);
    await liveUntil(() => guard()?.kind === "known");
    await limited;
    expect(guard()).toMatchObject({ kind: "known", current_mA: 6000 });
    expect(guard()?.timeout_ms).toBeGreaterThanOrEqual(120_000);
    expect(guard()?.timeout_ms).toBeLessThanOrEqual(130_000);
    await box?.close();
    await liveUntil(() => bench.events.all.some(({ kind }) => kind === "offline"));
    expect(guard()).toMatchObject({ kind: "known", current_mA: 6000 });
  });

  test("stays a promise where our setpoint is the fallback itself: that shows nothing", async () => {
    await charging(version);
    void told(6000);
    await liveUntil(() => guard()?.kind === "known", 400);
    expect(bench.port("P01").probe().follows.state).toBe("obeys");
    expect(guard()).toEqual(unknownFor("told-only"));
  });
});

test("a box whose row says that its schedule is not to be believed is not asked", async () => {
  await charging("1.6", { ...NO_ROWS, defaults: { ...NO_ROWS.defaults, composite_schedule: false } });
  void told(13_000);
  await liveUntil(() => guard()?.kind === "known", 400);
  expect(bench.port("P01").probe().follows.state).toBe("obeys");
  expect(guard()).toEqual(unknownFor("told-only"));
});

/** A scripted box that offers what it was told; its schedule is this. */
async function scheduled(periods: readonly object[], script?: Script, facts?: OcppHost["facts"]): Promise<FakeStation> {
  bench = await openBench([station("P01", "CP-1")], facts === undefined ? {} : { facts });
  const fake = await new FakeStation(
    bench.devices.url,
    "CP-1",
    script ??
      (({ action }) =>
        action === "GetCompositeSchedule"
          ? {
              status: "Accepted",
              connectorId: 1,
              chargingSchedule: { duration: 180, chargingRateUnit: "A", chargingSchedulePeriod: periods },
            }
          : { status: "Accepted" }),
  ).connect();
  await fake.boot();
  await bench.logs.when(({ message }) => message === "the station is set up");
  expect(guard()).toEqual(unknownFor("told-only"));
  await told(10_000);
  await bench.clock.advance(1000);
  await fake.send("MeterValues", {
    connectorId: 1,
    meterValue: [
      {
        timestamp: new Date(bench.clock.now_ms()).toISOString(),
        sampledValue: [{ value: "10", measurand: "Current.Offered", unit: "A" }],
      },
    ],
  });
  await fake.calls.when(({ action }) => action === "GetCompositeSchedule");
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return fake;
}
const period = (startPeriod: number, limit: number): object => ({ startPeriod, limit });

test.each([
  ["that never ends", [period(0, 10)]],
  ["that ends an hour late, for its clock is wrong", [period(0, 10), period(3600, 6)]],
  ["that goes up when our setpoint ends", [period(0, 10), period(119, 32)]],
  ["that goes up later", [period(0, 10), period(119, 6), period(150, 16)]],
  ["that shows another setpoint than ours", [period(0, 16), period(119, 6)]],
  ["without sense", [period(0, 10), { startPeriod: "soon", limit: 6 }]],
  ["without periods", []],
])("a schedule %s proves nothing", async (_what, periods) => {
  await scheduled(periods);
  expect(guard()).toEqual(unknownFor("told-only"));
});

test("a restart of the box takes away what it has shown", async () => {
  const fake = await scheduled([period(0, 10), period(119, 6)]);
  await expect.poll(() => guard()?.kind).toBe("known");
  await fake.boot();
  expect(guard()?.kind).toBe("unknown");
});

describe("what a box has shown", () => {
  let kept: OcppFacts | null = null;
  const facts = {
    load: () => kept,
    save: (_identity: string, _connectorId: number, found: OcppFacts) => {
      kept = found;
    },
  };
  const weRestart = async (fallback_mA = 6000): Promise<void> => {
    await bench.devices.close();
    bench = await openBench([station("P01", "CP-1", { fallback_mA: milliamp(fallback_mA) })], { facts });
  };
  const shown = { kind: "known", current_mA: 6000 };
  async function proven(): Promise<void> {
    kept = null;
    await scheduled([period(0, 10), period(119, 6)], undefined, facts);
    await expect.poll(() => guard()).toMatchObject(shown);
  }

  test("holds after a restart of ours, while it is away and when it is back", async () => {
    await proven();
    await weRestart();
    expect(guard()).toMatchObject(shown);
    const fake = await new FakeStation(bench.devices.url, "CP-1").connect();
    await bench.clock.advance(5000);
    await fake.settled();
    expect(guard()).toMatchObject(shown);
  });

  test("is forgotten, also by what is stored, as soon as it restarts", async () => {
    await proven();
    await weRestart();
    const fake = await new FakeStation(bench.devices.url, "CP-1").connect();
    await fake.boot();
    expect(guard()?.kind).toBe("unknown");
    await weRestart();
    expect(guard()).toEqual(unknownFor("not-asked"));
  });

  test("says nothing of another fallback that it is promised to keep now", async () => {
    await proven();
    await weRestart(8000);
    expect(guard()).toEqual(unknownFor("not-asked"));
  });
});
