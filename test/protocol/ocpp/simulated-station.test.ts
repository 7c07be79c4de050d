import { afterEach, beforeEach, expect, test } from "vitest";
import { milliamp, wattHour } from "../../../src/core/units/index.ts";
import { OcppStation } from "../../../src/main/simulator/ocpp-station.ts";
import { openBench, station, type Bench } from "./bench.ts";
import { car } from "../../scenarios/cars.ts";

const CAR = { seed: 1, soc_permille: 200, model: car() } as const;

const TURNS = 8;
let bench: Bench;
let box: OcppStation;
beforeEach(async () => {
  bench = await openBench([station("P01", "SIM-1")]);
  box = new OcppStation({
    identity: "SIM-1",
    clock: bench.clock,
    phases: 3,
    current_mA_max: 32_000,
    unmanaged_mA: 32_000,
    register_Wh: wattHour(5000),
  });
});
afterEach(async () => {
  await box.close();
  await bench.devices.close();
});

/** Lets time pass for the box, its car and us, until the box has reached what `check` looks for. */
async function liveUntil(check: () => boolean): Promise<void> {
  for (let step = 0; step < 4000 && !check(); step += 1) {
    await bench.clock.advance(250);
    // The messages on the wire get their turn before time goes on.
    for (let turn = 0; turn < TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    box.tick(bench.clock.now_ms());
    box.evse.step(bench.clock.now_ms(), 250, [230_000, 230_000, 230_000]);
  }
  expect(check()).toBe(true);
}

test("a simulated box follows its limit, and returns to its fallback by itself when we are gone", async () => {
  box.connect(bench.devices.url);
  await liveUntil(() => box.snapshot().accepted);
  box.plugIn(CAR, "CARD1");
  await liveUntil(() => bench.events.all.some((event) => event.kind === "transaction-started"));
  const limited = bench.port("P01").setLimit(milliamp(13_000));
  await liveUntil(() => box.snapshot().offered_mA === 13_000);
  expect(await limited).toEqual({ ok: true, confirmed_mA: 13_000 });

  const renewedUntil_ms = bench.clock.now_ms() + 300_000;
  await liveUntil(() => bench.clock.now_ms() >= renewedUntil_ms || box.snapshot().offered_mA !== 13_000);
  expect(box.snapshot().offered_mA).toBe(13_000);

  const gone_ms = bench.clock.now_ms();
  await bench.devices.close();
  await liveUntil(() => box.snapshot().offered_mA === 6000);
  expect(bench.clock.now_ms() - gone_ms).toBeLessThanOrEqual(121_000);
  const readings = bench.events.all.flatMap((event) => (event.kind === "reading" ? [event.reading] : []));
  expect(readings.some(({ current_mA }) => (current_mA[0] ?? 0) > 12_000)).toBe(true);
  expect(bench.events.all.some((event) => event.kind === "transaction-register")).toBe(true);
});
