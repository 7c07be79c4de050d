import { expect, test } from "vitest";
import {
  createHandshakeAllowance,
  HANDSHAKES_BURST,
  HANDSHAKES_PER_S,
  HANDSHAKES_PER_S_ALL,
} from "./handshake-allowance.ts";

const served = (may: (address: string) => boolean, address: string, times: number): number =>
  Array.from({ length: times }, () => may(address)).filter(Boolean).length;

test("all stations behind one router may come back at once, a flood from there may not go on", () => {
  let now_ms = 0;
  const { may } = createHandshakeAllowance(() => now_ms);
  expect(served(may, "192.0.2.1", 1000)).toBe(HANDSHAKES_BURST);
  now_ms += 1000;
  expect(served(may, "192.0.2.1", 1000)).toBe(HANDSHAKES_PER_S);
  expect(served(may, "192.0.2.2", 1)).toBe(1);
  now_ms += 3_600_000;
  expect(served(may, "192.0.2.1", 1000)).toBe(HANDSHAKES_BURST);
});

test("a flood that never pauses still earns what it may", () => {
  let now_ms = 0;
  const { may } = createHandshakeAllowance(() => now_ms);
  served(may, "192.0.2.1", HANDSHAKES_BURST);
  let count = 0;
  for (; now_ms < 10_000; now_ms += 10) count += served(may, "192.0.2.1", 1);
  expect(count).toBeGreaterThanOrEqual(10 * HANDSHAKES_PER_S - 1);
  expect(count).toBeLessThanOrEqual(10 * HANDSHAKES_PER_S + 1);
});

test("a flood from any number of addresses has one bound, and takes nothing from where the site's stations came", () => {
  let now_ms = 0;
  const { may, know } = createHandshakeAllowance(() => now_ms);
  for (let no = 0; no < 200; no += 1) know(`192.0.2.${String(no)}`);
  const flood = (): number =>
    Array.from({ length: 5000 }, (_, no) => may(`fd00::${String(no)}`)).filter(Boolean).length;
  expect(flood()).toBe(HANDSHAKES_BURST);
  now_ms += 1000;
  expect(flood()).toBe(HANDSHAKES_PER_S_ALL);
  for (let no = 0; no < 200; no += 1) expect(may(`192.0.2.${String(no)}`)).toBe(true);
});
