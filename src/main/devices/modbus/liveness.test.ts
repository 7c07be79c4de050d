import { describe, expect, test } from "vitest";
import { statusOf } from "./charging-state.ts";
import { missed, NOT_YET_REACHED, probePause_ms, reached, type Liveness } from "./liveness.ts";
import { createSetpointWatch } from "./setpoint-watch.ts";
import { epochMs } from "../../../core/units/index.ts";
import type { ReadValue } from "./register-reader.ts";

describe("liveness", () => {
  const miss = (from: Liveness, ...at_s: number[]): Liveness =>
    at_s.reduce((liveness, at) => missed(liveness, at * 1_000, 15_000), from);

  test("one missed poll degrades, three take it offline", () => {
    expect(miss(reached(0), 1)).toMatchObject({ kind: "degraded", misses: 1 });
    expect(miss(reached(0), 1, 2)).toMatchObject({ kind: "degraded", misses: 2 });
    expect(miss(reached(0), 1, 2, 3)).toMatchObject({ kind: "offline" });
  });

  test("15 s of silence take it offline at the first miss", () => {
    expect(miss(reached(0), 15)).toMatchObject({ kind: "offline" });
  });

  test("probes of a silent device come after 5, 10, 30 and then every 60 s", () => {
    const pauses: number[] = [];
    let liveness = miss(NOT_YET_REACHED, 0);
    for (let i = 0; i < 5; i += 1) {
      pauses.push(probePause_ms(liveness));
      liveness = miss(liveness, i);
    }
    expect(pauses).toEqual([5_000, 10_000, 30_000, 60_000, 60_000]);
  });
});

describe("status of a box", () => {
  test("a connected car waits, is held by us, or has stopped by itself", () => {
    expect(statusOf("connected", false, false)).toEqual({ status: "Preparing", controlPilot: "B" });
    expect(statusOf("connected", true, true)).toEqual({ status: "SuspendedEVSE", controlPilot: "B" });
    expect(statusOf("connected", false, true)).toEqual({ status: "SuspendedEV", controlPilot: "B" });
  });

  test("what cannot be understood is unknown, not available", () => {
    expect(statusOf("unknown", false, false)).toEqual({ status: null, controlPilot: null });
    expect(statusOf("unavailable", false, false)).toEqual({ status: "Unavailable", controlPilot: null });
    expect(statusOf("error", false, false)).toEqual({ status: "Faulted", controlPilot: "F" });
  });
});

describe("the watch over a setpoint", () => {
  const shows = (value: number, at_ms: number): ReadValue => ({ value, at_ms: epochMs(at_ms), group: "normal" });

  test("believes a contradiction when it is read twice", () => {
    const watch = createSetpointWatch();
    watch.tell(16_000, 1_000);
    expect(watch.isLost(shows(0, 2_000), null, 50)).toBe(false);
    expect(watch.isLost(shows(0, 2_000), null, 50)).toBe(false);
    expect(watch.isLost(shows(0, 7_000), null, 50)).toBe(true);
  });

  test("ignores what was read before the last write, and says nothing while no limit is known", () => {
    const watch = createSetpointWatch();
    watch.tell(16_000, 10_000);
    expect(watch.isLost(shows(6_000, 9_000), null, 50)).toBe(false);
    watch.forget();
    expect([watch.isLost(shows(0, 11_000), null, 50), watch.isLost(shows(0, 12_000), null, 50)]).toEqual([
      false,
      false,
    ]);
  });

  test("takes a counter since power-on that falls for a restart", () => {
    const watch = createSetpointWatch();
    expect(watch.isLost(null, shows(500, 1_000), 50)).toBe(false);
    expect(watch.isLost(null, shows(3, 2_000), 50)).toBe(true);
  });
});
