import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { milliamp } from "../../core/units/index.ts";
import { appetite_mA, pluggedCar, stepCar, type CarModel, type CarState } from "./car.ts";

const VOLTAGE = [230_000, 230_000, 230_000] as const;
const model = (change: Partial<CarModel> = {}): CarModel => ({
  name: "test car",
  phases: 3,
  current_mA_max: milliamp(16_000),
  battery_Wh: 60_000,
  target_permille: 1000,
  follow_ms: [2000, 5000],
  resume_ms: 0,
  pausesItself: false,
  overdraw_permille: 0,
  ...change,
});

/** Runs with a constant offer and answers the state and the currents of every step. */
function run(car: CarModel, from: CarState, offered_mA: number, seconds: number, dt_ms = 250) {
  let state = from;
  let energy_uJ = 0n;
  const drawn: number[] = [];
  for (let now_ms = dt_ms; now_ms <= seconds * 1000; now_ms += dt_ms) {
    const result = stepCar(car, state, { now_ms, dt_ms, offered_mA, wiredPhases: 3, voltage_mV: VOLTAGE });
    state = result.state;
    energy_uJ += BigInt(result.energy_uJ);
    drawn.push(result.drawn_mA[0]);
  }
  return { state, energy_uJ, drawn };
}

describe("a virtual car", () => {
  test("stores exactly the energy it drew, to a microjoule, whatever it is offered", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ offered_mA: fc.integer({ min: 0, max: 40_000 }), dt_ms: fc.integer({ min: 1, max: 5000 }) }),
          { maxLength: 200 },
        ),
        fc.integer(),
        fc.boolean(),
        (steps, seed, pausesItself) => {
          const car = model({ pausesItself, overdraw_permille: 80 });
          let state = pluggedCar(car, 500, seed);
          let energy_uJ = 0n;
          let now_ms = 0;
          for (const step of steps) {
            now_ms += step.dt_ms;
            const result = stepCar(car, state, { now_ms, ...step, wiredPhases: 3, voltage_mV: VOLTAGE });
            energy_uJ += BigInt(result.energy_uJ);
            state = result.state;
          }
          expect(BigInt(state.received_mWh) * 3_600_000n + BigInt(state.rest_uJ)).toBe(energy_uJ);
          expect(state.stored_mWh - 30_000_000).toBe(state.received_mWh);
        },
      ),
    );
  });

  test("follows a new limit after 2 to 5 seconds, never at once", () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const { drawn } = run(model(), pluggedCar(model(), 300, seed), 16_000, 6);
      const reached_ms = (drawn.findIndex((current_mA) => current_mA === 16_000) + 1) * 250;
      expect(reached_ms).toBeGreaterThanOrEqual(2000);
      expect(reached_ms).toBeLessThanOrEqual(5250);
      expect(drawn[2]).toBe(0);
    }
  });

  test("keeps following a limit that changes every second", () => {
    const car = model();
    let { state } = run(car, pluggedCar(car, 300, 1), 16_000, 10);
    for (let now_ms = 10_250; now_ms <= 25_000; now_ms += 250) {
      const offered_mA = 16_000 - 500 * Math.floor((now_ms - 10_000) / 1000);
      state = stepCar(car, state, { now_ms, dt_ms: 250, offered_mA, wiredPhases: 3, voltage_mV: VOLTAGE }).state;
    }
    expect(state.drawn_mA).toBeLessThan(11_000);
  });

  test("stops below 6 A and starts again when there is enough", () => {
    const car = model();
    const charging = run(car, pluggedCar(car, 300, 7), 16_000, 10).state;
    const stopped = run(car, charging, 5900, 6).state;
    expect(stopped.drawn_mA).toBe(0);
    expect(run(car, stopped, 6000, 10).state.drawn_mA).toBe(6000);
  });

  test("a one-phase car leaves the other phases alone and never exceeds its own maximum", () => {
    const car = model({ phases: 1, current_mA_max: milliamp(20_000) });
    let state = pluggedCar(car, 100, 3);
    for (let now_ms = 250; now_ms <= 20_000; now_ms += 250) {
      const result = stepCar(car, state, {
        now_ms,
        dt_ms: 250,
        offered_mA: 32_000,
        wiredPhases: 3,
        voltage_mV: VOLTAGE,
      });
      expect(result.drawn_mA[0]).toBeLessThanOrEqual(20_000);
      expect(result.drawn_mA.slice(1)).toEqual([0, 0]);
      state = result.state;
    }
    expect(state.drawn_mA).toBe(20_000);
  });

  test("tapers above 80 % and ends at the wanted charge", () => {
    const car = model({ battery_Wh: 20_000 });
    expect(appetite_mA(car, pluggedCar(car, 800, 1))).toBe(16_000);
    expect(appetite_mA(car, pluggedCar(car, 900, 1))).toBe(8000);
    expect(appetite_mA(car, pluggedCar(car, 999, 1))).toBe(1500);
    const { state, drawn } = run(car, pluggedCar(car, 780, 1), 16_000, 3 * 3600, 1000);
    expect(state.mode).toBe("full");
    expect(state.drawn_mA).toBe(0);
    expect(state.stored_mWh).toBeGreaterThanOrEqual(20_000_000);
    expect(state.stored_mWh).toBeLessThan(20_002_000);
    const peak = drawn.lastIndexOf(16_000);
    expect(drawn.slice(peak).every((value, i, all) => i === 0 || value <= (all[i - 1] ?? 0))).toBe(true);
  });

  test("one that pauses itself does so and comes back", () => {
    const car = model({ pausesItself: true, battery_Wh: 500_000 });
    const { drawn } = run(car, pluggedCar(car, 100, 5), 16_000, 10 * 3600, 1000);
    const starts = drawn.filter((value, i) => value > 0 && (drawn[i - 1] ?? 0) === 0).length;
    expect(starts).toBeGreaterThan(1);
  });

  test("one that overdraws takes the promised share more than offered", () => {
    const car = model({ overdraw_permille: 80 });
    expect(run(car, pluggedCar(car, 100, 5), 10_000, 10).state.drawn_mA).toBe(10_800);
  });

  test("the same seed gives the same car, step by step", () => {
    const car = model({ pausesItself: true });
    expect(run(car, pluggedCar(car, 100, 9), 12_000, 3600)).toEqual(run(car, pluggedCar(car, 100, 9), 12_000, 3600));
  });
});
