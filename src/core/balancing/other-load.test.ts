import fc from "fast-check";
import { expect, test } from "vitest";
import { epochMs, milliamp } from "../units/index.ts";
import { countedOtherLoad_mA, isPlausible, noOtherLoad, observeOtherLoad, OTHER_LOAD_MEMORY_MS } from "./other-load.ts";
import type { OtherLoadState } from "./other-load.ts";

const cars = (least: number, most: number) => ({ least_mA: least, most_mA: most });
const see = (state: OtherLoadState, at: number, meter: number, range: ReturnType<typeof cars>): OtherLoadState =>
  observeOtherLoad(state, { at_ms: epochMs(at), meter_mA: [meter, meter, meter], cars: [range, range, range] });

test("with exact cars it is the meter less the cars", () => {
  expect(countedOtherLoad_mA(see(noOtherLoad, 0, 30_000, cars(16_000, 16_000)))[0]).toBe(14_000);
});

test("a car that follows a new limit late does not look like the building", () => {
  const before = see(noOtherLoad, 0, 20_000, cars(6000, 6000));
  expect(countedOtherLoad_mA(see(before, 1000, 30_000, cars(0, 16_000)))[0]).toBe(14_000);
});

test("a rise of the building is seen even while cars are moving", () => {
  const before = see(noOtherLoad, 0, 20_000, cars(6000, 6000));
  expect(countedOtherLoad_mA(see(before, 1000, 50_000, cars(0, 16_000)))[0]).toBe(34_000);
});

test("a fall is believed only after the memory is over", () => {
  const high = see(noOtherLoad, 0, 40_000, cars(0, 0));
  expect(countedOtherLoad_mA(see(high, 1000, 10_000, cars(0, 0)))[0]).toBe(40_000);
  expect(countedOtherLoad_mA(see(high, OTHER_LOAD_MEMORY_MS + 1, 10_000, cars(0, 0)))[0]).toBe(10_000);
});

test("what is counted and what the cars may draw together are never below the meter", () => {
  const sample = fc.record({
    meter: fc.integer({ min: 0, max: 100_000 }),
    least: fc.integer({ min: 0, max: 32_000 }),
    more: fc.integer({ min: 0, max: 32_000 }),
  });
  fc.assert(
    fc.property(fc.array(sample, { minLength: 1, maxLength: 30 }), (samples) => {
      let state = noOtherLoad;
      samples.forEach(({ meter, least, more }, index) => {
        state = see(state, index * 1000, meter, cars(least, least + more));
        expect(countedOtherLoad_mA(state)[0] + least + more).toBeGreaterThanOrEqual(meter);
      });
    }),
  );
});

test("a sample of more than three fuses, of no number, or of the last one with the other sign once, is not believed", () => {
  const fuse = [milliamp(63_000), milliamp(63_000), milliamp(63_000)] as const;
  expect(isPlausible([20_000, 20_000, 20_000], null, fuse)).toBe(true);
  expect(isPlausible([0, 190_000, 0], null, fuse)).toBe(false);
  expect(isPlausible([0, Number.NaN, 0], null, fuse)).toBe(false);
  expect(isPlausible([-20_100, 0, 0], [20_000, 0, 0], fuse)).toBe(false);
  expect(isPlausible([-20_100, 0, 0], [-20_100, 0, 0], fuse)).toBe(true);
  expect(isPlausible([-12_000, 0, 0], [20_000, 0, 0], fuse)).toBe(true);
  expect(isPlausible([-300, 0, 0], [300, 0, 0], fuse)).toBe(true);
});
