import { describe, expect, test } from "vitest";
import { epochMs, milliamp, watt } from "../units/index.ts";
import type { EpochMs } from "../units/index.ts";
import type { SignalState } from "./signal.ts";
import { followSignal, hearSignal, isWindowOpen, newSignal, observeCompliance } from "./signal.ts";

const START = Date.UTC(2026, 5, 10, 6);
const at = (second: number): EpochMs => epochMs(START + second * 1000);
const LIMIT = { limit_mA: null, limit_W: watt(12_600) };
const LOWER = { limit_mA: null, limit_W: watt(8_400) };
const FAIL_SAFE = { limit_mA: milliamp(16_000), limit_W: watt(10_000) };
const rule = { failSafe: FAIL_SAFE, debounce_ms: 0, minimum_ms: 0 };

/** Says the same every ten seconds. */
function heartbeat(state: SignalState, from_s: number, to_s: number, said: typeof LIMIT | null): SignalState {
  let next = state;
  for (let second = from_s; second <= to_s; second += 10) next = hearSignal(next, rule, said, at(second));
  return next;
}

describe("debounce", () => {
  const slow = { ...rule, debounce_ms: 2_000 };
  test("a contact that bounces imposes nothing, one that stays closed does", () => {
    let state = hearSignal(newSignal(at(0)), slow, LIMIT, at(1));
    state = hearSignal(state, slow, null, at(2));
    state = hearSignal(state, slow, LIMIT, at(3));
    expect(followSignal(state, slow, at(4)).active).toBeNull();
    expect(followSignal(state, slow, at(5)).active).toEqual({ limit: LIMIT, why: "asked", since_ms: at(5) });
  });
  test("a contact that opens for a moment does not end the limit", () => {
    let state = followSignal(hearSignal(newSignal(at(0)), slow, LIMIT, at(0)), slow, at(2));
    state = hearSignal(state, slow, null, at(10));
    state = hearSignal(state, slow, LIMIT, at(11));
    expect(followSignal(state, slow, at(20)).active?.since_ms).toBe(at(2));
  });
});

describe("heartbeat", () => {
  test("silence of 120 s brings the fail-safe limit, and with it what was asked where that is lower", () => {
    const state = hearSignal(newSignal(at(0)), rule, LOWER, at(0));
    expect(followSignal(state, rule, at(119)).active).toMatchObject({ limit: LOWER, why: "asked" });
    const lost = followSignal(state, rule, at(120));
    expect(lost.active).toEqual({
      limit: { limit_mA: milliamp(16_000), limit_W: watt(8_400) },
      why: "fail-safe",
      since_ms: at(120),
    });
  });
  test("a source that was never heard counts as lost after 120 s", () => {
    expect(followSignal(newSignal(at(0)), rule, at(119)).active).toBeNull();
    expect(followSignal(newSignal(at(0)), rule, at(120)).active?.why).toBe("fail-safe");
  });
  test("the limit is released two minutes after the return, not before", () => {
    const lost = followSignal(hearSignal(newSignal(at(0)), rule, null, at(0)), rule, at(200));
    const back = heartbeat(lost, 300, 410, null);
    expect(followSignal(back, rule, at(419)).active?.why).toBe("fail-safe");
    expect(followSignal(back, rule, at(420)).active).toBeNull();
  });
  test("a source that comes back and is lost again has to wait anew", () => {
    const lost = followSignal(hearSignal(newSignal(at(0)), rule, null, at(0)), rule, at(200));
    const again = followSignal(hearSignal(lost, rule, null, at(300)), rule, at(421));
    expect(again.active?.why).toBe("fail-safe");
    expect(heartbeat(again, 430, 540, null).active?.why).toBe("fail-safe");
    expect(heartbeat(again, 430, 550, null).active).toBeNull();
  });
  test("a lower limit of a source that has just come back holds at once", () => {
    const lost = followSignal(newSignal(at(0)), rule, at(200));
    expect(hearSignal(lost, rule, LOWER, at(300)).active?.limit.limit_W).toBe(8_400);
  });
});

describe("minimum time", () => {
  const long = { ...rule, minimum_ms: 600_000 };
  test("a limit stands at least so long, and a lower one replaces it at once", () => {
    let state = hearSignal(newSignal(at(0)), long, LIMIT, at(0));
    state = hearSignal(state, long, null, at(60));
    expect(state.active?.limit).toEqual(LIMIT);
    state = hearSignal(state, long, LOWER, at(90));
    expect(state.active).toEqual({ limit: LOWER, why: "asked", since_ms: at(90) });
    for (let second = 100; second < 690; second += 100) state = hearSignal(state, long, null, at(second));
    expect(followSignal(state, long, at(689)).active).not.toBeNull();
    expect(followSignal(state, long, at(690)).active).toBeNull();
  });
});

describe("windows", () => {
  const ZONE = "Europe/Berlin";
  const berlin = (local: string): EpochMs =>
    epochMs(Temporal.ZonedDateTime.from(`${local}[${ZONE}]`).epochMilliseconds);
  const evening = [{ days: ["sun", "mon"] as const, from_min: 17 * 60, to_min: 20 * 60 }];

  test.each([
    ["2026-10-25T16:59:59", false],
    ["2026-10-25T17:00:00", true],
    ["2026-10-25T19:59:59", true],
    ["2026-10-25T20:00:00", false],
    ["2026-10-27T18:00:00", false],
    ["2026-03-29T17:00:00", true],
    ["2026-03-28T18:00:00", false],
  ])("at %s by the wall clock it is open: %s", (local, open) => {
    expect(isWindowOpen(evening, ZONE, berlin(local))).toBe(open);
  });
  test("over midnight it belongs to the day on which it begins", () => {
    const night = [{ days: ["sat"] as const, from_min: 22 * 60, to_min: 6 * 60 }];
    expect(isWindowOpen(night, ZONE, berlin("2026-10-24T23:00:00"))).toBe(true);
    expect(isWindowOpen(night, ZONE, berlin("2026-10-25T05:59:00"))).toBe(true);
    expect(isWindowOpen(night, ZONE, berlin("2026-10-25T06:00:00"))).toBe(false);
    expect(isWindowOpen(night, ZONE, berlin("2026-10-24T05:00:00"))).toBe(false);
  });
  test("the repeated hour of autumn is open twice, the skipped hour of spring has no length", () => {
    const hours = (from: string, to: string): number => {
      let open = 0;
      const window = [{ days: ["sun"] as const, from_min: 120, to_min: 180 }];
      for (let now = berlin(from); now < berlin(to); now = epochMs(now + 60_000))
        if (isWindowOpen(window, ZONE, now)) open += 1;
      return open / 60;
    };
    expect(hours("2026-10-25T00:00:00", "2026-10-26T00:00:00")).toBe(2);
    expect(hours("2026-03-29T00:00:00", "2026-03-30T00:00:00")).toBe(0);
  });
});

describe("compliance", () => {
  const imposed = { imposed_at_ms: at(10), sent_at_ms: null, complied_at_ms: null };
  test("a value that was measured before the limit proves nothing", () => {
    const moment = { now_ms: at(11), allSent: true, measured: { at_ms: at(9), within: true } };
    expect(observeCompliance(imposed, moment)).toEqual({ ...imposed, sent_at_ms: at(11) });
  });
  test("the first time counts", () => {
    const first = observeCompliance(imposed, {
      now_ms: at(15),
      allSent: false,
      measured: { at_ms: at(14), within: true },
    });
    expect(first.complied_at_ms).toBe(at(14));
    const later = { now_ms: at(20), allSent: true, measured: { at_ms: at(19), within: true } };
    expect(observeCompliance(first, later)).toEqual({ ...first, sent_at_ms: at(20) });
  });
});
