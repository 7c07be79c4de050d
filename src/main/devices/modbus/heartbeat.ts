import { milliamp } from "../../../core/units/index.ts";
import type { Clock } from "../ports.ts";
import type { DeviceProfile } from "../profile/index.ts";
import { writeRequest, type DeviceWire } from "./device-wire.ts";
import { applyLimit, type LimitContext } from "./limit-control.ts";
import { stepNumber, type StepValues } from "./profile-steps.ts";
import type { ReadResult } from "./register-reader.ts";

/** A setpoint is repeated at least this often where the box forgets it. */
const REWRITE_ms_max = 30_000;
const DIVISOR = { "timeout/2": 2, "timeout/3": 3, "timeout/4": 4 } as const;

export interface Heartbeat {
  /** Feeds the box's watchdog when it is time; boxes content with any request need nothing. */
  beatIfDue(): Promise<ReadResult>;
}

/** The write by which this box knows that we are still there; without it the box falls back to its own limit. */
export function createHeartbeat(options: {
  readonly profile: DeviceProfile;
  readonly wire: Pick<DeviceWire, "ask">;
  readonly clock: Clock;
  readonly values: StepValues;
  readonly limits: LimitContext | null;
  readonly told_mA: () => number | null;
}): Heartbeat {
  const { profile, wire, clock, values, limits } = options;
  const period_ms = heartbeatPeriod_ms(profile, values);
  let last_ms = -Infinity;
  return {
    async beatIfDue() {
      if (period_ms === null || clock.now_ms() - last_ms < period_ms) return "answered";
      const result = await beat(profile, wire, values, limits, options.told_mA());
      if (result === "answered") last_ms = clock.now_ms();
      return result;
    },
  };
}

/** Time between heartbeats; `null` when none is needed. */
export function heartbeatPeriod_ms(profile: DeviceProfile, values: StepValues): number | null {
  const { failsafe } = profile;
  if (failsafe === undefined || (failsafe.feed !== "rewrite_setpoint" && failsafe.feed !== "heartbeat_write"))
    return null;
  const { every_s, every } = failsafe.heartbeat ?? {};
  if (every_s !== undefined) return every_s * 1_000;
  return Math.min((values.timeout_s * 1_000) / DIVISOR[every ?? "timeout/3"], REWRITE_ms_max);
}

async function beat(
  profile: DeviceProfile,
  wire: Pick<DeviceWire, "ask">,
  values: StepValues,
  limits: LimitContext | null,
  told_mA: number | null,
): Promise<ReadResult> {
  if (profile.failsafe?.feed === "rewrite_setpoint") {
    if (limits === null || told_mA === null) return "answered";
    const reply = await applyLimit(limits, milliamp(told_mA), "heartbeat");
    return reply.ok || (reply.code !== "timeout" && reply.code !== "offline") ? "answered" : "missed";
  }
  const { fc, address, type = "u16", value } = profile.failsafe?.heartbeat ?? {};
  const number = stepNumber(value, values);
  if (fc === undefined || address === undefined || number === null) return "answered";
  const reply = await wire.ask(writeRequest(profile, { fc, address, type }, number), "heartbeat");
  return reply.ok || reply.code === "exception" ? "answered" : "missed";
}
