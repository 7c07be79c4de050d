import { expect, test } from "vitest";
import { createHandshakeAllowance, HANDSHAKES_BURST, HANDSHAKES_PER_S } from "./handshake-allowance.ts";

const served = (may: (address: string) => boolean, address: string, times: number): number =>
  Array.from({ length: times }, () => may(address)).filter(Boolean).length;

test("all stations behind one router may come back at once, a flood from there may not go on", () => {
  let now_ms = 0;
  const may = createHandshakeAllowance(() => now_ms);
  expect(served(may, "192.0.2.1", 1000)).toBe(HANDSHAKES_BURST);
  now_ms += 1000;
  expect(served(may, "192.0.2.1", 1000)).toBe(HANDSHAKES_PER_S);
  expect(served(may, "192.0.2.2", 1)).toBe(1);
  now_ms += 3_600_000;
  expect(served(may, "192.0.2.1", 1000)).toBe(HANDSHAKES_BURST);
});

test("a flood that never pauses still earns what it may", () => {
  let now_ms = 0;
  const may = createHandshakeAllowance(() => now_ms);
  served(may, "192.0.2.1", HANDSHAKES_BURST);
  let count = 0;
  for (; now_ms < 10_000; now_ms += 10) count += served(may, "192.0.2.1", 1);
  expect(count).toBeGreaterThanOrEqual(10 * HANDSHAKES_PER_S - 1);
  expect(count).toBeLessThanOrEqual(10 * HANDSHAKES_PER_S + 1);
});
