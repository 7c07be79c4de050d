import { describe, expect, test } from "vitest";
import { epochMs, milliamp } from "../../../core/units/index.ts";
import type { BusReply } from "../../links/bus.ts";
import type { ModbusRequest } from "../../protocol/modbus/index.ts";
import type { Clock } from "../ports.ts";
import { parseProfile, type DeviceProfile } from "../profile/index.ts";
import type { DeviceWire } from "./device-wire.ts";
import { createHeartbeat, heartbeatPeriod_ms } from "./heartbeat.ts";
import { leastOffer_mA, limitPlan, offered, setpointOf } from "./limit-plan.ts";
import { stepValues } from "./profile-steps.ts";
import { createSetpointWatch } from "./setpoint-watch.ts";

const box = (
  failsafe: string,
  setter = "fc: 6, address: 10, type: u16, scale: 0.001, unit: A, min: 6, max: 32",
): DeviceProfile => {
  const loaded = parseProfile(
    `
schema: 1
id: test-box
kind: charger
vendor: Test
models: [Box]
driver: modbus
evidence: single
transport: {options: [tcp]}
limits: {max_read: 10, max_gap: 0}
registers: [{what: state, fc: 3, address: 0, type: u16, poll: fast}]
control: {set_current: {${setter}}}
failsafe: ${failsafe}
sources: [made for this test]
`,
    "test-box.yaml",
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.profile;
};

const period = (profile: DeviceProfile): number | null => heartbeatPeriod_ms(profile, stepValues(profile, 6_000));

describe("a heartbeat", () => {
  test("is not needed where any request or nothing feeds the watchdog", () => {
    for (const feed of ["any_request", "none", "unknown"]) expect(period(box(`{feed: ${feed}}`))).toBeNull();
  });

  test("comes at the profile's pace, or at a part of the box's time, and at least every 30 s", () => {
    expect(period(box("{feed: heartbeat_write, heartbeat: {fc: 6, address: 1, value: 1, every_s: 5}}"))).toBe(5_000);
    expect(
      period(
        box(
          "{feed: heartbeat_write, timeout: {default: 20}, heartbeat: {fc: 6, address: 1, value: 1, every: timeout/4}}",
        ),
      ),
    ).toBe(5_000);
    expect(period(box("{feed: rewrite_setpoint, timeout: {default: 600}}"))).toBe(30_000);
  });

  test("writes what the profile says, again when it is due and not sooner", async () => {
    const profile = box("{feed: heartbeat_write, heartbeat: {fc: 6, address: 6000, value: 1, every_s: 5}}");
    const asked: ModbusRequest[] = [];
    let now_ms = 1_000;
    const clock: Clock = {
      now_ms: () => epochMs(now_ms),
      real_ms: (duration) => duration,
      sleep: () => Promise.resolve(),
    };
    const ask = (request: ModbusRequest): Promise<BusReply> => {
      asked.push(request);
      return Promise.resolve({ ok: true, reply: { kind: "written", fc: 6, address: 6000 } });
    };
    const wire: Pick<DeviceWire, "ask"> = { ask };
    const heartbeat = createHeartbeat({
      profile,
      wire,
      clock,
      values: stepValues(profile, 6_000),
      limits: null,
      told_mA: () => null,
    });
    for (const at_ms of [1_000, 2_000, 5_900, 6_000, 7_000]) {
      now_ms = at_ms;
      expect(await heartbeat.beatIfDue()).toBe("answered");
    }
    expect(asked).toEqual([
      { fc: 6, address: 6000, value: 1 },
      { fc: 6, address: 6000, value: 1 },
    ]);
  });
});

/** A clock that shows what a test sets, and whose sleepers wake in order. */
function steppedClock(): { readonly clock: Clock; readonly advance: (to_ms: number) => Promise<void> } {
  let now_ms = 0;
  let sleepers: readonly { readonly at_ms: number; readonly wake: () => void }[] = [];
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  return {
    clock: {
      now_ms: () => epochMs(now_ms),
      real_ms: (duration) => duration,
      sleep: (duration_ms, signal) =>
        new Promise((resolve) => {
          sleepers = [...sleepers, { at_ms: now_ms + duration_ms, wake: resolve }];
          signal?.addEventListener("abort", () => {
            resolve();
          });
        }),
    },
    async advance(to_ms) {
      await settled();
      for (;;) {
        const [next] = sleepers.filter(({ at_ms }) => at_ms <= to_ms).toSorted((a, b) => a.at_ms - b.at_ms);
        if (next === undefined) break;
        now_ms = next.at_ms;
        sleepers = sleepers.filter((one) => one !== next);
        next.wake();
        await settled();
      }
      now_ms = to_ms;
    },
  };
}

describe("a heartbeat on its own", () => {
  const WRITTEN: BusReply = { ok: true, reply: { kind: "written", fc: 6, address: 6000 } };
  const LIFE = "{feed: heartbeat_write, heartbeat: {fc: 6, address: 6000, value: 1, every_s: 5, must_be_below_s: 10}}";

  async function sentWithin(end_ms: number, answer: (at_ms: number) => BusReply): Promise<readonly number[]> {
    const { clock, advance } = steppedClock();
    const profile = box(LIFE);
    const sent_ms: number[] = [];
    const heartbeat = createHeartbeat({
      profile,
      clock,
      wire: {
        ask: () => {
          sent_ms.push(clock.now_ms());
          return Promise.resolve(answer(clock.now_ms()));
        },
      },
      values: stepValues(profile, 6_000),
      limits: null,
      told_mA: () => null,
    });
    const over = new AbortController();
    const running = heartbeat.run(() => over.signal.aborted, over.signal);
    await advance(end_ms);
    over.abort();
    await running;
    return sent_ms;
  }

  test("leaves time to wait for its turn before its period is over", async () => {
    const sent_ms = await sentWithin(60_000, () => WRITTEN);
    const gaps_ms = sent_ms.slice(1).map((at_ms, i) => at_ms - (sent_ms[i] ?? 0));
    expect(sent_ms.length).toBeGreaterThanOrEqual(12);
    expect(new Set(gaps_ms)).toEqual(new Set([4_000]));
  });

  test("that was not answered is tried again long before the box gives up", async () => {
    const sent_ms = await sentWithin(9_999, (at_ms) => (at_ms < 5_000 ? { ok: false, code: "timeout" } : WRITTEN));
    expect(sent_ms.find((at_ms) => at_ms >= 5_000)).toBeLessThan(6_000);
  });

  test("ends at once where the box needs none", async () => {
    const profile = box("{feed: any_request}");
    const { clock } = steppedClock();
    const wire = { ask: () => Promise.reject(new Error("nothing is to be sent")) };
    const values = stepValues(profile, 6_000);
    const heartbeat = createHeartbeat({ profile, clock, wire, values, limits: null, told_mA: () => null });
    await heartbeat.run(() => false, new AbortController().signal);
    expect(heartbeat.dueIn_ms()).toBeNull();
  });

  test("comes at a part of the time that the box shows, where that is shorter than it was told", () => {
    const halves = box("{feed: heartbeat_write, heartbeat: {fc: 6, address: 1, value: 1, every: timeout/2}}");
    expect(heartbeatPeriod_ms(halves, stepValues(halves, 6_000), 10_000)).toBe(5_000);
    const rewritten = box("{feed: rewrite_setpoint, heartbeat: {every_s: 25}}");
    expect(heartbeatPeriod_ms(rewritten, stepValues(rewritten, 6_000), 30_000)).toBe(10_000);
    expect(heartbeatPeriod_ms(rewritten, stepValues(rewritten, 6_000), 0)).toBe(25_000);
  });
});

describe("a limit that is repeated as a sign of life", () => {
  const profile = box("{feed: rewrite_setpoint}");

  function repeating(told: { told_mA: number; isTelling: boolean }): {
    readonly beat: () => Promise<unknown>;
    readonly asked: { readonly request: ModbusRequest; readonly isWanted: () => boolean }[];
  } {
    const asked: { request: ModbusRequest; isWanted: () => boolean }[] = [];
    const { clock } = steppedClock();
    const wire: Pick<DeviceWire, "ask"> = {
      ask: (request, _priority, _unitId, isWanted = () => true) => {
        asked.push({ request, isWanted });
        return Promise.resolve({ ok: true, reply: { kind: "written", fc: 6, address: 10 } });
      },
    };
    const plan = limitPlan(profile, { step_mA: 1_000, phases: 3, of: () => null });
    const values = stepValues(profile, 6_000);
    const limits = {
      profile: () => profile,
      wire,
      clock,
      plan: () => plan,
      values,
      told_mA: () => told.told_mA,
      phases: () => null,
      of: () => null,
    };
    const { told_mA, isTelling } = { told_mA: () => told.told_mA, isTelling: () => told.isTelling };
    const heartbeat = createHeartbeat({ profile, wire, clock, values, limits, told_mA, isTelling });
    return { beat: () => heartbeat.beatIfDue(), asked };
  }

  test("is void when a lower one was told while it waited for its turn on the line", async () => {
    const told = { told_mA: 16_000, isTelling: false };
    const { beat, asked } = repeating(told);
    await beat();
    expect(asked.map(({ request }) => request)).toEqual([{ fc: 6, address: 10, value: 16_000 }]);
    expect(asked[0]?.isWanted()).toBe(true);
    told.isTelling = true;
    expect(asked[0]?.isWanted()).toBe(false);
    Object.assign(told, { told_mA: 6_000, isTelling: false });
    expect(asked[0]?.isWanted()).toBe(false);
  });

  test("is not repeated while another is being told, which is a sign of life by itself", async () => {
    const { beat, asked } = repeating({ told_mA: 16_000, isTelling: true });
    expect(await beat()).toBe("answered");
    expect(asked).toEqual([]);
  });

  test("is never the higher one of what the box confirmed and what it was told since", () => {
    const setpoint = createSetpointWatch();
    expect(setpoint.repeatable_mA).toBeNull();
    setpoint.tell(16_000, 1);
    setpoint.attempt(6_000);
    expect(setpoint.repeatable_mA).toBe(6_000);
    setpoint.tell(6_000, 2);
    setpoint.attempt(16_000);
    expect(setpoint.repeatable_mA).toBe(6_000);
    setpoint.forget();
    expect(setpoint.repeatable_mA).toBeNull();
  });
});

describe("what a box is offered", () => {
  const none = { step_mA: 1_000, phases: 3, of: () => null } as const;
  const plan = limitPlan(
    box("{feed: none}", "fc: 6, address: 10, type: u16, scale: 0.1, unit: A, min: 6, max: 16, step: 1"),
    { ...none, step_mA: 100 },
  );

  test("is rounded down to its step, capped at its maximum, and 0 below its minimum", () => {
    if (plan === null) throw new Error("a box that takes amperes has a plan");
    const limits = [5_999, 6_000, 10_999, 16_000, 40_000, 0];
    expect(limits.map((limit) => offered(plan, milliamp(limit)))).toEqual([0, 6_000, 10_000, 16_000, 16_000, 0]);
  });

  test("is watts for the phases the car charges on, never more than the amperes meant", () => {
    for (const [phases, step_W] of [
      [1, 100],
      [2, 100],
      [3, 100],
      [3, 1],
    ] as const) {
      const watts = limitPlan(box("{feed: none}", `fc: 6, address: 10, type: u32, scale: ${String(step_W)}, unit: W`), {
        ...none,
        phases,
      });
      if (watts === null) throw new Error("a box that takes watts has a plan");
      const least_mA = leastOffer_mA(watts);
      expect(offered(watts, least_mA)).toBeGreaterThanOrEqual(6_000);
      expect(offered(watts, least_mA - 1)).toBe(0);
      for (let limit_mA = 5_000; limit_mA <= 32_000; limit_mA += 377) {
        const given_mA = offered(watts, limit_mA);
        const set_W = setpointOf(watts, given_mA);
        expect(set_W % step_W).toBe(0);
        expect(set_W).toBeLessThanOrEqual((limit_mA * 230 * phases) / 1000);
        if (given_mA === 0) expect(limit_mA).toBeLessThan(6_000 + (step_W * 1000) / (230 * phases));
        else expect((given_mA * 230 * phases) / 1000).toBeGreaterThan(set_W - 1);
      }
    }
  });

  test("is nothing we can write where the box takes neither amperes nor watts", () => {
    const amperes = box("{feed: none}");
    const setter = amperes.control?.set_current;
    if (setter === undefined) throw new Error("the box has a setpoint");
    const control = { set_current: { ...setter, unit: "horsepower" } };
    expect(limitPlan({ ...amperes, control }, none)).toBeNull();
  });
});
