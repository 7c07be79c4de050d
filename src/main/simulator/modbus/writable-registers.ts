import { holds, type DeviceProfile, type ProfileStep } from "../../devices/profile/index.ts";
import { decodeNumber, registersOf, type NumberType } from "../../protocol/modbus/index.ts";
import type { BankWrite } from "./bank-write.ts";
import type { Watchdog } from "./watchdog.ts";

type WriteType = NumberType | "bit";
type WriteFc = 5 | 6 | 15 | 16;
const NOMINAL_V = 230;

/** Coils and registers have addresses of their own. */
export const cellOf = (fc: number, address: number): string =>
  `${fc === 1 || fc === 2 || fc === 5 || fc === 15 ? "bit" : "word"}:${String(address)}`;

/** Every place the profile writes to, and the function codes it does so with. */
export function writableCells(profile: DeviceProfile): ReadonlyMap<string, ReadonlySet<WriteFc>> {
  const cells = new Map<string, Set<WriteFc>>();
  const add = (fc: WriteFc | undefined, address: number | undefined, type: WriteType = "u16"): void => {
    if (fc === undefined || address === undefined) return;
    const width = type === "bit" ? 1 : registersOf(type);
    for (let offset = 0; offset < width; offset += 1) {
      const cell = cellOf(fc, address + offset);
      cells.set(cell, new Set([...(cells.get(cell) ?? []), fc]));
    }
  };
  const { control, failsafe } = profile;
  for (const { write } of stepsOf(profile)) add(write?.fc, write?.address, write?.type);
  for (const setter of [control?.set_current, control?.set_power]) {
    for (const address of setter?.addresses ?? [setter?.address]) {
      add(setter?.fc, address, setter?.type);
      add(setter?.fc_alt, address, setter?.type);
    }
    add(setter?.also?.fc, setter?.also?.address, setter?.also?.type);
  }
  const { enable, phases, lock, session, command, unlock, reset, pause, resume } = control ?? {};
  for (const one of [enable, phases, lock, session, command, unlock, reset]) add(one?.fc, one?.address, one?.type);
  for (const way of [pause, resume]) {
    add(way?.write_raw?.fc, way?.write_raw?.address, way?.write_raw?.type);
    add(way?.otherwise?.fc, way?.otherwise?.address, way?.otherwise?.type);
  }
  const { current, timeout, enabled, power, phases: fallbackPhases, heartbeat } = failsafe ?? {};
  for (const one of [current, timeout, enabled, power, fallbackPhases]) {
    add(one?.write_fc, one?.write_address ?? one?.address, one?.type);
  }
  add(heartbeat?.fc, heartbeat?.address, heartbeat?.type);
  return cells;
}

function stepsOf({ control }: DeviceProfile): readonly ProfileStep[] {
  const { init, wakeup, recover_error, pause, resume, phases } = control ?? {};
  return [init, wakeup, recover_error, pause?.steps, resume?.steps, phases?.prepare].flatMap((list) => list ?? []);
}

type Numeric = { readonly type?: WriteType | undefined; readonly scale?: number | undefined };

/** A written number in the profile's unit. */
function numberOf(profile: DeviceProfile, form: Numeric, words: readonly number[]): number | null {
  const type = form.type === undefined || form.type === "bit" ? "u16" : form.type;
  const raw = decodeNumber(words.slice(0, registersOf(type)), type, profile.word_order);
  return raw === null ? null : raw * (form.scale ?? 1);
}

export type BankState = {
  readonly profile: DeviceProfile;
  readonly watchdog: Watchdog;
  readonly onWrite: (write: BankWrite) => void;
  /** Phases the car charges on, for boxes that take watts. */
  readonly phases: () => number;
  /** A value as the box shows it. */
  readonly shown: (name: string) => number | string | null;
  /** Switched off, whatever the setpoint. */
  readonly setPaused: (paused: boolean) => void;
};
type Act = (words: readonly number[]) => void;

/** What happens when a place is written; several things may. */
export function writeActions(state: BankState): ReadonlyMap<string, readonly Act[]> {
  const actions = new Map<string, Act[]>();
  const on = (
    fc: WriteFc | undefined,
    address: number | undefined,
    form: Numeric,
    act: (value: number) => void,
  ): void => {
    if (fc === undefined || address === undefined) return;
    const cell = cellOf(fc, address);
    const all = actions.get(cell) ?? [];
    all.push((words) => {
      const value = numberOf(state.profile, form, words);
      if (value !== null) act(value);
    });
    actions.set(cell, all);
  };
  onSetpoint(state, on);
  onSwitches(state, on);
  onFailSafe(state, on);
  return actions;
}

type On = (fc: WriteFc | undefined, address: number | undefined, form: Numeric, act: (value: number) => void) => void;

function onSetpoint({ profile, watchdog, onWrite, phases, shown }: BankState, on: On): void {
  const { control } = profile;
  const setter = control?.set_current ?? control?.set_power;
  const pause = control?.pause?.write_raw;
  for (const address of setter?.addresses ?? [setter?.address]) {
    on(setter?.fc, address, { type: setter?.type }, (raw) => {
      const finer = setter?.variants?.find((variant) => holds(variant.when, shown));
      const scaled = (setter?.pack === "both_bytes" ? raw % 0x100 : raw) * (finer?.scale ?? setter?.scale ?? 1);
      const watts = scaled * (setter?.unit === "kW" ? 1000 : 1);
      const amperes = setter?.unit === "A" ? scaled : watts / (NOMINAL_V * phases());
      const isPause = pause?.address === address && pause?.value === raw;
      const current_mA = isPause ? 0 : Math.round(amperes * 1_000);
      watchdog.told(current_mA);
      onWrite({ kind: "set-current", current_mA });
    });
  }
}

function onSwitches({ profile, onWrite, setPaused }: BankState, on: On): void {
  const { enable, pause, resume, phases, set_current } = profile.control ?? {};
  on(enable?.fc, enable?.address, enable ?? {}, (value) => {
    const isOn = value === (enable?.values?.["on"] ?? 1);
    setPaused(!isOn && pause?.enable === "off");
    onWrite({ kind: "enable", on: isOn });
  });
  for (const [way, paused] of [
    [pause, true],
    [resume, false],
  ] as const) {
    for (const write of [way?.write_raw, way?.otherwise]) {
      if (write === undefined || write.address === set_current?.address) continue;
      on(write.fc, write.address, write, (value) => {
        if (value === write.value) setPaused(paused);
      });
    }
  }
  on(phases?.fc, phases?.address, phases ?? {}, (written) => {
    const value = phases?.bit === undefined ? written : Math.floor(written / 2 ** phases.bit) % 2;
    const count = Object.entries(phases?.values ?? {}).find(([, code]) => code === value)?.[0];
    if (count !== undefined) onWrite({ kind: "phases", phases: Number(count) });
  });
}

function onFailSafe({ profile, watchdog, onWrite }: BankState, on: On): void {
  const { current, timeout, power } = profile.failsafe ?? {};
  const fallBackTo = (current_mA: number): void => {
    watchdog.fallback_mA = current_mA;
    onWrite({ kind: "fallback-current", current_mA });
  };
  on(current?.write_fc, current?.write_address ?? current?.address, current ?? {}, (value) => {
    fallBackTo(Math.round(value * 1_000));
  });
  on(power?.write_fc, power?.write_address ?? power?.address, power ?? {}, (value) => {
    fallBackTo(Math.round((value * 1_000) / (NOMINAL_V * 3)));
  });
  on(timeout?.write_fc, timeout?.write_address ?? timeout?.address, timeout ?? {}, (value) => {
    watchdog.timeout_ms = Math.round((timeout?.codes?.[String(value)] ?? value) * 1_000);
    onWrite({ kind: "watchdog-timeout", timeout_ms: watchdog.timeout_ms });
  });
}
