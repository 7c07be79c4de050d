import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createClock } from "../../../src/main/site/clock.ts";
import { SOAK_CREDIT_MS, soakOcpp } from "./soak.ts";

const RESOURCES = fileURLToPath(new URL("../../../resources", import.meta.url));
const SPEED = 60;
/** Every kind of box, and some of them twice. */
const STATIONS = 20;
const SIMULATED_MS = 20 * 60_000;

test("a crowd of all personalities, with broken lines and restarts, has every session stored once and true", async () => {
  const clock = createClock({ speed: SPEED, credit_ms_max: SOAK_CREDIT_MS, start_ms: Date.UTC(2026, 5, 10, 6, 0, 0) });
  const result = await soakOcpp({
    count: STATIONS,
    duration_ms: SIMULATED_MS,
    clock,
    speed: SPEED,
    seed: 1,
    resources: RESOURCES,
  });
  clock.close();
  expect(result).toMatchObject({ lost: 0, wrong: 0, duplicated: 0, unlikeCar: 0, faults: [], examples: [] });
  expect(result.transactions).toBeGreaterThan(STATIONS);
  expect(result.breaks).toBeGreaterThan(5);
  expect(result.known).toBe(STATIONS);
});
