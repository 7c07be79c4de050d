// @ts-check
import { milliamp } from "../../../src/core/units/index.ts";

/** @type {import("../../../src/main/simulator/car.ts").CarModel} A car that takes what it is offered all day. */
export const CAR = {
  name: "Bench",
  phases: 3,
  current_mA_max: milliamp(32_000),
  battery_Wh: 900_000,
  target_permille: 1000,
  follow_ms: [2000, 5000],
  resume_ms: 0,
  pausesItself: false,
  overdraw_permille: 0,
};
