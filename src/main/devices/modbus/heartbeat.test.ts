import { describe, expect, test } from "vitest";
import { epochMs, milliamp } from "../../../core/units/index.ts";
import type { BusReply } from "../../links/bus.ts";
import type { ModbusRequest } from "../../protocol/modbus/index.ts";
import type { Clock } from "../ports.ts";
import { parseProfile, type DeviceProfile } from "../profile/index.ts";
import type { DeviceWire } from "./device-wire.ts";
import { createHeartbeat, heartbeatPeriod_ms } from "./heartbeat.ts";
import { limitPlan, offered, setpointOf } from "./limit-plan.ts";
import { stepValues } from "./profile-steps.ts";

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
    expect(limitPlan(box("{feed: none}", "fc: 16, address: 10, type: u32, unit: horsepower"), none)).toBeNull();
  });
});
