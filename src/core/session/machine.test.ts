import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochMs, wattHour } from "../units/index.ts";
import { idleEvse, next } from "./machine.ts";
import type { EvseState, SessionEffect, SessionEvent } from "./machine.ts";

const T = 1_760_000_000_000;
const moment = (ms: number) => ({ at_ms: epochMs(T + ms), received_at_ms: epochMs(T + ms) });
const started = (ms: number, transactionId: number, meter_Wh: number | null): SessionEvent => ({
  ...moment(ms),
  kind: "transaction-started",
  transactionId,
  idToken: "CARD",
  meterStart_Wh: meter_Wh === null ? null : wattHour(meter_Wh),
});
const register = (ms: number, value_Wh: number, transactionId: number | null = null): SessionEvent => ({
  ...moment(ms),
  kind: "register",
  register_Wh: wattHour(value_Wh),
  transactionId,
});
const stopped = (ms: number, transactionId: number, meter_Wh: number | null): SessionEvent => ({
  ...moment(ms),
  kind: "transaction-stopped",
  transactionId,
  idToken: "CARD",
  reason: "Local",
  meterStop_Wh: meter_Wh === null ? null : wattHour(meter_Wh),
});

function run(events: readonly SessionEvent[]): { state: EvseState; effects: SessionEffect[] } {
  let state = idleEvse("P01", 1);
  const effects: SessionEffect[] = [];
  for (const event of events) {
    const step = next(state, event);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

const done = (effects: readonly SessionEffect[]): string[] => effects.map((effect) => effect.do);

describe("a box with transactions", () => {
  test("a start opens, registers are kept, a stop closes with the box's own register", () => {
    const { state, effects } = run([started(0, 7, 1000), register(60_000, 1500, 7), stopped(120_000, 7, 2000)]);
    expect(done(effects)).toEqual(["open", "register", "register", "register", "close"]);
    expect(effects.at(-1)).toMatchObject({
      do: "close",
      reason: "Local",
      endedBy: "station",
      stop: { register_Wh: 2000 },
    });
    expect(state.running).toBeNull();
  });

  test("the same start twice opens one session", () => {
    expect(done(run([started(0, 7, 1000), started(0, 7, 1000)]).effects)).toEqual(["open", "register"]);
  });

  test("a new start ends the one that nobody stopped, by the server and without a stop message", () => {
    const { effects } = run([started(0, 7, 1000), register(60_000, 1500, 7), started(120_000, 8, 1600)]);
    expect(effects.filter((effect) => effect.do === "close")).toMatchObject([
      { opened: { transactionId: 7 }, stop: null, endedBy: "server", reason: "Lost" },
    ]);
    expect(effects.filter((effect) => effect.do === "open")).toHaveLength(2);
  });

  test("a stop or a value of another transaction touches nothing and is handed on", () => {
    const { state, effects } = run([started(0, 7, 1000), stopped(10_000, 99, 5000), register(11_000, 9999, 98)]);
    expect(done(effects).slice(2)).toEqual(["stray", "stray"]);
    expect(state.running?.lastRegister?.register_Wh).toBe(1000);
  });

  test("a stop without a register uses the last one that was read", () => {
    const { effects } = run([started(0, 7, 1000), register(60_000, 1700, 7), stopped(61_000, 7, null)]);
    expect(effects.at(-1)).toMatchObject({ do: "close", stop: { register_Wh: 1700 } });
  });

  test("a restart of the box does not end the session: some go on in the same transaction", () => {
    const { state } = run([started(0, 7, 1000), { ...moment(5000), kind: "booted" }]);
    expect(state.running?.opened.transactionId).toBe(7);
  });

  test("a late value from before the newest one does not turn the register back", () => {
    const { state } = run([started(0, 7, 1000), register(60_000, 2000, 7), register(30_000, 1500, 7)]);
    expect(state.running?.lastRegister?.register_Wh).toBe(2000);
  });
});

describe("a box without transactions", () => {
  const pluggedIn = (ms: number): SessionEvent => ({ ...moment(ms), kind: "plugged-in", idToken: null });
  const ended = (ms: number): SessionEvent => ({ ...moment(ms), kind: "ended", reason: "EVDisconnected" });

  test("begins at plug-in with the register just read and ends at plug-out with the last one", () => {
    const { effects } = run([register(0, 500), pluggedIn(10_000), register(20_000, 900), ended(30_000)]);
    expect(effects[0]).toMatchObject({ do: "open", session: { start_Wh: 500, transactionId: null } });
    expect(effects.at(-1)).toMatchObject({ do: "close", stop: { register_Wh: 900 } });
  });

  test("a register that is too old is no start value", () => {
    expect(run([register(0, 500), pluggedIn(10 * 60_000)]).effects[0]).toMatchObject({
      do: "open",
      session: { start_Wh: null },
    });
  });

  test("plugging out without a session does nothing", () => {
    expect(run([ended(0), ended(1)]).effects).toEqual([]);
  });
});

const anyEvent: fc.Arbitrary<SessionEvent> = fc.oneof(
  fc
    .record({
      ms: fc.integer({ min: 0, max: 1e7 }),
      id: fc.integer({ min: -1, max: 3 }),
      meter: fc.option(fc.integer({ min: 0, max: 1e6 }), { nil: null }),
    })
    .map(({ ms, id, meter }) => started(ms, id, meter)),
  fc
    .record({
      ms: fc.integer({ min: 0, max: 1e7 }),
      id: fc.integer({ min: -1, max: 3 }),
      meter: fc.option(fc.integer({ min: 0, max: 1e6 }), { nil: null }),
    })
    .map(({ ms, id, meter }) => stopped(ms, id, meter)),
  fc
    .record({
      ms: fc.integer({ min: 0, max: 1e7 }),
      value: fc.integer({ min: 0, max: 1e6 }),
      id: fc.option(fc.integer({ min: -1, max: 3 }), { nil: null }),
    })
    .map(({ ms, value, id }) => register(ms, value, id)),
  fc.integer({ min: 0, max: 1e7 }).map((ms): SessionEvent => ({ ...moment(ms), kind: "available" })),
  fc.integer({ min: 0, max: 1e7 }).map((ms): SessionEvent => ({ ...moment(ms), kind: "plugged-in", idToken: null })),
  fc.integer({ min: 0, max: 1e7 }).map((ms): SessionEvent => ({ ...moment(ms), kind: "ended", reason: "Remote" })),
);

test("whatever comes in whatever order: opens and closes alternate, and every effect belongs to the session that runs", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
      let open: string | null = null;
      for (const effect of run(events).effects) {
        if (effect.do === "open") {
          expect(open).toBeNull();
          open = effect.session.id;
        } else if (effect.do === "close") {
          expect(effect.opened.id).toBe(open);
          open = null;
        } else if (effect.do !== "stray") expect(effect.sessionId).toBe(open);
      }
    }),
    { numRuns: 2000 },
  );
});
