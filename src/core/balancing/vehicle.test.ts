import { expect, test } from "vitest";
import { epochMs, milliamp } from "../units/index.ts";
import { LEARN_AFTER_MS, observeVehicle, unknownVehicle } from "./vehicle.ts";
import type { VehicleBound } from "./vehicle.ts";

const reading = (at: number, drawn: number, offered: number) => ({
  at_ms: epochMs(at),
  drawn_mA: milliamp(drawn),
  offered_mA: milliamp(offered),
  min_mA: milliamp(6000),
});
const see = (state: VehicleBound, ...readings: ReturnType<typeof reading>[]): VehicleBound =>
  readings.reduce(observeVehicle, state);

test("a car that stays below its offer for half a minute keeps what it draws and one ampere to ask for more with", () => {
  expect(see(unknownVehicle, reading(0, 16_000, 32_000)).bound_mA).toBeNull();
  expect(see(unknownVehicle, reading(0, 16_000, 32_000), reading(LEARN_AFTER_MS, 16_000, 32_000)).bound_mA).toBe(
    17_000,
  );
});

test("a learned car that leaves the probe alone keeps its bound", () => {
  const learned = see(unknownVehicle, reading(0, 16_000, 32_000), reading(LEARN_AFTER_MS, 16_000, 32_000));
  expect(see(learned, reading(40_000, 16_000, 17_000), reading(90_000, 16_000, 17_000)).bound_mA).toBe(17_000);
});

test("a car that takes the probe is offered all again", () => {
  const learned = see(unknownVehicle, reading(0, 16_000, 32_000), reading(LEARN_AFTER_MS, 16_000, 32_000));
  expect(see(learned, reading(40_000, 16_900, 17_000))).toEqual(unknownVehicle);
});

test("a car that draws nothing teaches nothing", () => {
  expect(see(unknownVehicle, reading(0, 0, 16_000), reading(LEARN_AFTER_MS, 0, 16_000)).bound_mA).toBeNull();
});

test("a car that is offered nothing does not hardly draw: it cannot", () => {
  const paused = see(unknownVehicle, reading(0, 900, 16_000), reading(10_000, 0, 0), reading(400_000, 0, 0));
  expect(paused.tricklesSince_ms ?? null).toBeNull();
});

test("since when a car hardly draws anything is kept until it draws again", () => {
  const idle = see(unknownVehicle, reading(0, 16_000, 16_000), reading(10_000, 900, 16_000), reading(90_000, 0, 6000));
  expect(idle.tricklesSince_ms).toBe(10_000);
  expect(see(idle, reading(100_000, 3000, 6000)).tricklesSince_ms ?? null).toBeNull();
  expect(see(idle, reading(100_000, 6000, 6000)).tricklesSince_ms ?? null).toBeNull();
});

test("a tapering car is followed down, and never below the minimum", () => {
  const tapering = see(
    unknownVehicle,
    reading(0, 9000, 16_000),
    reading(LEARN_AFTER_MS, 9000, 16_000),
    reading(50_000, 7000, 10_000),
    reading(60_000, 3000, 8000),
  );
  expect(tapering.bound_mA).toBe(6000);
});
