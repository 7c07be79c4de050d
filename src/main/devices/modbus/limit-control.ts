import { milliamp, type Milliamp } from "../../../core/units/index.ts";
import type { BusPriority, BusReply } from "../../links/bus.ts";
import { EXCEPTION } from "../../protocol/modbus/index.ts";
import type { Clock, CommandFailure, LimitReply } from "../ports.ts";
import {
  decodeRegister,
  holds,
  toCanonical,
  valueWidth,
  type CanonicalValue,
  type DeviceProfile,
  type Operand,
  type ProfileRegister,
  type ProfileStep,
} from "../profile/index.ts";
import { writeRequest, type DeviceWire } from "./device-wire.ts";
import { setpointOf, type LimitPlan } from "./limit-plan.ts";
import { runSteps, type StepValues } from "./profile-steps.ts";

/** Looks at the box's own limit after a write, this far apart in time of the app's clock. */
const READ_BACK_PAUSE_ms = 500;
const READ_BACKS_max = 4;
/** One write and one rewrite, then the box does not follow. */
const WRITES_max = 2;

export type LimitContext = {
  /** As the device proved to need it: its word order may differ from the document's. */
  readonly profile: () => DeviceProfile;
  readonly wire: Pick<DeviceWire, "ask">;
  readonly clock: Clock;
  readonly plan: () => LimitPlan | null;
  readonly values: StepValues;
  /** Last limit the box confirmed; `null` when unknown. */
  readonly told_mA: () => number | null;
  /** Last phase count it was switched to. */
  readonly phases: () => 1 | 3 | null;
  readonly of: (name: string) => Operand;
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
  const plan = context.plan();
  if (plan === null) return failure("not-supported", false, `profile ${context.profile().id} takes no limit`);
  const look = readBackOf(context.profile(), plan, limit_mA);
  let held: CanonicalValue = null;
  for (let written = 0; written < WRITES_max; written += 1) {
    const failed = await writeLimit(context, plan, { limit_mA, priority, again: written > 0 });
    if (failed !== null) return failed;
    if (look === null) return { ok: true, confirmed_mA: limit_mA };
    for (let looked = 0; looked < READ_BACKS_max; looked += 1) {
      if (looked > 0) await context.clock.sleep(READ_BACK_PAUSE_ms);
      const seen = await readOne(context, look.register, priority);
      if (seen.kind === "failed") return seen.failure;
      // A box without this register has accepted the write; that is all it can say.
      if (seen.kind === "absent") return { ok: true, confirmed_mA: limit_mA };
      held = seen.value;
      // A box that has just been written to may not tell yet.
      if (typeof held === "number" && look.follows(held)) {
        const confirmed_mA = look.isCurrent ? Math.min(held, limit_mA) : limit_mA;
        return { ok: true, confirmed_mA: milliamp(Math.round(confirmed_mA)) };
      }
    }
  }
  return failure("not-followed", true, `told ${String(limit_mA)} mA, holds ${String(held ?? "nothing readable")}`);
}

type ReadBack = {
  readonly register: ProfileRegister;
  readonly isCurrent: boolean;
  readonly follows: (held: number) => boolean;
};

/** Where the box shows that it took the limit, and what it must show there; `null`: its acceptance is all there is. */
function readBackOf(profile: DeviceProfile, plan: LimitPlan, limit_mA: number): ReadBack | null {
  const { pause, enable } = profile.control ?? {};
  const off = enable?.values?.["off"];
  if (limit_mA === 0 && pause?.enable === "off") {
    const register = profile.registers.find((one) => one.what.includes("enabled") && one.address === enable?.address);
    return register === undefined || off === undefined
      ? null
      : { register, isCurrent: false, follows: (held) => held === off };
  }
  if (plan.readBack === null) return null;
  const { kind, register } = plan.readBack;
  const tolerance_mA = plan.step_mA / 2;
  if (limit_mA === 0) {
    const raw = pause?.write_raw ?? null;
    const isSetpoint = raw === null ? pause?.steps === undefined : plan.setter.addresses.includes(raw.address);
    // Anything below its minimum is a pause: some boxes take 0.1 A for it.
    return isSetpoint ? { register, isCurrent: false, follows: (held) => held < plan.min_mA } : null;
  }
  // A box may offer less than told (cable, temperature, its own switch), never more.
  const follows =
    kind === "bound"
      ? (held: number) => held <= limit_mA + tolerance_mA
      : (held: number) => Math.abs(held - limit_mA) <= tolerance_mA;
  return { register, isCurrent: true, follows };
}

type Seen =
  | { readonly kind: "value"; readonly value: CanonicalValue }
  | { readonly kind: "absent" }
  | { readonly kind: "failed"; readonly failure: CommandFailure };

/** Reads one value of the profile as it stands now. */
export async function readOne(
  context: Pick<LimitContext, "profile" | "wire">,
  register: ProfileRegister,
  priority: BusPriority,
): Promise<Seen> {
  const count = valueWidth(register);
  const reply = await context.wire.ask({ fc: register.fc, address: register.address, count }, priority);
  if (!reply.ok) return reply.code === "exception" ? { kind: "absent" } : { kind: "failed", failure: failureOf(reply) };
  const answer = reply.reply;
  const words = answer.kind === "registers" ? answer.registers : answer.kind === "bits" ? answer.bits.map(Number) : [];
  const [what = ""] = register.what;
  const raw = decodeRegister(context.profile(), register, words.slice(0, count));
  return { kind: "value", value: toCanonical(what, raw, register.unit) };
}

type Writing = { readonly limit_mA: Milliamp; readonly priority: BusPriority; readonly again: boolean };

/** `null` when every write was acknowledged. */
async function writeLimit(context: LimitContext, plan: LimitPlan, writing: Writing): Promise<CommandFailure | null> {
  const { pause, resume } = context.profile().control ?? {};
  if (writing.limit_mA === 0) {
    const pausing = waySteps(context, pause);
    return pausing === null
      ? setCurrent(context, plan, milliamp(Math.round((pause?.write_limit ?? 0) * 1000)), writing.priority)
      : perform(context, plan, pausing, writing.priority);
  }
  const failed = await setCurrent(context, plan, writing.limit_mA, writing.priority);
  // Registers behind an enable switch may be flash: they are written when they must change, not with every limit.
  const isOn = (context.told_mA() ?? 0) > 0 && !writing.again;
  if (failed !== null || isOn) return failed;
  const resuming = waySteps(context, resume ?? (pause?.enable === "off" ? { enable: "on" } : undefined));
  return resuming === null ? null : perform(context, plan, resuming, writing.priority, writing.limit_mA);
}

type Control = NonNullable<DeviceProfile["control"]>;
type Way = NonNullable<Control["pause"]>;

/** The steps of a way to pause or resume; `null`: writing the limit is all there is to do. */
function waySteps(context: LimitContext, way: Way | undefined): readonly ProfileStep[] | null {
  if (way === undefined) return null;
  if (!holds(way.when, context.of)) return way.otherwise === undefined ? null : [{ write: way.otherwise }];
  if (way.steps !== undefined) return way.steps;
  if (way.write_raw !== undefined) return [{ write: way.write_raw }];
  if (way.enable === undefined) return null;
  const { enable } = context.profile().control ?? {};
  const value = enable?.values?.[way.enable];
  return enable === undefined || value === undefined ? null : [{ write: { ...writeOf(enable), value } }];
}

/** Where and how a switch is written. */
export const writeOf = (choice: {
  readonly fc: NonNullable<ProfileStep["write"]>["fc"];
  readonly address: number;
  readonly type: NonNullable<ProfileStep["write"]>["type"];
}): NonNullable<ProfileStep["write"]> => ({ fc: choice.fc, address: choice.address, type: choice.type });

/** Writes what stands for a number of phases, in a bit alone where it is one. */
export const phaseStep = (phases: NonNullable<Control["phases"]>, value: number): ProfileStep => ({
  write: { ...writeOf(phases), value, ...(phases.bit === undefined ? {} : { bit: phases.bit }) },
});

/** Steps that may also name a command, the last limit or the last phase count. */
async function perform(
  context: LimitContext,
  plan: LimitPlan,
  steps: readonly ProfileStep[],
  priority: BusPriority,
  limit_mA = milliamp(0),
): Promise<CommandFailure | null> {
  const { command, phases } = context.profile().control ?? {};
  for (const step of steps) {
    let failed: CommandFailure | null = null;
    const code = step.command === undefined ? undefined : command?.values?.[step.command];
    const count = step.phases === undefined ? null : context.phases();
    const phaseCode = count === null ? undefined : phases?.values?.[String(count)];
    if (step.write_limit !== undefined)
      failed = await setCurrent(context, plan, milliamp(Math.round(step.write_limit * 1000)), priority);
    else if (step.set_current !== undefined) failed = await setCurrent(context, plan, limit_mA, priority);
    else if (command !== undefined && code !== undefined)
      failed = await performWrites(context, [{ write: { ...writeOf(command), value: code } }], priority);
    else if (phases !== undefined && phaseCode !== undefined)
      failed = await performWrites(context, [phaseStep(phases, phaseCode)], priority);
    else failed = await performWrites(context, [step], priority);
    if (failed !== null) return failed;
  }
  return null;
}

/** Carries out plain writes and waits; `null` when all were acknowledged. */
export async function performWrites(
  context: LimitContext,
  steps: readonly ProfileStep[],
  priority: BusPriority,
): Promise<CommandFailure | null> {
  const { wire, clock, values, of } = context;
  const result = await runSteps(steps, { profile: context.profile(), wire, clock, values, priority, of });
  if (result.kind === "missed") return failure("timeout", true, "no answer");
  const [refused] = result.refused;
  return refused === undefined ? null : failure("rejected", false, refused);
}

async function setCurrent(
  context: LimitContext,
  plan: LimitPlan,
  limit_mA: Milliamp,
  priority: BusPriority,
): Promise<CommandFailure | null> {
  const { setter } = plan;
  const profile = context.profile();
  const value = setpointOf(plan, limit_mA);
  const targets = setter.addresses.map((address) => ({ ...setter, address }));
  for (const target of setter.also === undefined ? targets : [...targets, { ...setter.also, pack: setter.pack }]) {
    const { address, type, scale } = { scale: setter.scale, ...target };
    const ask = (fc: 5 | 6 | 15 | 16): Promise<BusReply> =>
      context.wire.ask(
        writeRequest(profile, { fc, address, type, scale }, setter.pack === "both_bytes" ? inBothBytes(value) : value),
        priority,
      );
    let reply = await ask(target.fc);
    const isUnknown = !reply.ok && reply.code === "exception" && reply.exception === EXCEPTION.illegalFunction;
    if (isUnknown && setter.fc_alt !== undefined) reply = await ask(setter.fc_alt);
    if (!reply.ok) return failureOf(reply);
  }
  return null;
}

const inBothBytes = (value: number): number => Math.floor(value) * 0x101;
