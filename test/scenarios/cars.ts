import { milliamp } from "../../src/core/units/index.ts";
import type { CarModel } from "../../src/main/simulator/car.ts";

/** A plain three-phase car that takes what it is offered until it is full. */
export const car = (more: Partial<CarModel> = {}): CarModel => ({
  name: "Test",
  phases: 3,
  current_mA_max: milliamp(16_000),
  battery_Wh: 60_000,
  target_permille: 1000,
  follow_ms: [2000, 5000],
  resume_ms: 0,
  pausesItself: false,
  overdraw_permille: 0,
  ...more,
});
