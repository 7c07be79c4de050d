import { EXCEPTION, type ModbusRequest } from "../../protocol/modbus/index.ts";
import type { Clock } from "../ports.ts";
import { holds, type DeviceProfile, type Operand, type ProfileStep } from "../profile/index.ts";
import { writeRequest, type DeviceWire } from "./device-wire.ts";
import type { BusPriority } from "../../links/bus.ts";

/** Values that the site gives to the steps of a profile. */
export type StepValues = { readonly failsafe_A: number; readonly timeout_s: number };

export type StepsResult =
  /** `wasBusy`: something was refused only because the device was busy; it may take it in a moment. */
  | { readonly kind: "done"; readonly refused: readonly string[]; readonly wasBusy: boolean }
  /** The device did not answer; the steps are to be run again from the start. */
  | { readonly kind: "missed" };

/** Seconds without us after which a box is to fall back; one that comes with a shorter time keeps that. */
const TIMEOUT_s = 60;

/** Modbus application protocol 1.1b3, 7: an exception that says "later", not "no". */
export const isBusy = (exception: number): boolean =>
  exception === EXCEPTION.acknowledge || exception === EXCEPTION.serverDeviceBusy;

/** What steps may name: the site's fallback and the time until it takes effect, within what the box takes. */
export function stepValues(profile: DeviceProfile, fallback_mA: number): StepValues {
  const { default: usual = 0, min = 1, max = Infinity, write_fc, unverified } = profile.failsafe?.timeout ?? {};
  // For as long as the time of the factory says a box goes on with its last limit, unless it can be told less.
  const canTell = write_fc !== undefined && unverified !== true;
  const wanted_s = usual <= 0 || (canTell && usual > TIMEOUT_s) ? TIMEOUT_s : usual;
  return { failsafe_A: fallback_mA / 1000, timeout_s: Math.min(Math.max(wanted_s, min), max) };
}

/** `null` for a name that steps do not know. */
export function stepNumber(value: number | string | undefined, values: StepValues): number | null {
  if (typeof value === "number") return value;
  if (value === "$failsafe_amps") return values.failsafe_A;
  return value === "$timeout_s" ? values.timeout_s : null;
}

/**
 * Carries out the writes and waits of a profile in order. A write the device refuses is reported and the rest goes on:
 * older firmware lacks single registers. Steps whose condition does not hold are left out.
 */
export async function runSteps(
  steps: readonly ProfileStep[],
  context: {
    readonly profile: DeviceProfile;
    readonly wire: Pick<DeviceWire, "ask">;
    readonly clock: Clock;
    readonly priority: BusPriority;
    readonly values: StepValues;
    readonly of: (name: string) => Operand;
  },
): Promise<StepsResult> {
  const { profile, wire, clock, values } = context;
  const refused: string[] = [];
  let wasBusy = false;
  for (const step of steps) {
    if (!holds(step.when, context.of)) continue;
    if (step.wait_ms !== undefined) await clock.sleep(step.wait_ms);
    if (step.write === undefined) continue;
    const request = await requestOf(profile, wire, step.write, values);
    if (request === "nothing to do") continue;
    if (request === null) {
      refused.push(`register ${String(step.write.address)}: not written`);
      continue;
    }
    const reply = await wire.ask(request, context.priority);
    if (reply.ok) continue;
    if (reply.code !== "exception") return { kind: "missed" };
    if (isBusy(reply.exception)) wasBusy = true;
    refused.push(`register ${String(request.address)}: exception ${String(reply.exception)}`);
  }
  return { kind: "done", refused, wasBusy };
}

async function requestOf(
  profile: DeviceProfile,
  wire: Pick<DeviceWire, "ask">,
  write: NonNullable<ProfileStep["write"]>,
  values: StepValues,
): Promise<ModbusRequest | "nothing to do" | null> {
  const value = stepNumber(write.value, values);
  if (write.set_bits === undefined && write.bit === undefined)
    return value === null ? null : writeRequest(profile, write, value);
  // Other bits of the register are not ours: read, change, write; registers with bits are flash, so only when needed.
  const now = await wire.ask({ fc: 3, address: write.address, count: 1 }, "identity");
  const word = now.ok && now.reply.kind === "registers" ? now.reply.registers[0] : undefined;
  if (word === undefined) return null;
  const one = write.bit === undefined ? 0 : 1 << write.bit;
  const wanted = (value === 1 ? word | one : word & ~one) | (write.set_bits ?? 0);
  return wanted === word ? "nothing to do" : writeRequest(profile, write, wanted);
}
