import type { ModbusRequest } from "../../protocol/modbus/index.ts";
import type { Clock } from "../ports.ts";
import type { DeviceProfile, ProfileStep } from "../profile/index.ts";
import { writeRequest, type DeviceWire } from "./device-wire.ts";
import type { BusPriority } from "../../links/bus.ts";

/** Values that the site gives to the steps of a profile. */
export type StepValues = { readonly failsafe_A: number; readonly timeout_s: number };

export type StepsResult =
  | { readonly kind: "done"; readonly refused: readonly string[] }
  /** The device did not answer; the steps are to be run again from the start. */
  | { readonly kind: "missed" };

/** Seconds without us after which a box is to fall back, where the profile gives no default. */
const TIMEOUT_s = 60;

export const stepValues = (profile: DeviceProfile, fallback_mA: number): StepValues => ({
  failsafe_A: fallback_mA / 1000,
  timeout_s: profile.failsafe?.timeout?.default ?? TIMEOUT_s,
});

/** `null` for a name that steps do not know. */
export function stepNumber(value: number | string | undefined, values: StepValues): number | null {
  if (typeof value === "number") return value;
  if (value === "$failsafe_amps") return values.failsafe_A;
  return value === "$timeout_s" ? values.timeout_s : null;
}

/**
 * Carries out the writes and waits of a profile in order. A write the device refuses is reported and the rest goes on:
 * older firmware lacks single registers. Steps bound to a condition are not run; they are reported as refused.
 */
export async function runSteps(
  steps: readonly ProfileStep[],
  context: {
    readonly profile: DeviceProfile;
    readonly wire: DeviceWire;
    readonly clock: Clock;
    readonly priority: BusPriority;
    readonly values: StepValues;
  },
): Promise<StepsResult> {
  const { profile, wire, clock, values } = context;
  const refused: string[] = [];
  for (const step of steps) {
    if (step.wait_ms !== undefined) await clock.sleep(step.wait_ms);
    if (step.write === undefined) continue;
    const request = step.when === undefined ? await requestOf(profile, wire, step.write, values) : null;
    if (request === null) {
      refused.push(
        `register ${String(step.write.address)}: not written${step.when === undefined ? "" : `, only ${step.when}`}`,
      );
      continue;
    }
    const reply = await wire.ask(request, context.priority);
    if (reply.ok) continue;
    if (reply.code !== "exception") return { kind: "missed" };
    refused.push(`register ${String(request.address)}: exception ${String(reply.exception)}`);
  }
  return { kind: "done", refused };
}

async function requestOf(
  profile: DeviceProfile,
  wire: DeviceWire,
  write: NonNullable<ProfileStep["write"]>,
  values: StepValues,
): Promise<ModbusRequest | null> {
  if (write.set_bits === undefined) {
    const value = stepNumber(write.value, values);
    return value === null ? null : writeRequest(profile, write, value);
  }
  // Other bits of the register are not ours: read, add, write.
  const now = await wire.ask({ fc: 3, address: write.address, count: 1 }, "identity");
  const word = now.ok && now.reply.kind === "registers" ? now.reply.registers[0] : undefined;
  return word === undefined ? null : writeRequest(profile, write, word | write.set_bits);
}
