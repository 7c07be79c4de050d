import type { EpochMs } from "../../../core/units/index.ts";
import type { BusPriority, BusReply } from "../../links/bus.ts";
import { EXCEPTION } from "../../protocol/modbus/index.ts";
import { decodeRegister, toCanonical, type CanonicalValue, type DeviceProfile } from "../profile/index.ts";
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

/** Values are read in groups of their own pace; energy registers carry money and have a group of their own. */
export type ReadGroup = "fast" | "normal" | "slow" | "energy" | "once";
export type ReadResult = "answered" | "missed";

/** Times a refused read is cut smaller within one poll; what is left is tried at the next. */
const SPLITS_PER_READ_max = 8;
/** Long reads that stay unanswered this often in a row, while others are answered, are made shorter. */
const MISSES_TO_SHORTEN = 2;

export type ReadValue = { readonly value: CanonicalValue; readonly at_ms: EpochMs; readonly group: ReadGroup };

export interface RegisterReader {
  /** Reads all values of these groups. `missed`: the device did not answer; what was read before stays. */
  read(groups: ReadonlySet<ReadGroup>): Promise<ReadResult>;
  get(what: string): ReadValue | null;
  has(what: string): boolean;
  /** Groups that hold at least one wanted value. */
  readonly groups: ReadonlySet<ReadGroup>;
  readonly learned: Learned;
  /** After the device came back: values are unknown again and missing ones are tried again. */
  forget(): void;
}

export const readGroupOf = (slot: Slot): ReadGroup =>
  /^energy_(?:import|export)$/u.test(slot.what) ? "energy" : slot.group;

function priorityOf(block: Block): BusPriority {
  const whats = block.slots.map((slot) => slot.what);
  if (whats.some((what) => what === "state" || what.startsWith("current_"))) return "state";
  if (whats.some((what) => what.startsWith("power") || what.startsWith("voltage"))) return "power";
  return whats.some((what) => what.startsWith("energy")) ? "energy" : "identity";
}

export type RegisterReaderOptions = {
  readonly profile: DeviceProfile;
  readonly wire: DeviceWire;
  readonly now_ms: () => EpochMs;
  readonly wants: (what: string) => boolean;
};

/** Reads the values for which `wants` holds, and learns how the device likes to be asked. */
export const createRegisterReader = (options: RegisterReaderOptions): RegisterReader => new Reader(options);

class Reader implements RegisterReader {
  readonly #options: RegisterReaderOptions;
  readonly #known: readonly Slot[];
  readonly #wanted: readonly Slot[];
  readonly #values = new Map<string, ReadValue>();
  readonly #plans = new Map<string, readonly Block[]>();
  readonly groups: ReadonlySet<ReadGroup>;
  #learned: Learned;
  #longMisses = { block: "", count: 0 };

  constructor(options: RegisterReaderOptions) {
    this.#options = options;
    this.#known = slotsOf(options.profile);
    this.#wanted = this.#known.filter((slot) => options.wants(slot.what));
    this.groups = new Set(this.#wanted.map(readGroupOf));
    this.#learned = nothingLearned(options.profile);
  }

  get learned(): Learned {
    return this.#learned;
  }

  get(what: string): ReadValue | null {
    return this.#values.get(what) ?? null;
  }

  has(what: string): boolean {
    return this.#wanted.some((slot) => slot.what === what);
  }

  forget(): void {
    this.#values.clear();
    this.#learn({ ...this.#learned, missing: new Set() });
  }

  async read(groups: ReadonlySet<ReadGroup>): Promise<ReadResult> {
    const done = new Set<string>();
    for (let splits = 0; splits <= SPLITS_PER_READ_max; splits += 1) {
      const result = await this.#readPlanned(this.#planFor(groups), done);
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
    const reply = await this.#options.wire.ask(request, priorityOf(block));
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
    const due = this.#wanted.filter((slot) => groups.has(readGroupOf(slot)));
    const plan = planBlocks(this.#options.profile, this.#known, due, this.#learned);
    this.#plans.set(name, plan);
    return plan;
  }

  #learn(next: Learned): void {
    this.#learned = next;
    this.#plans.clear();
  }

  #store(block: Block, words: readonly number[]): void {
    const at_ms = this.#options.now_ms();
    for (const slot of block.slots) {
      const from = slot.address - block.address;
      const raw = decodeRegister(this.#options.profile, slot.register, words.slice(from, from + slot.width));
      const value = toCanonical(slot.what, raw, slot.register.unit);
      this.#values.set(slot.what, { value, at_ms, group: readGroupOf(slot) });
    }
  }

  #noteMiss(block: Block): void {
    const shorter = this.#options.profile.limits.fallback_max_read;
    if (shorter === undefined || block.count <= shorter) return;
    const name = `${String(block.fc)}:${String(block.address)}`;
    this.#longMisses = { block: name, count: this.#longMisses.block === name ? this.#longMisses.count + 1 : 1 };
    if (this.#longMisses.count >= MISSES_TO_SHORTEN) this.#learn(learnShortReads(this.#learned, shorter));
  }
}

function wordsOf(reply: Extract<BusReply, { ok: true }>): readonly number[] {
  if (reply.reply.kind === "registers") return reply.reply.registers;
  return reply.reply.kind === "bits" ? reply.reply.bits.map(Number) : [];
}
