import {
  encodeRegister,
  fromCanonical,
  valueAddress,
  valueWidth,
  type CanonicalState,
  type CanonicalValue,
  type DeviceProfile,
  type ProfileRegister,
} from "../../devices/profile/index.ts";
import {
  decodeNumber,
  EXCEPTION,
  registersOf,
  type ModbusReply,
  type ModbusRequest,
  type NumberType,
  type ReadRequest,
} from "../../protocol/modbus/index.ts";
import { refuse, type RegisterBank } from "./register-bank.ts";
import type { BankWrite, ProfileBankOptions } from "./bank-write.ts";
import { createWatchdog, type Watchdog } from "./watchdog.ts";

export interface ProfileBank extends RegisterBank {
  /** What the box offers now; `null` before anybody has told it (and for meters). Expires the watchdog if it is time. */
  offered_mA(): number | null;
  /** As after a mains failure: setpoint 0, what was written is gone. */
  powerCycle(): void;
}

/** A unit that looks like the profile's device: its registers, its refusals, its setpoint and its watchdog. */
export function profileBank(options: ProfileBankOptions): ProfileBank {
  const { profile, values, onWrite } = options;
  const memory = new Map<number, number>();
  const watchdog = createWatchdog(options);
  const places = placesOf(profile);
  const targets = writeTargets(profile, watchdog, onWrite);
  const writable = writableAddresses(profile);

  const canonical = (what: string): CanonicalValue => {
    const given = values(what);
    if (given !== undefined) return given;
    switch (what) {
      case "current_limit":
        return watchdog.offered_mA();
      case "failsafe_current":
        return watchdog.fallback_mA;
      case "setpoint_valid_for":
        return watchdog.timeout_ms / 1_000;
      default:
        return null;
    }
  };
  const wordsOf = (place: Place): readonly number[] => {
    const value = canonical(place.what);
    const raw =
      place.what === "state" ? rawState(profile, value) : fromCanonical(place.what, value, place.register.unit);
    return encodeRegister(profile, place.register, raw);
  };

  const read = (request: ReadRequest): ModbusReply => {
    if (request.count > profile.limits.max_read) return refuse(request, EXCEPTION.illegalDataValue);
    const cache = new Map<Place, readonly number[]>();
    const words: number[] = [];
    for (let address = request.address; address < request.address + request.count; address += 1) {
      const place = places.get(`${String(request.fc)}:${String(address)}`);
      if (place !== undefined) {
        const known = cache.get(place) ?? wordsOf(place);
        cache.set(place, known);
        words.push(known[address - place.address] ?? 0);
      } else if (request.fc === 3 && memory.has(address)) words.push(memory.get(address) ?? 0);
      else if (request.fc === 3 && writable.has(address)) words.push(0);
      else if (withinGap(places, request.fc, address, profile.limits.max_gap)) words.push(0);
      else return refuse(request);
    }
    return request.fc <= 2
      ? { kind: "bits", fc: request.fc === 1 ? 1 : 2, bits: words.map((word) => word !== 0) }
      : { kind: "registers", fc: request.fc === 3 ? 3 : 4, registers: words };
  };

  const write = (request: WriteRequest): ModbusReply => {
    const words = wordsWritten(request);
    if (words.some((_, i) => !writable.has(request.address + i))) return refuse(request);
    words.forEach((word, i) => memory.set(request.address + i, word));
    const target = targets.get(request.address);
    if (target === undefined) onWrite({ kind: "raw", address: request.address, values: words });
    else target(words);
    return { kind: "written", fc: request.fc, address: request.address };
  };

  return {
    answer(request) {
      watchdog.heard(request, onWrite);
      return isRead(request) ? read(request) : write(request);
    },
    offered_mA() {
      watchdog.check(onWrite);
      return watchdog.offered_mA();
    },
    powerCycle() {
      memory.clear();
      watchdog.powerCycle();
    },
  };
}

type WriteRequest = Exclude<ModbusRequest, ReadRequest>;
const isRead = (request: ModbusRequest): request is ReadRequest => request.fc <= 4;

type Place = { readonly what: string; readonly register: ProfileRegister; readonly address: number };

function placesOf(profile: DeviceProfile): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  for (const register of profile.registers) {
    register.what.forEach((what, i) => {
      const place = { what, register, address: valueAddress(register, i) };
      for (let offset = 0; offset < valueWidth(register); offset += 1) {
        for (const fc of [register.fc, register.fc_alt]) {
          if (fc !== undefined) places.set(`${String(fc)}:${String(place.address + offset)}`, place);
        }
      }
    });
  }
  return places;
}

/** Unnamed registers close to named ones read as 0; the profile says how far reads may reach across them. */
function withinGap(places: ReadonlyMap<string, Place>, fc: number, address: number, gap: number): boolean {
  const near = (direction: 1 | -1): boolean =>
    Array.from({ length: gap }, (_, i) => address + direction * (i + 1)).some((one) =>
      places.has(`${String(fc)}:${String(one)}`),
    );
  return gap > 0 && near(1) && near(-1);
}

/** The raw value that stands for a canonical state; the first one where several do. */
function rawState(profile: DeviceProfile, state: CanonicalValue): number | string | null {
  const entries = Object.entries(profile.enums?.state ?? {}).filter(([raw]) => raw !== "default");
  const exact = (name: CanonicalState): string | undefined => entries.find(([, meaning]) => meaning.s === name)?.[0];
  const raw =
    entries.find(([, meaning]) => meaning.s === state)?.[0] ??
    (state === "finished" ? exact("connected") : exact("unknown"));
  if (raw === undefined) return null;
  return /^\d+$/u.test(raw) ? Number(raw) : raw;
}

function wordsWritten(request: WriteRequest): readonly number[] {
  switch (request.fc) {
    case 5:
      return [request.on ? 1 : 0];
    case 6:
      return [request.value];
    case 15:
      return request.bits.map(Number);
    case 16:
      return request.values;
  }
}

type Numeric = { readonly type?: NumberType | "bit" | undefined; readonly scale?: number | undefined };

/** A written number in the profile's unit. */
function numberOf(profile: DeviceProfile, form: Numeric, words: readonly number[]): number | null {
  const type = form.type === undefined || form.type === "bit" ? "u16" : form.type;
  const raw = decodeNumber(words.slice(0, registersOf(type)), type, profile.word_order);
  return raw === null ? null : raw * (form.scale ?? 1);
}

function writeTargets(
  profile: DeviceProfile,
  watchdog: Watchdog,
  onWrite: (write: BankWrite) => void,
): ReadonlyMap<number, (words: readonly number[]) => void> {
  const targets = new Map<number, (words: readonly number[]) => void>();
  const on = (address: number | undefined, form: Numeric, act: (value: number) => void): void => {
    if (address === undefined) return;
    targets.set(address, (words) => {
      const value = numberOf(profile, form, words);
      if (value !== null) act(value);
    });
  };
  const { control, failsafe } = profile;
  const setter = control?.set_current;
  if (setter !== undefined) {
    for (const address of setter.addresses ?? [setter.address]) {
      on(address, setter, (value) => {
        const current_mA = Math.round(value * 1_000);
        watchdog.told(current_mA);
        onWrite({ kind: "set-current", current_mA });
      });
    }
  }
  on(failsafe?.current?.write_address ?? failsafe?.current?.address, failsafe?.current ?? {}, (value) => {
    watchdog.fallback_mA = Math.round(value * 1_000);
    onWrite({ kind: "fallback-current", current_mA: watchdog.fallback_mA });
  });
  on(failsafe?.timeout?.write_address ?? failsafe?.timeout?.address, failsafe?.timeout ?? {}, (value) => {
    watchdog.timeout_ms = Math.round(value * 1_000);
    onWrite({ kind: "watchdog-timeout", timeout_ms: watchdog.timeout_ms });
  });
  on(control?.enable?.address, control?.enable ?? {}, (value) => {
    onWrite({ kind: "enable", on: value === (control?.enable?.values?.["on"] ?? 1) });
  });
  return targets;
}

/** Every register the profile writes to. */
function writableAddresses(profile: DeviceProfile): ReadonlySet<number> {
  const writable = new Set<number>();
  const add = (address: number | undefined, type: NumberType | "bit" | undefined): void => {
    if (address === undefined) return;
    const width = type === undefined || type === "bit" ? 1 : registersOf(type);
    for (let offset = 0; offset < width; offset += 1) writable.add(address + offset);
  };
  const { control, failsafe } = profile;
  const steps = [control?.init, control?.wakeup, control?.recover_error, control?.pause?.steps].flatMap(
    (list) => list ?? [],
  );
  for (const { write } of steps) add(write?.address, write?.type);
  for (const address of control?.set_current?.addresses ?? [control?.set_current?.address])
    add(address, control?.set_current?.type);
  for (const one of [
    control?.enable,
    control?.phases,
    control?.lock,
    control?.session,
    control?.pause?.write_raw,
    control?.resume?.write_raw,
  ]) {
    add(one?.address, one?.type);
  }
  for (const one of [failsafe?.current, failsafe?.timeout, failsafe?.enabled])
    add(one?.write_address ?? one?.address, one?.type);
  add(failsafe?.heartbeat?.address, failsafe?.heartbeat?.type);
  return writable;
}
