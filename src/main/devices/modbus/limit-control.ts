import { milliamp, type Milliamp } from "../../../core/units/index.ts";
import { encodeNumber, registersOf } from "../../protocol/modbus/index.ts";
import type { BusPriority, BusReply } from "../../links/bus.ts";
import type { Clock, CommandFailure, LimitReply } from "../ports.ts";
import {
  decodeRegister,
  toCanonical,
  type DeviceProfile,
  type ProfileRegister,
  type ProfileSetter,
} from "../profile/index.ts";
import { rawDown, writeRequest, type DeviceWire } from "./device-wire.ts";
import { runSteps, type StepValues } from "./profile-steps.ts";

/** Looks at the box's own limit after a write, this far apart in time of the app's clock. */
const READ_BACK_PAUSE_ms = 500;
const READ_BACKS_max = 4;
/** One write and one rewrite, then the box does not follow. */
const WRITES_max = 2;

/** How a limit is written to this box and how it shows what it took. */
export type LimitPlan = {
  readonly setter: ProfileSetter & { readonly address: number };
  readonly step_mA: number;
  readonly min_mA: number;
  readonly max_mA: number;
  /** `setpoint`: the register written; `bound`: another one that never exceeds it; `null`: nothing can be read. */
  readonly readBack: { readonly kind: "setpoint" | "bound"; readonly register: ProfileRegister } | null;
};

/** `null` when the profile gives no way to write amperes (meters, read-only boxes, watt setpoints). */
export function limitPlan(profile: DeviceProfile, step_mA: number): LimitPlan | null {
  const setter = profile.control?.set_current;
  const address = setter?.address ?? setter?.addresses?.[0];
  if (setter === undefined || address === undefined || setter.unit !== "A") return null;
  const isFloat = setter.type === "f32" || setter.type === "f64";
  const raw_mA = (setter.scale ?? 1) * 1000;
  const own_mA = setter.step === undefined ? (isFloat ? step_mA : raw_mA) : setter.step * 1000;
  const register = profile.registers.find((one) => one.what.includes("current_limit"));
  const kind = register?.fc === 3 && register.address === address ? "setpoint" : "bound";
  return {
    setter: { ...setter, address },
    step_mA: Math.max(1, Math.round(own_mA)),
    min_mA: Math.round((setter.min ?? 6) * 1000),
    max_mA: Math.round((setter.max ?? 32) * 1000),
    readBack: register === undefined ? null : { kind, register },
  };
}

/** What the box can be told: its own steps, rounded down; below its minimum means pause (IEC 61851-1 A.4). */
export function offered(plan: LimitPlan, wanted_mA: number): Milliamp {
  const capped = Math.min(wanted_mA, plan.max_mA);
  const stepped = rawDown(capped, plan.step_mA) * plan.step_mA;
  return milliamp(stepped < plan.min_mA ? 0 : stepped);
}

export type LimitContext = {
  readonly profile: DeviceProfile;
  readonly wire: DeviceWire;
  readonly clock: Clock;
  readonly plan: LimitPlan;
  readonly values: StepValues;
};

export const failure = (code: CommandFailure["code"], retry: boolean, detail: string): CommandFailure => ({
  ok: false,
  code,
  retry,
  detail,
});

export const failureOf = (reply: Extract<BusReply, { ok: false }>): CommandFailure => {
  switch (reply.code) {
    case "exception":
      return failure("rejected", false, `exception ${String(reply.exception)}`);
    case "timeout":
    case "garbled":
    case "expired":
    case "queue-full":
      return failure("timeout", true, reply.code);
    case "line-down":
      return failure("offline", true, reply.code);
  }
};

/** Writes, reads back where possible, rewrites once; answers with what the box holds or that it does not follow. */
export async function applyLimit(
  context: LimitContext,
  limit_mA: Milliamp,
  priority: BusPriority,
): Promise<LimitReply> {
  let held: number | null = null;
  for (let written = 0; written < WRITES_max; written += 1) {
    const failed = await writeLimit(context, limit_mA, priority);
    if (failed !== null) return failed;
    if (context.plan.readBack === null) return { ok: true, confirmed_mA: limit_mA };
    for (let looked = 0; looked < READ_BACKS_max; looked += 1) {
      if (looked > 0) await context.clock.sleep(READ_BACK_PAUSE_ms);
      const reply = await readLimit(context, context.plan.readBack.register, priority);
      if (typeof reply === "object" && reply !== null) return reply;
      held = reply;
      // A box that has just been written to may not tell yet; its acceptance of the write is what we have.
      if (held !== null && follows(context.plan, held, limit_mA))
        return { ok: true, confirmed_mA: milliamp(Math.min(held, limit_mA)) };
    }
  }
  return failure(
    "not-followed",
    true,
    `told ${String(limit_mA)} mA, holds ${held === null ? "nothing readable" : `${String(held)} mA`}`,
  );
}

function follows(plan: LimitPlan, held_mA: number, limit_mA: number): boolean {
  const tolerance_mA = plan.step_mA / 2;
  // A box may offer less than told (cable, temperature, its own switch), never more.
  if (plan.readBack?.kind === "bound") return held_mA <= limit_mA + tolerance_mA;
  return Math.abs(held_mA - limit_mA) <= tolerance_mA;
}

async function readLimit(
  context: LimitContext,
  register: ProfileRegister,
  priority: BusPriority,
): Promise<number | null | CommandFailure> {
  const { profile, wire } = context;
  const count = register.type === "u16" || register.type === "s16" ? 1 : (register.count ?? widthOf(register));
  const reply = await wire.ask({ fc: register.fc, address: register.address, count }, priority);
  if (!reply.ok) return failureOf(reply);
  const words = reply.reply.kind === "registers" ? reply.reply.registers : [];
  const value = toCanonical("current_limit", decodeRegister(profile, register, words), register.unit);
  return typeof value === "number" ? value : null;
}

const widthOf = (register: ProfileRegister): number =>
  register.type === "u64" || register.type === "s64" || register.type === "f64" ? registersOf(register.type) : 2;

/** `null` when every write was acknowledged. */
async function writeLimit(
  context: LimitContext,
  limit_mA: Milliamp,
  priority: BusPriority,
): Promise<CommandFailure | null> {
  const { profile, wire, clock, values } = context;
  const { pause, resume, enable } = profile.control ?? {};
  const steps = async (list: Parameters<typeof runSteps>[0]): Promise<CommandFailure | null> => {
    const result = await runSteps(list, { profile, wire, clock, values, priority });
    if (result.kind === "missed") return failure("timeout", true, "no answer");
    const [refused] = result.refused;
    return refused === undefined ? null : failure("rejected", false, refused);
  };
  const switchTo = (name: "on" | "off"): Promise<CommandFailure | null> => {
    const value = enable?.values?.[name];
    return enable === undefined || value === undefined
      ? Promise.resolve(failure("invalid", false, `profile ${profile.id} cannot switch ${name}`))
      : steps([{ write: { fc: enable.fc, address: enable.address, type: enable.type, value } }]);
  };
  if (limit_mA > 0) {
    const failed = await setCurrent(context, limit_mA, priority);
    if (failed !== null) return failed;
    if (pause?.enable === "off") return switchTo("on");
    if (resume?.write_raw !== undefined) return steps([{ write: resume.write_raw }]);
    return null;
  }
  if (pause?.enable === "off") return switchTo("off");
  if (pause?.write_raw !== undefined) return steps([{ write: pause.write_raw }]);
  return setCurrent(context, milliamp(Math.round((pause?.write_limit ?? 0) * 1000)), priority);
}

async function setCurrent(
  context: LimitContext,
  limit_mA: Milliamp,
  priority: BusPriority,
): Promise<CommandFailure | null> {
  const { plan, profile, wire } = context;
  const { setter } = plan;
  for (const address of setter.addresses ?? [setter.address]) {
    const write = { fc: setter.fc, address, type: setter.type, scale: setter.scale };
    const request = writeRequest(profile, write, ampereDown(limit_mA, setter));
    const reply = await wire.ask(request, priority);
    if (!reply.ok) return failureOf(reply);
  }
  return null;
}

/** Amperes to write; as f32 never above what was meant. */
function ampereDown(limit_mA: number, setter: ProfileSetter): number {
  const limit_A = limit_mA / 1000 - (setter.offset ?? 0);
  if (setter.type !== "f32" || Math.fround(limit_A) <= limit_A) return limit_A;
  const words = encodeNumber(limit_A, "f32", "msw");
  const bits = (words[0] ?? 0) * 0x1_0000 + (words[1] ?? 0) - 1;
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, Math.max(0, bits));
  return view.getFloat32(0);
}
