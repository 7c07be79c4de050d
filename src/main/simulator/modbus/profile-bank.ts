import {
  CANONICAL_STATES,
  decodeRegister,
  encodeRegister,
  fromCanonical,
  holds,
  valueAddress,
  valueWidth,
  type CanonicalValue,
  type DeviceProfile,
  type ProfileRegister,
} from "../../devices/profile/index.ts";
import { EXCEPTION, type ModbusReply, type ModbusRequest, type ReadRequest } from "../../protocol/modbus/index.ts";
import type { BankWrite, ProfileBankOptions } from "./bank-write.ts";
import { newestIdentity } from "./newest-identity.ts";
import { createRawStates } from "./raw-state.ts";
import { refuse, type RegisterBank } from "./register-bank.ts";
import { createWatchdog, type Watchdog } from "./watchdog.ts";
import { cellOf, writableCells, writeActions } from "./writable-registers.ts";

export interface ProfileBank extends RegisterBank {
  /** What the box offers now; `null` before anybody has told it (and for meters). Expires the watchdog if it is time. */
  offered_mA(): number | null;
  /** As after a mains failure: setpoint 0, what was written is gone. */
  powerCycle(): void;
}

/** A unit that looks like the profile's device: its registers, its refusals, its setpoint and its watchdog. */
export const profileBank = (options: ProfileBankOptions): ProfileBank => new Bank(options);

type WriteRequest = Exclude<ModbusRequest, ReadRequest>;
const isRead = (request: ModbusRequest): request is ReadRequest => request.fc <= 4;

type Place = { readonly what: string; readonly register: ProfileRegister; readonly address: number };

class Bank implements ProfileBank {
  readonly #profile: DeviceProfile;
  readonly #values: ProfileBankOptions["values"];
  readonly #onWrite: (write: BankWrite) => void;
  readonly #memory = new Map<string, number>();
  readonly #watchdog: Watchdog;
  readonly #places: ReadonlyMap<string, readonly Place[]>;
  readonly #bridges: ReadonlySet<string>;
  readonly #writable: ReturnType<typeof writableCells>;
  readonly #actions: ReturnType<typeof writeActions>;
  readonly #rawState: ReturnType<typeof createRawStates>;
  readonly #identity: ReturnType<typeof newestIdentity>;
  #paused = false;

  constructor(options: ProfileBankOptions) {
    const { profile, values, onWrite } = options;
    this.#profile = profile;
    this.#values = values;
    this.#onWrite = onWrite;
    this.#watchdog = createWatchdog(options);
    const registers = [...profile.registers, ...watchedRegisters(profile)];
    this.#places = placesOf(registers);
    this.#bridges = bridgesOf(registers);
    this.#writable = writableCells(profile);
    this.#rawState = createRawStates(profile);
    this.#identity = newestIdentity(profile);
    this.#actions = writeActions({
      profile,
      watchdog: this.#watchdog,
      onWrite,
      phases: () => Math.max(1, chargingPhases(values)),
      shown: (name) => this.#shown(name),
      setPaused: (paused) => {
        this.#paused = paused;
      },
    });
  }

  answer(request: ModbusRequest): ModbusReply {
    this.#watchdog.heard(request, this.#onWrite);
    return isRead(request) ? this.#read(request) : this.#write(request);
  }

  offered_mA(): number | null {
    this.#watchdog.check(this.#onWrite);
    return this.#paused ? 0 : this.#watchdog.offered_mA();
  }

  powerCycle(): void {
    this.#memory.clear();
    this.#paused = false;
    this.#watchdog.powerCycle();
  }

  #read(request: ReadRequest): ModbusReply {
    const { limits } = this.#profile;
    if (request.count > limits.max_read) return refuse(request, EXCEPTION.illegalDataValue);
    if (!this.#endsFit(request)) return refuse(request);
    const cache = new Map<Place, readonly number[]>();
    const words: number[] = [];
    for (let address = request.address; address < request.address + request.count; address += 1) {
      const place = this.#placeAt(request.fc, address);
      const cell = cellOf(request.fc, address);
      if (place !== undefined) {
        const known = cache.get(place) ?? this.#wordsOf(place);
        cache.set(place, known);
        words.push(known[address - place.address] ?? 0);
      } else if (request.fc !== 4 && this.#writable.has(cell)) words.push(this.#memory.get(cell) ?? 0);
      else if (this.#bridges.has(cell) || this.#withinGap(request.fc, address)) words.push(0);
      else return refuse(request);
    }
    return request.fc <= 2
      ? { kind: "bits", fc: request.fc === 1 ? 1 : 2, bits: words.map((word) => word !== 0) }
      : { kind: "registers", fc: request.fc === 3 ? 3 : 4, registers: words };
  }

  /** Some devices only give whole values, some only one at a time. */
  #endsFit({ fc, address, count }: ReadRequest): boolean {
    const { single_value_reads, align } = this.#profile.limits;
    if (single_value_reads !== true && align === undefined) return true;
    const [first, last] = [this.#placeAt(fc, address), this.#placeAt(fc, address + count - 1)];
    if (first === undefined || last === undefined) return true;
    if (first.address !== address || last.address + valueWidth(last.register) !== address + count) return false;
    return single_value_reads !== true || first === last;
  }

  #placeAt(fc: number, address: number): Place | undefined {
    const all = this.#places.get(`${String(fc)}:${String(address)}`);
    return all?.find((place) => holds(place.register.when, (name) => this.#shown(name)));
  }

  /** A value as the device shows it to others, for the conditions of its own document. */
  #shown(name: string): number | string | null {
    const register = this.#profile.registers.find((one) => one.what.includes(name));
    if (register === undefined) return null;
    const place = { what: name, register, address: valueAddress(register, register.what.indexOf(name)) };
    return decodeRegister(this.#profile, register, this.#wordsOf(place));
  }

  #wordsOf(place: Place): readonly number[] {
    const { what, register, address } = place;
    const cells = Array.from({ length: valueWidth(register) }, (_, i) =>
      this.#memory.get(cellOf(register.fc, address + i)),
    );
    const value = this.#canonical(what);
    const written = cells.filter((word) => word !== undefined);
    if (value === undefined && written.length === cells.length) return written;
    return encodeRegister(this.#profile, register, fromCanonical(what, value ?? null, register.unit));
  }

  /** `undefined`: nothing but what was written. */
  #canonical(what: string): CanonicalValue | undefined {
    const state = this.#values("state");
    const stated = CANONICAL_STATES.find((one) => one === state);
    const raw = stated === undefined ? undefined : this.#rawState(stated).get(what);
    const given = raw ?? this.#values(what);
    if (given !== undefined) return given;
    switch (what) {
      case "current_limit":
        return this.#watchdog.offered_mA();
      case "failsafe_current":
        return this.#watchdog.fallback_mA;
      case "fail-safe current":
        return this.#watchdog.fallback_mA / 1_000;
      case "setpoint_valid_for":
        return this.#watchdog.timeout_ms / 1_000;
      case "fail-safe timeout": {
        const seconds = this.#watchdog.timeout_ms / 1_000;
        const codes = Object.entries(this.#profile.failsafe?.timeout?.codes ?? {});
        return Number(codes.find(([, one]) => one === seconds)?.[0] ?? seconds);
      }
      default:
        return this.#identity.get(what);
    }
  }

  /** Unnamed registers close to named ones read as 0; the profile says how far reads may reach across them. */
  #withinGap(fc: number, address: number): boolean {
    const gap = this.#profile.limits.max_gap;
    const near = (direction: 1 | -1): boolean =>
      Array.from({ length: gap }, (_, i) => address + direction * (i + 1)).some((one) =>
        this.#places.has(`${String(fc)}:${String(one)}`),
      );
    return gap > 0 && near(1) && near(-1);
  }

  #write(request: WriteRequest): ModbusReply {
    const words = wordsWritten(request);
    const cells = words.map((_, i) => cellOf(request.fc, request.address + i));
    const codes = cells.map((cell) => this.#writable.get(cell));
    if (codes.some((code) => code === undefined)) return refuse(request);
    if (!codes.every((code) => code?.has(request.fc))) return refuse(request, EXCEPTION.illegalFunction);
    words.forEach((word, i) => this.#memory.set(cells[i] ?? "", word));
    const actions = this.#actions.get(cells[0] ?? "");
    if (actions === undefined) this.#onWrite({ kind: "raw", address: request.address, values: words });
    else for (const act of actions) act(words);
    return { kind: "written", fc: request.fc, address: request.address };
  }
}

/** The box's own guard as registers, where the profile only names them as part of its fail-safe. */
function watchedRegisters({ failsafe }: DeviceProfile): readonly ProfileRegister[] {
  return (["current", "timeout"] as const).flatMap((name) => {
    const { fc, address, type = "u16", read_type = type, scale = 1 } = failsafe?.[name] ?? {};
    if (fc === undefined || address === undefined) return [];
    return [{ what: [`fail-safe ${name}`], fc, address, type: read_type, scale, poll: "once" as const }];
  });
}

function placesOf(registers: readonly ProfileRegister[]): ReadonlyMap<string, readonly Place[]> {
  const places = new Map<string, Place[]>();
  for (const register of registers) {
    register.what.forEach((what, i) => {
      const place = { what, register, address: valueAddress(register, i) };
      for (let offset = 0; offset < valueWidth(register); offset += 1) {
        for (const fc of [register.fc, register.fc_alt]) {
          if (fc === undefined) continue;
          const key = `${String(fc)}:${String(place.address + offset)}`;
          places.set(key, [...(places.get(key) ?? []), place]);
        }
      }
    });
  }
  return places;
}

/** Registers inside the only reads by which a device gives some values. */
function bridgesOf(registers: readonly ProfileRegister[]): ReadonlySet<string> {
  return new Set(
    registers.flatMap(({ fc, read_from }) =>
      Array.from({ length: read_from?.count ?? 0 }, (_, i) => cellOf(fc, (read_from?.address ?? 0) + i)),
    ),
  );
}

function chargingPhases(values: ProfileBankOptions["values"]): number {
  const known = [1, 2, 3].map((phase) => values(`current_l${String(phase)}`));
  if (known.every((value) => value === undefined)) return 3;
  const used = known.filter((value) => typeof value === "number" && value > 1_000).length;
  return used === 0 ? 3 : used;
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
