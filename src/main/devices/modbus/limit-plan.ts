import { milliamp, type Milliamp } from "../../../core/units/index.ts";
import { holds, type DeviceProfile, type Operand, type ProfileRegister, type ProfileSetter } from "../profile/index.ts";
import { rawDown } from "./device-wire.ts";

/** Line-to-neutral voltage by which boxes that take watts reckon (IEC 60038). */
const NOMINAL_V = 230;

/** How a limit is written to this box and how it shows what it took. */
export type LimitPlan = {
  readonly setter: ProfileSetter & { readonly addresses: readonly number[] };
  /** Watts of one ampere where the box takes watts; `null`: it takes amperes. */
  readonly watts_per_A: number | null;
  readonly step_mA: number;
  readonly min_mA: number;
  readonly max_mA: number;
  /** `setpoint`: the register written; `bound`: another one that never exceeds it; `null`: nothing can be read. */
  readonly readBack: { readonly kind: "setpoint" | "bound"; readonly register: ProfileRegister } | null;
};

/** What is known of the box when a limit is to be written. */
export type PlanInput = {
  readonly step_mA: number;
  /** Phases the car really charges on; a box that takes watts must be told accordingly. */
  readonly phases: 1 | 2 | 3;
  readonly of: (name: string) => Operand;
};

/** `null` when the profile gives no way to write a limit (meters, read-only boxes). */
export function limitPlan(profile: DeviceProfile, { step_mA, phases, of }: PlanInput): LimitPlan | null {
  const setter = chosenSetter(profile, of);
  const watts_per_A = setter?.unit === "W" || setter?.unit === "kW" ? NOMINAL_V * phases : null;
  if (setter === null || (watts_per_A === null && setter.unit !== "A")) return null;
  const raw = setter.scale ?? 1;
  const isFloat = setter.type === "f32" || setter.type === "f64";
  const unit_mA = watts_per_A === null ? raw * 1000 : (watts(setter) * 1000) / watts_per_A;
  const own_mA = setter.step === undefined ? (isFloat ? step_mA : unit_mA) : setter.step * 1000;
  const register = profile.registers.find((one) => one.what.includes("current_limit") && holds(one.when, of));
  const isWritten = register?.fc === 3 && setter.addresses.includes(register.address);
  return {
    setter,
    watts_per_A,
    step_mA: watts_per_A === null ? Math.max(1, Math.round(own_mA)) : own_mA,
    min_mA: Math.round((setter.min ?? 6) * 1000),
    max_mA: Math.round((setter.max ?? 32) * 1000),
    readBack: register === undefined ? null : { kind: isWritten ? "setpoint" : "bound", register },
  };
}

function chosenSetter(
  profile: DeviceProfile,
  of: (name: string) => Operand,
): (ProfileSetter & { addresses: readonly number[] }) | null {
  const given = profile.control?.set_current ?? profile.control?.set_power;
  if (given === undefined) return null;
  const { variants, ...base } = given;
  const variant = variants?.find((one) => holds(one.when, of));
  const setter = variant === undefined ? base : { ...base, scale: variant.scale, step: variant.step };
  const addresses = setter.addresses ?? (setter.address === undefined ? [] : [setter.address]);
  return addresses.length === 0 ? null : { ...setter, addresses };
}

/** Watts of one raw step. */
const watts = (setter: ProfileSetter): number => (setter.scale ?? 1) * (setter.unit === "kW" ? 1000 : 1);

/** What the box can be told: its own steps, rounded down; below its minimum means pause (IEC 61851-1 A.4). */
export function offered(plan: LimitPlan, wanted_mA: number): Milliamp {
  const capped = Math.min(wanted_mA, plan.max_mA);
  const stepped = Math.floor(rawDown(capped, plan.step_mA) * plan.step_mA + 1e-6);
  return milliamp(stepped < plan.min_mA ? 0 : stepped);
}

/** The smallest of its steps that is no pause: 6 A on three phases are 4140 W, which a box with steps of 100 W has not. */
export const leastOffer_mA = ({ step_mA, min_mA }: LimitPlan): Milliamp =>
  milliamp(Math.ceil(Math.ceil(min_mA / step_mA - 1e-6) * step_mA - 1e-6));

/** The setpoint in the setter's own unit, for a limit that `offered` gave. */
export function setpointOf(plan: LimitPlan, limit_mA: number): number {
  if (plan.watts_per_A === null) return ampereDown(limit_mA, plan.setter);
  // `offered` cut the fraction of a milliampere off; without it the last step would be lost.
  const exact_W = (Math.min(limit_mA + 1, plan.max_mA) * plan.watts_per_A) / 1000;
  const unit_W = watts(plan.setter);
  const steps = limit_mA === 0 ? 0 : rawDown(exact_W, unit_W);
  return (steps * unit_W) / (plan.setter.unit === "kW" ? 1000 : 1);
}

/** Amperes to write; as f32 never above what was meant. */
function ampereDown(limit_mA: number, setter: ProfileSetter): number {
  const limit_A = limit_mA / 1000 - (setter.offset ?? 0);
  if (setter.type !== "f32" || Math.fround(limit_A) <= limit_A) return limit_A;
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, limit_A);
  view.setUint32(0, Math.max(0, view.getUint32(0) - 1));
  return view.getFloat32(0);
}
