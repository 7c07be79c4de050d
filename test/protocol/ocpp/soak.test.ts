import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createClock } from "../../../src/main/site/clock.ts";
import { soakOcpp } from "./soak.ts";

const VENDORS = fileURLToPath(new URL("../../../resources/devices/ocpp-vendors.yaml", import.meta.url));
const SPEED = 60;
/** All personalities twice. */
const STATIONS = 22;
const SIMULATED_MS = 20 * 60_000;

test("a crowd of all personalities, with broken lines and restarts, has every session told once and true", async () => {
  const clock = createClock({ speed: SPEED, start_ms: Date.UTC(2026, 5, 10, 6, 0, 0) });
  const result = await soakOcpp({ count: STATIONS, duration_ms: SIMULATED_MS, clock, seed: 1, vendorFile: VENDORS });
  clock.close();
  expect(result).toMatchObject({ lost: 0, wrong: 0, duplicated: 0, faults: [], examples: [] });
  expect(result.transactions).toBeGreaterThan(STATIONS);
  expect(result.breaks).toBeGreaterThan(5);
  expect(result.limits).toBeGreaterThan(100);
});
