import type { DeviceProfile, ProfileRegister, ProfileStep } from "./profile-schema.ts";

type Control = NonNullable<DeviceProfile["control"]>;
type Failsafe = NonNullable<DeviceProfile["failsafe"]>;
type Placed = { readonly address?: number | undefined; readonly global?: boolean | undefined };

/**
 * The document as it stands for one connector (from 1) of a box whose registers repeat: all addresses have moved, what
 * belongs to the station has not. Other boxes tell connectors apart by unit id or port and come back as they are.
 */
export function profileForConnector(profile: DeviceProfile, connector: number): DeviceProfile {
  const { connectors } = profile.transport;
  if (connectors?.by !== "address_offset") return profile;
  const by = (connectors.base ?? 0) + (connector - 1) * (connectors.stride ?? 0);
  const registers = profile.registers.map((register) => movedRegister(register, by, connector));
  const { control, failsafe } = profile;
  return {
    ...profile,
    registers,
    ...(control === undefined ? {} : { control: movedControl(control, by) }),
    ...(failsafe === undefined ? {} : { failsafe: movedFailsafe(failsafe, by) }),
  };
}

function movedRegister(register: ProfileRegister, by: number, connector: number): ProfileRegister {
  if (register.connector_stride !== undefined)
    return { ...register, address: register.address + (connector - 1) * register.connector_stride };
  const { read_from } = register;
  return {
    ...moved(register, by),
    ...(read_from === undefined || register.global === true ? {} : { read_from: moved(read_from, by) }),
  };
}

function moved<T extends Placed>(one: T, by: number): T {
  return one.global === true || one.address === undefined ? one : { ...one, address: one.address + by };
}

const movedSteps = (steps: readonly ProfileStep[], by: number): ProfileStep[] =>
  steps.map((step) => (step.write === undefined ? step : { ...step, write: moved(step.write, by) }));

function movedControl(control: Control, by: number): Control {
  const { set_current, set_power, pause, resume, phases } = control;
  const way = (one: Control["pause"]): Control["pause"] =>
    one === undefined
      ? undefined
      : {
          ...one,
          ...(one.write_raw === undefined ? {} : { write_raw: moved(one.write_raw, by) }),
          ...(one.otherwise === undefined ? {} : { otherwise: moved(one.otherwise, by) }),
          ...(one.steps === undefined ? {} : { steps: movedSteps(one.steps, by) }),
        };
  const setter = (one: Control["set_current"]): Control["set_current"] =>
    one === undefined
      ? undefined
      : {
          ...moved(one, by),
          ...(one.addresses === undefined ? {} : { addresses: one.addresses.map((address) => address + by) }),
          ...(one.also === undefined ? {} : { also: moved(one.also, by) }),
        };
  const choices = (["enable", "lock", "session", "suspend", "command", "unlock", "reset"] as const).flatMap((name) => {
    const one = control[name];
    return one === undefined ? [] : [[name, moved(one, by)] as const];
  });
  const lists = (["init", "wakeup", "recover_error"] as const).flatMap((name) => {
    const one = control[name];
    return one === undefined ? [] : [[name, movedSteps(one, by)] as const];
  });
  return {
    ...control,
    ...Object.fromEntries<unknown>([...choices, ...lists]),
    set_current: setter(set_current),
    set_power: setter(set_power),
    pause: way(pause),
    resume: way(resume),
    phases:
      phases === undefined
        ? undefined
        : {
            ...moved(phases, by),
            ...(phases.prepare === undefined ? {} : { prepare: movedSteps(phases.prepare, by) }),
          },
  };
}

function movedFailsafe(failsafe: Failsafe, by: number): Failsafe {
  const watched = (["enabled", "timeout", "current", "power", "phases"] as const).flatMap((name) => {
    const one = failsafe[name];
    if (one === undefined || one.global === true) return [];
    const { write_address } = one;
    const there = write_address === undefined ? {} : { write_address: write_address + by };
    return [[name, { ...moved(one, by), ...there }] as const];
  });
  const { heartbeat } = failsafe;
  return {
    ...failsafe,
    ...Object.fromEntries<unknown>(watched),
    heartbeat: heartbeat === undefined ? undefined : moved(heartbeat, by),
  };
}
