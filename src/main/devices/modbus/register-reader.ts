import type { Quarantined } from "../../../core/metering/index.ts";
import type { EpochMs } from "../../../core/units/index.ts";
import type { BusPriority, BusReply } from "../../links/bus.ts";
import { EXCEPTION } from "../../protocol/modbus/index.ts";
import {
  decodeRegister,
  expressionOf,
  holds,
  judge,
  type CanonicalValue,
  type DeviceProfile,
} from "../profile/index.ts";
import {
  learnFromException,
  learnShortReads,
  nothingLearned,
  planBlocks,
  slotsOf,
  type Block,
  type Learned,
  type Slot,
} from "./block-plan.ts";
import type { DeviceWire } from "./device-wire.ts";
import { conditionNames, wantedNames } from "./wanted-values.ts";
import { wordOrderSeen } from "./word-order.ts";

/** Values are read in groups of their own pace; energy registers carry money and have a group of their own. */
export type ReadGroup = "fast" | "normal" | "slow" | "energy" | "once";
export type ReadResult = "answered" | "missed";

/** Times a refused read is cut smaller within one poll; what is left is tried at the next. */
const SPLITS_PER_READ_max = 8;
/** Long reads that stay unanswered this often in a row, while others are answered, are made shorter. */
const MISSES_TO_SHORTEN = 2;

/**
 * A value the device refused is asked for again after these times (of the app's clock; the last one repeats): a box that
 * still starts refuses everything.
 */
const REFUSED_AGAIN_ms = [10_000, 60_000, 600_000, 3_600_000] as const;

/** Many devices say "no value" of a phase they do not have; of the register that money is made of it is a fault. */
const MONEY = /^energy_import$/u;
const NO_NUMBER = { code: "no-number", value: null, bound: null } as const;

export type ReadValue = { readonly value: CanonicalValue; readonly at_ms: EpochMs; readonly group: ReadGroup };

export interface RegisterReader {
  /**
   * First contact: reads what decides which registers exist, and a voltage that shows whether the document's word order
   * is right; turns the order round when it is not.
   */
  meet(): Promise<ReadResult>;
  /** Values of the whole station, where it has a unit id of its own; nobody answering there is no harm. */
  readStation(): Promise<void>;
  /** The document as this device proved to need it: with its own word order. */
  readonly profile: DeviceProfile;
  /** Values wanted at all, each read singly on some devices. */
  readonly slotCount: number;
  /** Reads all values of these groups. `missed`: the device did not answer; what was read before stays. */
  read(groups: ReadonlySet<ReadGroup>): Promise<ReadResult>;
  get(what: string): ReadValue | null;
  has(what: string): boolean;
  /** Groups that hold at least one wanted value. */
  readonly groups: ReadonlySet<ReadGroup>;
  readonly learned: Learned;
  /** Values that cannot be, as last read; what has become a value again is not among them. */
  readonly doubts: readonly Quarantined[];
  /** After the device came back: values are unknown again and missing ones are tried again. */
  forget(): void;
}

export const readGroupOf = (slot: Slot): ReadGroup =>
  /^energy_(?:import|export)(?:_l[123])?$/u.test(slot.what) ? "energy" : slot.group;

function priorityOf(block: Block): BusPriority {
  const whats = block.slots.map((slot) => slot.what);
  if (whats.some((what) => what === "state" || what.startsWith("current_"))) return "state";
  if (whats.some((what) => what.startsWith("power") || what.startsWith("voltage"))) return "power";
  return whats.some((what) => what.startsWith("energy")) ? "energy" : "identity";
}

export type RegisterReaderOptions = {
  readonly profile: DeviceProfile;
  readonly wire: Pick<DeviceWire, "ask">;
  readonly now_ms: () => EpochMs;
  /** Names to read; what they depend on is read too. */
  readonly wants: RegExp;
};

/** Reads the values that `wants` names, and learns how the device likes to be asked. */
export const createRegisterReader = (options: RegisterReaderOptions): RegisterReader => new Reader(options);

class Reader implements RegisterReader {
  readonly #options: RegisterReaderOptions;
  readonly #known: readonly Slot[];
  readonly #wanted: readonly Slot[];
  readonly #station: readonly Slot[];
  readonly #conditions: ReadonlySet<string>;
  readonly #values = new Map<string, ReadValue>();
  readonly #doubts = new Map<string, Quarantined>();
  readonly #plans = new Map<string, readonly Block[]>();
  readonly groups: ReadonlySet<ReadGroup>;
  #profile: DeviceProfile;
  #orderIsKnown = false;
  #learned: Learned;
  #longMisses = { block: "", count: 0 };
  /** Refused values still to be asked again in this round, and how many rounds there have been. */
  #again: Again | null = null;

  constructor(options: RegisterReaderOptions) {
    const { profile, wants } = options;
    this.#options = options;
    this.#profile = profile;
    this.#known = slotsOf(profile.registers);
    const names = wantedNames(profile, wants);
    this.#conditions = conditionNames(profile);
    this.#wanted = this.#known.filter((slot) => names.has(slot.what));
    this.#station = slotsOf(profile.station_registers ?? []);
    this.groups = new Set(this.#wanted.map(readGroupOf));
    this.#learned = nothingLearned(profile);
  }

  get profile(): DeviceProfile {
    return this.#profile;
  }

  get slotCount(): number {
    return this.#wanted.length;
  }

  get learned(): Learned {
    return this.#learned;
  }

  get doubts(): readonly Quarantined[] {
    return [...this.#doubts.values()];
  }

  get(what: string): ReadValue | null {
    const read = this.#values.get(what);
    if (read !== undefined && (read.value !== null || this.#isRead(what))) return read;
    return this.#derived(what) ?? read ?? null;
  }

  has(what: string): boolean {
    if (this.#isRead(what)) return true;
    const derived = this.#options.profile.derived?.[what];
    const names = derived === undefined ? undefined : expressionOf(derived)?.names;
    return names !== undefined && [...names].every((name) => this.#isRead(name));
  }

  async meet(): Promise<ReadResult> {
    // Only a value of several words can be read in the wrong order.
    const first = this.#wanted.filter(
      (slot) =>
        this.#conditions.has(slot.what) ||
        (slot.what === "voltage_l1" && slot.width > 1 && slot.register.when === undefined),
    );
    const result = await this.#readAll(first);
    this.#plans.clear();
    return result;
  }

  async readStation(): Promise<void> {
    await this.#readAll(this.#station);
  }

  /** Whether the device itself gives this value, as far as we know it. */
  #isRead(what: string): boolean {
    return this.#wanted.some((slot) => slot.what === what && this.#exists(slot));
  }

  #exists(slot: Slot): boolean {
    if (this.#learned.missing.has(`${String(slot.register.fc)}:${String(slot.address)}`)) return false;
    return holds(slot.register.when, (name) => this.#values.get(name)?.value ?? null);
  }

  #derived(what: string): ReadValue | null {
    const source = this.#options.profile.derived?.[what];
    const expression = source === undefined ? null : expressionOf(source);
    if (expression === null) return null;
    const inputs = [...expression.names].map((name) => this.get(name));
    const [first, ...rest] = inputs.filter((input) => input !== null);
    if (first === undefined) return null;
    const oldest = rest.reduce((a, b) => (b.at_ms < a.at_ms ? b : a), first);
    const value = expression.value((name) => this.get(name)?.value ?? null);
    return { ...oldest, value: typeof value === "boolean" ? Number(value) : value };
  }

  forget(): void {
    this.#values.clear();
    this.#doubts.clear();
    this.#orderIsKnown = false;
    this.#profile = this.#options.profile;
    this.#again = null;
    this.#learn({ ...this.#learned, missing: new Set(), otherFc: new Set() });
  }

  async read(groups: ReadonlySet<ReadGroup>): Promise<ReadResult> {
    const result = await this.#repeatSplit(() => this.#planFor(groups));
    return result === "missed" ? "missed" : this.#askRefusedAgain();
  }

  /** One refused value at a time; a device that refuses everything is asked for one at every poll, or nobody would speak with it. */
  async #askRefusedAgain(): Promise<ReadResult> {
    const { missing } = this.#learned;
    if (missing.size === 0) return "answered";
    const nothingElse = this.#planFor(new Set([...this.groups].filter((group) => group !== "once"))).length === 0;
    const now_ms = this.#options.now_ms();
    this.#again ??= { due_ms: now_ms + REFUSED_AGAIN_ms[0], rounds: 0, slots: [] };
    const isDue = now_ms >= this.#again.due_ms;
    if (!isDue && !nothingElse) return "answered";
    const refused = (slot: Slot): boolean => missing.has(`${String(slot.register.fc)}:${String(slot.address)}`);
    const left = this.#again.slots.filter(refused);
    const [slot, ...rest] = left.length > 0 ? left : this.#wanted.filter(refused);
    if (slot === undefined) return "answered";
    const round = { ...this.#again, slots: rest };
    this.#again = isDue && rest.length === 0 ? nextRound(round, now_ms) : round;
    const without = missing.difference(new Set([`${String(slot.register.fc)}:${String(slot.address)}`]));
    const learned = { ...this.#learned, missing: without };
    const [block] = planBlocks(this.#profile, this.#known, [slot], learned);
    if (block === undefined) return "answered";
    const { fc, address, count, unitId } = block;
    const reply = await this.#options.wire.ask({ fc, address, count }, "identity", unitId);
    if (!reply.ok) return reply.code === "exception" && !isGateway(reply.exception) ? "answered" : "missed";
    this.#store(block, wordsOf(reply));
    this.#learn(learned);
    // Where one has come back the others may have too.
    this.#again = { due_ms: now_ms, rounds: 0, slots: rest };
    return "answered";
  }

  #readAll(slots: readonly Slot[]): Promise<ReadResult> {
    return this.#repeatSplit(() => planBlocks(this.#profile, this.#known, slots, this.#learned));
  }

  async #repeatSplit(plan: () => readonly Block[]): Promise<ReadResult> {
    const done = new Set<string>();
    for (let splits = 0; splits <= SPLITS_PER_READ_max; splits += 1) {
      const result = await this.#readPlanned(plan(), done);
      if (result !== "split") return result;
    }
    return "answered";
  }

  /** `split`: the device refused a block and the rest is to be planned anew. */
  async #readPlanned(plan: readonly Block[], done: Set<string>): Promise<ReadResult | "split"> {
    for (const block of plan) {
      const name = block.slots.map((slot) => slot.what).join();
      if (done.has(name)) continue;
      const result = await this.#readBlock(block);
      if (result !== "answered") return result;
      done.add(name);
    }
    return "answered";
  }

  async #readBlock(block: Block): Promise<ReadResult | "split"> {
    const request = { fc: block.fc, address: block.address, count: block.count };
    const reply = await this.#options.wire.ask(request, priorityOf(block), block.unitId);
    if (reply.ok) {
      this.#store(block, wordsOf(reply));
      return "answered";
    }
    if (reply.code !== "exception") {
      this.#noteMiss(block);
      return "missed";
    }
    switch (reply.exception) {
      case EXCEPTION.illegalFunction:
      case EXCEPTION.illegalDataAddress:
      case EXCEPTION.illegalDataValue:
        this.#learn(learnFromException(this.#learned, block));
        return "split";
      case EXCEPTION.gatewayPathUnavailable:
      case EXCEPTION.gatewayTargetFailed:
        // The gateway answers; the device behind it does not.
        return "missed";
      default:
        // Busy or failing inside: it is alive, its values just age.
        return "answered";
    }
  }

  #planFor(groups: ReadonlySet<ReadGroup>): readonly Block[] {
    const name = [...groups].sort().join();
    const ready = this.#plans.get(name);
    if (ready !== undefined) return ready;
    const due = this.#wanted.filter((slot) => groups.has(readGroupOf(slot)) && this.#exists(slot));
    const plan = planBlocks(this.#profile, this.#known, due, this.#learned);
    this.#plans.set(name, plan);
    return plan;
  }

  #learn(next: Learned): void {
    this.#learned = next;
    this.#plans.clear();
  }

  #store(block: Block, words: readonly number[]): void {
    const at_ms = this.#options.now_ms();
    const wordsOfSlot = (slot: Slot): readonly number[] => {
      const from = slot.address - block.address;
      return words.slice(from, from + slot.width);
    };
    const voltage = this.#orderIsKnown ? undefined : block.slots.find((slot) => slot.what === "voltage_l1");
    const order = voltage === undefined ? null : wordOrderSeen(this.#profile, voltage.register, wordsOfSlot(voltage));
    if (order !== null) {
      this.#orderIsKnown = true;
      this.#profile = { ...this.#profile, word_order: order };
    }
    for (const slot of block.slots) {
      const raw = decodeRegister(this.#profile, slot.register, wordsOfSlot(slot));
      const { value, doubt } = judge(slot.what, raw, slot.register.unit);
      this.#doubt(
        slot,
        doubt ?? (raw === null && MONEY.test(slot.what) ? { ...NO_NUMBER, what: slot.what } : null),
        at_ms,
      );
      // What exists may depend on it.
      if (this.#conditions.has(slot.what) && this.#values.get(slot.what)?.value !== value) this.#plans.clear();
      this.#values.set(slot.what, { value, at_ms, group: readGroupOf(slot) });
    }
  }

  #doubt({ what }: Slot, doubt: Omit<Quarantined, "at_ms"> | null, at_ms: EpochMs): void {
    if (doubt === null) this.#doubts.delete(what);
    else this.#doubts.set(what, { ...doubt, at_ms });
  }

  #noteMiss(block: Block): void {
    const shorter = this.#options.profile.limits.fallback_max_read;
    if (shorter === undefined || block.count <= shorter) return;
    const name = `${String(block.fc)}:${String(block.address)}`;
    this.#longMisses = { block: name, count: this.#longMisses.block === name ? this.#longMisses.count + 1 : 1 };
    if (this.#longMisses.count >= MISSES_TO_SHORTEN) this.#learn(learnShortReads(this.#learned, shorter));
  }
}

type Again = { readonly due_ms: number; readonly rounds: number; readonly slots: readonly Slot[] };

const nextRound = ({ rounds, slots }: Again, now_ms: number): Again => ({
  due_ms: now_ms + (REFUSED_AGAIN_ms[Math.min(rounds + 1, REFUSED_AGAIN_ms.length - 1)] ?? 0),
  rounds: rounds + 1,
  slots,
});

const isGateway = (code: number): boolean =>
  code === EXCEPTION.gatewayPathUnavailable || code === EXCEPTION.gatewayTargetFailed;

function wordsOf(reply: Extract<BusReply, { ok: true }>): readonly number[] {
  if (reply.reply.kind === "registers") return reply.reply.registers;
  return reply.reply.kind === "bits" ? reply.reply.bits.map(Number) : [];
}
