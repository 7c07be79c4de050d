import { describe, expect, test } from "vitest";
import { createLateReplyGuard } from "./bus-late-replies.ts";

const TIMEOUT_ms = 100;
const read = (address: number, count = 1, fc: 3 | 4 = 3): { fc: 3 | 4; address: number; count: number } => ({
  fc,
  address,
  count,
});
const write = (value: number): { fc: 6; address: number; value: number } => ({ fc: 6, address: 261, value });

describe("after a request that was not answered in time", () => {
  test("a question of the same shape to the same unit waits until three time-outs are over, any other goes on", () => {
    const guard = createLateReplyGuard("rtu");
    guard.unanswered(1, read(10), 100, TIMEOUT_ms);
    expect(guard.heldFor_ms(1, read(20), 100)).toBe(200);
    expect(guard.heldFor_ms(1, read(20), 300)).toBe(0);
    const others = [read(10), read(20, 2), read(20, 1, 4), write(160)] as const;
    for (const other of others) expect(guard.heldFor_ms(1, other, 100)).toBe(0);
    expect(guard.heldFor_ms(2, read(20), 100)).toBe(0);
  });

  test("a second one of another shape does not make it forget the first", () => {
    const guard = createLateReplyGuard("rtu");
    guard.unanswered(1, read(10), 100, TIMEOUT_ms);
    guard.unanswered(1, read(40, 8), 200, TIMEOUT_ms);
    expect(guard.heldFor_ms(1, read(20), 200)).toBe(100);
    expect(guard.heldFor_ms(1, read(50, 8), 200)).toBe(200);
  });

  test("the same question asked again lengthens the waiting of the others", () => {
    const guard = createLateReplyGuard("rtu");
    guard.unanswered(1, read(10), 100, TIMEOUT_ms);
    guard.sent(1, read(10), 250);
    expect(guard.isAgain(1, read(10), 250)).toBe(true);
    expect(guard.heldFor_ms(1, read(20), 250)).toBe(300);
    expect(guard.isWaiting(1, 550)).toBe(false);
  });

  test("a write never waits, but the late answer of one with another value is not taken for its own", () => {
    const guard = createLateReplyGuard("rtu");
    guard.unanswered(1, write(160), 100, TIMEOUT_ms);
    expect(guard.heldFor_ms(1, write(60), 100)).toBe(0);
    expect(guard.stale(1, write(60), 100)).toEqual({
      pdus: [Uint8Array.of(6, 1, 5, 0, 160)],
      exceptions: true,
    });
    expect(guard.stale(1, write(160), 100)).toEqual({ pdus: [], exceptions: false });
    expect(guard.stale(1, write(60), 300)).toEqual({ pdus: [], exceptions: false });
  });

  test("a refusal is not believed of another question of the same function code, for it says no more than that", () => {
    const guard = createLateReplyGuard("rtu");
    guard.unanswered(1, read(10, 50), 100, TIMEOUT_ms);
    expect(guard.stale(1, read(20), 100).exceptions).toBe(true);
    expect(guard.stale(1, read(20, 1, 4), 100).exceptions).toBe(false);
    expect(guard.stale(1, read(10, 50), 100).exceptions).toBe(false);
  });

  test("a refusal is believed again after three time-outs, however often the unanswered question was repeated", () => {
    const guard = createLateReplyGuard("rtu");
    guard.unanswered(1, read(10), 100, TIMEOUT_ms);
    guard.sent(1, read(10), 250);
    expect(guard.stale(1, read(40, 8), 299).exceptions).toBe(true);
    expect(guard.stale(1, read(40, 8), 300).exceptions).toBe(false);
  });

  test("only so many are remembered, the newest of them", () => {
    const guard = createLateReplyGuard("rtu");
    for (let i = 0; i < 20; i += 1) guard.unanswered(1, read(100 + i, 1 + i), 100, TIMEOUT_ms);
    expect(guard.heldFor_ms(1, read(0, 1), 100)).toBe(0);
    expect(guard.heldFor_ms(1, read(0, 20), 100)).toBe(200);
  });

  test("nothing of this is needed where each answer names its request", () => {
    const guard = createLateReplyGuard("mbap");
    guard.unanswered(1, read(10), 100, TIMEOUT_ms);
    expect(guard.heldFor_ms(1, read(20), 100)).toBe(0);
    expect(guard.isWaiting(1, 100)).toBe(false);
  });
});
